import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { loadConfiguration } from "../../../src/config/load.ts";
import { NAMES_REFUSED } from "../../../src/config/render/outbound-contexts.ts";
import { type RenderedFiles, renderSwitch } from "../../../src/config/render/render.ts";
import { TEMPLATE } from "../../../src/config/render/rendered-revisions.ts";
import { plainTenant, writeConfiguration } from "./written.ts";

const APEX = plainTenant(
  "apex",
  "+12125550100",
  'caller_ids: ["+12125550100"]\nqueues: [claims]\naccountcodes: [A100]\noutbound_prefixes: ["71"]\n',
);

function rendered({
  version = "22",
  technology = "pjsip",
  trunk = "",
  secret = "x",
  apex = "",
  others = {},
} = {}): RenderedFiles {
  const written = writeConfiguration({
    "signalbox.yaml": `asterisk: [{server: ast1, ami: '127.0.0.1:5038', username: signalbox, secret: ${secret}, version: '${version}', technology: ${technology}}]\n`,
    "trunks.yaml": `trunks: {pool_a: {address: '127.0.0.3:5060', shared: true, channels: 100${trunk}}}\noverflow: [pool_a]\n`,
    "tenants/apex.yaml": APEX + apex,
    ...others,
  });
  const { snapshot } = loadConfiguration(written.directory, { env: {}, purpose: "render" });
  written.remove();
  const [target] = snapshot?.system.switches ?? [];
  if (snapshot === null || target === undefined) throw new Error("the configuration has errors");
  return renderSwitch(snapshot, target, readFileSync(TEMPLATE, "utf8"));
}

const RINGING = '${IF($["${CHANNEL(state)}" = "Up"]?r)}';

/** The lines of one context. */
function context(text: string, name: string): readonly string[] {
  const [, rest = ""] = text.split(`[${name}]\n`);
  return (rest.split(/\n\[/)[0] ?? "").split("\n").filter((line) => line !== "" && !line.startsWith(";"));
}

describe("names and passwords that somebody chose", () => {
  const auth = `, auth: {username: "a;b@c", password: '>p;--"w'}`;
  const trunk = `, register: true${auth}`;

  test("a_semicolon_begins_no_comment_in_pjsip", () => {
    const lines = rendered({ trunk })["pjsip_signalbox.conf"]?.split("\n");
    expect(lines).toContain("username=a\\;b@c");
    expect(lines).toContain('password= >p\\;--"w');
    expect(lines).toContain("client_uri=sip:a\\;b%40c@127.0.0.3:5060");
  });

  test("a_semicolon_begins_no_comment_in_sip", () => {
    const lines = rendered({ trunk: auth, technology: "sip", version: "16" })["sip_signalbox.conf"]?.split(
      "\n",
    );
    expect(lines).toContain("defaultuser=a\\;b@c");
    expect(lines).toContain('remotesecret= >p\\;--"w');
  });

  test("a_registration_of_chan_sip_stands_in_general", () => {
    const registering = ', register: true, auth: {username: "a;b", password: "p;w"}';
    const text = rendered({ trunk: registering, technology: "sip", version: "16" })["sip_signalbox.conf"];
    expect(text).toContain("\n[general](+)\nregister => a\\;b:p\\;w@127.0.0.3:5060\n\n[");
    const without = rendered({ technology: "sip", version: "16" })["sip_signalbox.conf"];
    expect(without).not.toContain("[general]");
  });

  test("a_semicolon_begins_no_comment_in_manager", () => {
    const lines = rendered({ secret: "'a;b'" })["manager_signalbox.conf"]?.split("\n");
    expect(lines).toContain("secret=a\\;b");
  });
});

describe("the dialplan", () => {
  const dialplan = () => rendered()["extensions_signalbox.conf"] ?? "";

  test("a_tenants_phones_have_a_context_that_says_whose_they_are", () => {
    const lines = context(dialplan(), "signalbox-outbound-apex");
    expect(lines).toContain("exten => 911,1,Set(SB_WHO=apex)");
    expect(lines).toContain("exten => _[+*#0-9].,1,Set(SB_QUERY=&tenant=apex)");
    expect(lines).toContain(" same => n,Goto(signalbox-outbound,${SB_NUMBER},1)");
    // What comes before the check never stands in a Goto.
    expect(lines.filter((line) => line.includes("Goto") && line.includes("${EXTEN},1)"))).toEqual([]);
  });

  test("every_emergency_number_says_whose_it_is_before_the_machine_is_looked_for", () => {
    const lines = context(dialplan(), "sb-emergency-numbers");
    const pairs = lines.filter((line) => line.startsWith("exten"));
    expect(pairs).toContain("exten => 911,1,Set(SB_WHO=)");
    expect(pairs).toContain("exten => 71911,1,Set(SB_WHO=apex)");
    expect(pairs).toContain("exten => _911\\;.,1,Set(SB_WHO=)");
    expect(lines.filter((line) => line.includes("Goto"))).toEqual(
      pairs.map((line) => ` same => n,Goto(sb-emergency,${/(?:71)?(\d{3})(?:\\;\.)?,1/.exec(line)?.[1]},1)`),
    );
  });

  test("the_emergency_way_never_ends_with_34", () => {
    for (const name of ["sb-emergency-of-apex", "sb-emergency-unowned"]) {
      const ends = context(dialplan(), name).filter((line) => line.includes("Hangup("));
      expect(ends).toEqual([" same => n,Hangup(${SB_CAUSE})"]);
    }
  });

  test("an_emergency_call_without_trunks_named_for_it_has_the_clients_and_the_pool", () => {
    for (const emergency of ['{caller_id: "+12125550100"}', "{trunks: []}"]) {
      const text = rendered({ apex: `emergency: ${emergency}\n` })["extensions_signalbox.conf"] ?? "";
      const dials = context(text, "sb-emergency-of-apex").filter((line) => line.includes("Dial("));
      expect(dials).toEqual([expect.stringContaining("PJSIP/${EXTEN}@pool_a,60,")]);
    }
  });

  test.each([
    ["pjsip", "PJSIP/12#${EXTEN}@pool_a,60,"],
    ["sip", "SIP/pool_a/12#${EXTEN},60,"],
  ])("only_the_prefix_for_them_is_put_before_emergency_numbers_with_%s", (technology, dialled) => {
    const trunk = ", send_as: national, strip: 3, prefix: '9', emergency_prefix: '12#'";
    const text = rendered({ trunk, technology, version: "16" })["extensions_signalbox.conf"] ?? "";
    for (const name of ["sb-emergency-of-apex", "sb-emergency-unowned"]) {
      const dials = context(text, name).filter((line) => line.includes("Dial("));
      expect(dials).toEqual([expect.stringContaining(dialled)]);
    }
  });

  test("an_alias_leads_to_its_tenant", () => {
    expect(context(dialplan(), "sb-emergency-of-A100")).toEqual([
      "exten => _X!,1,Goto(sb-emergency-of-apex,${EXTEN},1)",
    ]);
  });
});

describe("a static fallback", () => {
  const steps = (fallback: string) =>
    context(
      rendered({ apex: `fallback: ${fallback}\n` })["extensions_signalbox.conf"] ?? "",
      "sb-way-apex-fallback",
    ).slice(7);
  const isBusy = '$["${DIALSTATUS}" = "BUSY"]';
  const mailbox = [" same => n,Answer()", " same => n,VoiceMail(100@apex,u)", " same => n,Hangup(16)"];

  test("rings_a_phone_that_is_busy_or_silent_where_nothing_follows", () => {
    expect(steps('{dial: "PJSIP/100", ring_seconds: 20}')).toEqual([
      ` same => n,Dial(PJSIP/100,20,${RINGING})`,
      ` same => n,ExecIf(${isBusy}?Hangup(17))`,
      " same => n,Hangup(19)",
      " same => n(other),Hangup(42)",
    ]);
  });

  test("speaks_the_language_of_its_number", () => {
    const sounds = ["es/sorry", "sorry", "es/only", "fr/only"].map((name) => `../sounds/apex/${name}.wav`);
    const text = rendered({
      others: {
        ...Object.fromEntries(sounds.map((file) => [file, ""])),
        "tenants/apex.yaml": [
          "{tenant: apex, timezone: UTC, language: es, fallback: {announce: sorry, then: {announce: only}}",
          "routes: {main: {hangup: busy}}",
          "dids: {'+12125550100': {route: main}, '+12125550101': {route: main, language: fr}}}",
        ].join(", "),
      },
    })["extensions_signalbox.conf"];
    const spoken = (did: string) => {
      const way = /^sb-way[^,]*/.exec(text?.split(`exten => ${did},1,Goto(`)[1] ?? "")?.[0] ?? "";
      return context(text ?? "", way).filter((line) => /Playback|language/.test(line));
    };
    expect(spoken("12125550100")).toEqual([
      " same => n,Set(CHANNEL(language)=es)",
      " same => n,Playback(signalbox/apex/es/sorry)",
      " same => n,Playback(signalbox/apex/es/only)",
    ]);
    expect(spoken("12125550101")).toEqual([
      " same => n,Set(CHANNEL(language)=fr)",
      " same => n,Playback(signalbox/apex/sorry)",
      " same => n,Playback(signalbox/apex/fr/only)",
    ]);
  });

  test("goes_on_when_busy_as_when_nobody_answers", () => {
    expect(steps('{dial: "PJSIP/100", no_answer: {voicemail: "100"}}')).toEqual([
      ` same => n,Dial(PJSIP/100,30,${RINGING})`,
      ...mailbox,
      " same => n,Hangup(19)",
      " same => n(other),Hangup(42)",
    ]);
  });

  test("leads_to_a_mailbox_with_its_own_greeting_and_to_a_queue_that_may_come_back", () => {
    expect(steps('{voicemail: "100", greeting: none}')[1]).toBe(" same => n,VoiceMail(100@apex,s)");
    expect(steps("{queue: claims, wait_seconds: 5}").slice(1, 3)).toEqual([
      " same => n,Queue(claims,,,,5)",
      " same => n,Hangup(16)",
    ]);
  });

  test("goes_elsewhere_when_busy_if_told_so_each_place_by_its_own_name", () => {
    const second = '{dial: "PJSIP/101", busy: {hangup: "21"}}';
    expect(steps(`{dial: "PJSIP/100", no_answer: {voicemail: "100"}, busy: ${second}}`)).toEqual([
      ` same => n,Dial(PJSIP/100,30,${RINGING})`,
      ` same => n,GotoIf(${isBusy}?busy1)`,
      ...mailbox,
      " same => n,Hangup(19)",
      " same => n(busy1),NoOp()",
      ` same => n,Dial(PJSIP/101,30,${RINGING})`,
      ` same => n,GotoIf(${isBusy}?busy2)`,
      " same => n,Hangup(19)",
      " same => n(busy2),NoOp()",
      " same => n,Hangup(21)",
      " same => n(other),Hangup(42)",
    ]);
  });
});

describe("where a number is looked for without a decision", () => {
  const entry = (trunk = "") =>
    context(rendered({ trunk })["extensions_signalbox.conf"] ?? "", "sb-fallback");

  test("a_carriers_prefix_is_known_by_its_digits_since_keys_are_not_among_what_was_dialled", () => {
    expect(entry(", did_prefix: '*55#'")).toEqual(entry(", did_prefix: '55'"));
    expect(entry(", did_prefix: '*'")).toEqual(entry());
  });

  test("a_call_ends_by_itself_as_with_a_decision", () => {
    const limits = "fallback: {hangup: busy}\nlimits: {longest_call_minutes: 240}\n";
    const text = rendered({ apex: limits })["extensions_signalbox.conf"] ?? "";
    const limit = " same => n,ExecIf($[0${TIMEOUT(absolute)} = 0]?Set(TIMEOUT(absolute)=14400))";
    expect(context(text, "sb-way-apex-fallback")).toContain(limit);
  });

  test("a_call_of_one_client_goes_no_way_of_another", () => {
    const text = rendered({ apex: "fallback: {hangup: busy}\n" })["extensions_signalbox.conf"] ?? "";
    const [first, second] = context(text, "sb-way-apex-fallback");
    expect(first).toBe('exten => _X!,1,GotoIf($["${SB_TENANT}" != "" & "${SB_TENANT}" != "apex"]?other)');
    expect(second).toBe(" same => n,Set(CHANNEL(accountcode)=apex)");
  });
});

describe("the static ways of two clients", () => {
  test("are_two_where_one_is_called_as_the_others_fallback", () => {
    const others = { "tenants/apex-fallback.yaml": plainTenant("apex-fallback", "+13125550100", "") };
    const text = rendered({ apex: "fallback: {hangup: busy}\n", others })["extensions_signalbox.conf"] ?? "";
    const stampsOf = (digits: string) => {
      const [, way = ""] =
        new RegExp(`^exten => ${digits},1,Goto\\((.+),${digits},1\\)$`, "m").exec(text) ?? [];
      return context(text, way).filter((line) => line.includes("__SB_TENANT="));
    };
    expect(stampsOf("12125550100")).toEqual([" same => n,Set(__SB_TENANT=apex)"]);
    expect(stampsOf("13125550100")).toEqual([" same => n,Set(__SB_TENANT=apex-fallback)"]);
  });
});

describe("trunks", () => {
  test("no_setting_stands_twice_in_a_section", () => {
    for (const technology of ["pjsip", "sip"]) {
      const files = rendered({ technology, version: "16", trunk: ", qualify_seconds: 30" });
      const text = files["pjsip_signalbox.conf"] ?? files["sip_signalbox.conf"] ?? "";
      for (const section of text.split(/^\[/m)) {
        const keys = section.split("\n").flatMap((line) => /^([a-z_]+)=/.exec(line)?.[1] ?? []);
        const once = keys.filter((key) => key !== "match");
        expect(once).toEqual([...new Set(once)]);
      }
    }
  });

  test("keys_are_heard_in_the_sound_of_a_carrier_without_telephone_events", () => {
    expect(rendered()["pjsip_signalbox.conf"]).toContain("\ndtmf_mode=auto\n");
    const sip = rendered({ technology: "sip", version: "16" })["sip_signalbox.conf"];
    expect(sip).toContain("\ndtmfmode=auto\n");
  });

  test("a_carrier_is_probed_only_where_asked", () => {
    expect(rendered()["pjsip_signalbox.conf"]).not.toContain("qualify");
    const probed = { trunk: ", qualify_seconds: 30" };
    expect(rendered(probed)["pjsip_signalbox.conf"]).toContain("\nqualify_frequency=30\n");
    const sip = rendered({ ...probed, technology: "sip", version: "16" })["sip_signalbox.conf"];
    expect(sip).toContain("\nqualify=yes\nqualifyfreq=30");
  });
});

describe("the manager account", () => {
  test.each([
    ["22", "pjsip", "eventfilter(action(include),name(ContactStatus)) ="],
    ["18", "sip", "Shutdown|PeerStatus|"],
    ["16", "pjsip", "Shutdown|ContactStatus|"],
  ])("asterisk_%s_with_%s_tells_what_its_probes_find", (version, technology, filter) => {
    expect(rendered({ version, technology })["manager_signalbox.conf"]).toContain(filter);
  });

  test("every_node_may_log_in_whatever_general_says", () => {
    const account = rendered()["manager_signalbox.conf"]?.split("[signalbox]")[1];
    expect(account).toContain("\nallowmultiplelogin=yes\n");
  });

  const confined = (ami: string, ...addresses: readonly string[]) => {
    const fastagi = JSON.stringify({ listen: "0.0.0.0:4573", addresses });
    const asterisk = `[{server: ast1, ami: '${ami}', username: signalbox, secret: x}]`;
    const others = { "signalbox.yaml": `fastagi: ${fastagi}\nasterisk: ${asterisk}\n` };
    const text = rendered({ others })["manager_signalbox.conf"] ?? "";
    return text.split("\n").filter((line) => /^(deny|permit)=/.test(line));
  };

  test("only_this_machine_and_the_nodes_may_log_in", () => {
    expect(confined("10.0.0.5:5038", "10.0.0.1:4573", "[fd00::2]:4573")).toEqual([
      "deny=0.0.0.0/0.0.0.0",
      "deny=::/0",
      "permit=127.0.0.1/255.255.255.255",
      "permit=::1/128",
      "permit=10.0.0.1/255.255.255.255",
      "permit=fd00::2/128",
    ]);
  });

  test("a_node_of_which_no_ipv6_address_is_known_may_log_in_by_one", () => {
    expect(confined("[fd00::5]:5038", "10.0.0.1:4573")).not.toContain("deny=::/0");
    expect(confined("tel1.example:5038", "10.0.0.1:4573")).not.toContain("deny=::/0");
    expect(confined("10.0.0.5:5038", "10.0.0.1:4573")).toContain("deny=::/0");
  });

  test("a_name_of_a_host_disables_no_account", () => {
    expect(confined("10.0.0.5:5038", "10.0.0.1:4573", "node2.example:4573")).toEqual([]);
    expect(confined("127.0.0.1:5038", "localhost:4573")).toEqual([
      "deny=0.0.0.0/0.0.0.0",
      "deny=::/0",
      "permit=127.0.0.1/255.255.255.255",
      "permit=::1/128",
    ]);
  });
});

describe("what a carrier is told of who calls", () => {
  const lines = (trunk: string, options: object = {}) => {
    const files = rendered({ trunk, ...options });
    return (files["pjsip_signalbox.conf"] ?? files["sip_signalbox.conf"] ?? "").split("\n");
  };
  const old = { technology: "sip", version: "16" };

  test("the_number_in_its_own_header_unless_it_wants_none", () => {
    expect(lines("")).toEqual(expect.arrayContaining(["send_pai=yes", "trust_id_outbound=yes"]));
    expect(lines(", asserted_identity: false")).toContain("send_pai=no");
    expect(lines("", old)).toEqual(expect.arrayContaining(["sendrpid=pai", "trust_id_outbound=yes"]));
    expect(lines(", asserted_identity: false", old)).toContain("sendrpid=no");
  });

  test("an_emergency_call_shows_its_number_whatever_the_caller_wants", () => {
    const text = rendered()["extensions_signalbox.conf"] ?? "";
    for (const name of ["sb-emergency-of-apex", "sb-emergency-unowned"]) {
      expect(context(text, name)).toContain(" same => n,Set(CALLERID(pres)=allowed)");
    }
  });
});

test("names_are_refused_alike_in_every_context_that_calls_go_out_by", () => {
  const [, machine = ""] = readFileSync(TEMPLATE, "utf8").split("[sb-outbound]\n");
  const [own = ""] = machine.split("\n[");
  const refused = own.split("\n").filter((line) => line.startsWith("exten") && line.endsWith("Hangup(28)"));
  expect(refused).toEqual(NAMES_REFUSED);
});
