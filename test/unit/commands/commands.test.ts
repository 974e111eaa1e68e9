import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CallId } from "../../../src/core/tenant/stamp.ts";
import { openSqliteSpending } from "../../../src/records/spend-sqlite.ts";
import { tenantId } from "../../builders.ts";
import { plainTenant, writeConfiguration } from "../config/written.ts";
import { inCheckout, signalbox } from "./command-line.ts";

const root = mkdtempSync(join(tmpdir(), "signalbox-commands-"));
const good = inCheckout("config");
const bad = join(root, "config");

beforeAll(() => {
  cpSync(good, bad, { recursive: true });
  cpSync(inCheckout("sounds"), join(root, "sounds"), { recursive: true });
  const file = join(bad, "tenants/apex.yaml");
  writeFileSync(
    file,
    readFileSync(file, "utf8").replace("route: billing}", "route: biling}").replace("agents:", "agenst:"),
  );
});
afterAll(() => rmSync(root, { recursive: true }));

describe("check", () => {
  test("a_sound_configuration_is_summed_up", async () => {
    const { code, out, err } = await signalbox(["check", "--config", good]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/: no errors; 3 tenants, \d+ numbers, 3 trunks; revision [0-9a-f]{12}\n$/);
  });

  test("orders_of_staff_that_cannot_be_read_are_one_error_beside_what_the_configuration_has", async () => {
    const variables = mkdtempSync(join(root, "var-"));
    writeFileSync(join(variables, "conditions.json"), "{");
    const args = ["check", "--config", good, "--var", variables];
    const { code, out, err } = await signalbox(args);
    expect({ code, err }).toEqual({ code: 1, err: "" });
    expect(out).toContain("conditions.json.bak");
    expect(out).toMatch(/: 1 error\n$/);
    const json = await signalbox([...args, "--json"]);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject([{ severity: "error", file: "--var" }]);
  });

  test("every_error_is_a_line_of_the_output_and_the_count_is_the_last", async () => {
    const { code, out, err } = await signalbox(["check", "--config", bad]);
    expect({ code, err }).toEqual({ code: 1, err: "" });
    expect(out).toContain('tenants/apex.yaml: agenst: there is no key "agenst" here; did you mean "agents"?');
    const lines = out.trim().split("\n");
    expect(lines.length).toBeGreaterThan(2);
    expect(lines.at(-1)).toBe(`${bad}: ${lines.length - 1} errors`);
  });

  test("json_is_one_array_with_a_place_for_each", async () => {
    const { code, out, err } = await signalbox(["check", "--json", "--config", bad]);
    expect({ code, err }).toEqual({ code: 1, err: "" });
    expect(JSON.parse(out)).toContainEqual({
      file: "tenants/apex.yaml",
      path: "agenst",
      message: expect.any(String),
      severity: "error",
      line: expect.any(Number),
      column: expect.any(Number),
    });
  });

  test("a_folder_that_is_not_there_is_an_error", async () => {
    const { code, out } = await signalbox(["check"], { SIGNALBOX_CONFIG: join(root, "nowhere") });
    expect(code).toBe(1);
    expect(out).toContain("signalbox.yaml");
  });
});

test("dids_take_json_as_other_commands_do", async () => {
  const { code, out } = await signalbox(["dids", "--json", "--config", good, "--var", root]);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toContainEqual(expect.objectContaining({ did: "+12125550100", tenant: "apex" }));
});

test.each([["calls"], ["report", "usage", "--tenant", "apex"], ["recordings", "list"]])(
  "a_secret_that_records_need_is_named_where_it_is_missing: %s",
  async (...args) => {
    const place = writeConfiguration({
      "signalbox.yaml": "records: 'mysql://u:${DB_PASSWORD}@127.0.0.1:1/signalbox'\n",
      "tenants/apex.yaml": plainTenant("apex", "+12125550100"),
    });
    try {
      const { code, err } = await signalbox([...args, "--config", place.directory, "--var", root]);
      expect(code).toBe(1);
      expect(err).toContain("the environment has no DB_PASSWORD");
    } finally {
      place.remove();
    }
  },
);

describe("simulate", () => {
  test("a_refused_call_is_no_failure_of_the_command", async () => {
    const args = ["simulate", "inbound", "--did", "+12125550199", "--json"];
    const { code, out, err } = await signalbox(args, { SIGNALBOX_CONFIG: good });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(JSON.parse(out)).toMatchObject({ tenant: null, outcome: "refused", reason: "unknown_did" });
  });

  test("the_json_has_the_agreed_keys_in_their_order", async () => {
    const { out } = await signalbox([
      "--config",
      good,
      "simulate",
      "inbound",
      "--did",
      "2125550102",
      "--json",
    ]);
    expect(Object.keys(JSON.parse(out))).toEqual(
      [
        "tenant",
        "outcome",
        "reason",
        "treatment",
        "schedule",
        "target",
        "number",
        "caller_id",
        "attempts",
      ].concat(["recording", "trace"]),
    );
  });

  test.each([
    ["appex", 'there is no tenant "appex"; did you mean "apex"?'],
    ["nobody-like-it", 'there is no tenant "nobody-like-it"; configured are apex'],
  ])("a_call_of_%s_is_nobody's_and_the_name_is_looked_at", async (tenant, says) => {
    const args = ["simulate", "outbound", "--tenant", tenant, "--to", "2125550123", "--json"];
    const { code, out, err } = await signalbox([...args, "--config", good]);
    expect(code).toBe(0);
    expect(err).toContain(says);
    expect(JSON.parse(out)).toMatchObject({ tenant: null, outcome: "refused", reason: "unknown_tenant" });
  });

  test("a_day_that_is_used_up_is_one_for_the_simulator_too", async () => {
    const place = writeConfiguration({
      "tenants/apex.yaml": plainTenant(
        "apex",
        "+12125550100",
        "caller_ids: ['+12125550100']\nspending: {per_prefix: {'+1212': {calls_per_day: 1}}}\n",
      ),
      "tenants/greensolar.yaml": plainTenant("greensolar", "+13035550110"),
    });
    const variables = join(place.directory, "var");
    mkdirSync(variables);
    const asked = async (to: string) => {
      const args = [
        "simulate",
        "outbound",
        "--tenant",
        "apex",
        "--to",
        to,
        "--at",
        "2026-11-23T10:00",
        "--json",
      ];
      const { out } = await signalbox([...args, "--config", place.directory, "--var", variables]);
      return JSON.parse(out);
    };
    expect(await asked("2125550123")).toMatchObject({ outcome: "routed", reason: null });
    const ledger = openSqliteSpending({
      file: join(variables, "spending.db"),
      log: pino({ level: "silent" }),
    });
    const limits = [{ prefix: "+1212", callsPerDay: 1, minutesPerDay: null }];
    const [call, tenant] = ["ast1-1.1" as CallId, tenantId("apex")];
    await ledger.begin({ call, placing: 1, tenant, day: "2026-11-23", limits, whenUnreachable: "refuse" });
    await ledger.close();
    expect(await asked("2125550123")).toMatchObject({
      outcome: "refused",
      reason: "spend_limit",
      attempts: [],
    });
    const { trace } = await asked("6465550123");
    expect(trace).toContainEqual({
      rule: "spending",
      says: "apex has not used up what it may spend on 2026-11-23",
    });
    place.remove();
  });

  describe("an_emergency_number", () => {
    const dialling = (to: string, ...more: string[]) =>
      signalbox(["simulate", "outbound", "--to", to, "--config", good, ...more]);

    test("leaves_as_the_static_dialplan_sends_it_behind_anybodys_prefix_too", async () => {
      const { code, out, err } = await dialling("72911", "--tenant", "apex", "--json");
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(JSON.parse(out)).toMatchObject({
        tenant: "apex",
        outcome: "routed",
        reason: null,
        number: "911",
        caller_id: "+12125550100",
        attempts: [
          { trunk: "apex_sip", dial: "PJSIP/911@apex_sip" },
          { trunk: "pool_a", dial: "PJSIP/911@pool_a" },
        ],
        trace: [{ rule: "emergency" }, { rule: "tenant" }, { rule: "caller_id" }],
      });
    });

    test("of_nobody_goes_out_over_the_shared_pool", async () => {
      const { code, out } = await dialling("112", "--tenant", "nobody");
      expect(code).toBe(0);
      expect(out).toContain("routed: nobody over pool_a, then pool_b\n");
    });

    test("is_refused_to_a_machine", async () => {
      const { out } = await dialling("911", "--tenant", "apex", "--campaign", "SALES", "--json");
      expect(JSON.parse(out)).toMatchObject({ outcome: "refused", reason: "destination_not_allowed" });
    });
  });

  test("a_broken_configuration_simulates_nothing", async () => {
    const { code, out, err } = await signalbox(["simulate", "inbound", "--did", "1", "--config", bad]);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain("mend it first");
  });

  test("a_prompt_without_a_file_is_a_warning_and_stops_nothing", async () => {
    const place = writeConfiguration({
      "tenants/apex.yaml": plainTenant("apex", "+12125550100").replace("{hangup: busy}", "{announce: helo}"),
      "../sounds/shared/hello.wav": "",
    });
    const says =
      'warning: tenants/apex.yaml: routes.main.announce: there is no prompt "helo"; did you mean "hello"?';
    const where = ["--config", place.directory, "--var", join(place.directory, "var")];
    try {
      const simulated = await signalbox(["simulate", "inbound", "--did", "2125550100", "--json", ...where]);
      expect(simulated.err).toContain(says);
      expect(JSON.parse(simulated.out)).toMatchObject({ outcome: "ended", target: { announce: "helo" } });
      const rendered = await signalbox(["render", ...where], { AMI_SECRET: "x" });
      expect(rendered.code).toBe(0);
      expect(rendered.err).toContain(says);
    } finally {
      place.remove();
    }
  });

  test("digits_that_two_carriers_mean_otherwise_are_the_client's_of_the_trunk", async () => {
    const place = writeConfiguration({
      "trunks.yaml": `trunks:
  us: {address: "127.0.0.3:5060", shared: true, channels: 9}
  mx: {address: "127.0.0.4:5060", shared: true, channels: 9, country: MX}
overflow: [us, mx]
`,
      "tenants/jersey.yaml": plainTenant("jersey", "+15512345678"),
      "tenants/azteca.yaml": plainTenant("azteca", "+525512345678", "hours: {h: {}}\n").replace(
        "America/New_York",
        "America/Mexico_City",
      ),
    });
    try {
      const call = ["simulate", "inbound", "--did", "5512345678", "--config", place.directory];
      const at = [...call, "--trunk", "mx", "--at", "2026-11-23T09:00"];
      expect((await signalbox([...at, "--override", "h=open"])).out).toContain(
        "09:00:00 America/Mexico_City",
      );
      expect((await signalbox([...at, "--explore"])).out).toContain("(azteca)");
      expect((await signalbox([...call, "--trunk", "us", "--explore"])).out).toContain("(jersey)");
    } finally {
      place.remove();
    }
  });

  test.each(["text", "json", "mermaid"])("explores_as_%s", async (format) => {
    const args = ["simulate", "inbound", "--did", "12125550100", "--explore", "--format", format];
    const { code, out, err } = await signalbox([...args, "--config", good]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("menu welcome");
  });

  test("explores_a_number_with_what_a_carrier_puts_behind_it", async () => {
    const args = ["simulate", "inbound", "--did", "2125550100;npdi;rn=1", "--explore"];
    const { code, out, err } = await signalbox([...args, "--config", good]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("+12125550100");
  });

  test("explores_no_number_of_nobody's", async () => {
    const { code, err } = await signalbox([
      "simulate",
      "inbound",
      "--did",
      "1",
      "--explore",
      "--config",
      good,
    ]);
    expect(code).toBe(1);
    expect(err).toContain("no client owns 1");
  });
});

describe("render", () => {
  test("writes_a_folder_per_server_under_var_and_names_what_to_include", async () => {
    const env = { AMI_SECRET: "not-told-to-others", SIGNALBOX_VAR: join(root, "var") };
    const { code, out, err } = await signalbox(["render", "--out", "asterisk", "--config", good], env);
    expect(err).toContain(`Asterisk must find ${inCheckout("sounds")} as the folder signalbox of its sounds`);
    expect(code).toBe(0);
    const folder = join(root, "var/asterisk/ast1");
    expect(readdirSync(folder).sort()).toEqual([
      "cdr_custom_signalbox.conf",
      "extensions_signalbox.conf",
      "manager_signalbox.conf",
      "pjsip_signalbox.conf",
    ]);
    expect(out).toContain(`in extensions.conf: #include "${join(folder, "extensions_signalbox.conf")}"`);
    expect(statSync(join(folder, "manager_signalbox.conf")).mode & 0o007).toBe(0);
    expect(readFileSync(join(folder, "manager_signalbox.conf"), "utf8")).toContain("not-told-to-others");
  });

  test("again_gives_the_same_bytes", async () => {
    const env = { AMI_SECRET: "x" };
    const texts: string[] = [];
    for (const out of [join(root, "one"), join(root, "two")]) {
      await signalbox(["render", "--out", out, "--config", good], env);
      texts.push(readFileSync(join(out, "ast1/extensions_signalbox.conf"), "utf8"));
    }
    expect(texts[0]).toBe(texts[1]);
  });

  test("without_its_secrets_it_writes_nothing", async () => {
    const out = join(root, "nothing");
    const { code, err } = await signalbox(["render", "--out", out, "--config", good]);
    expect(code).toBe(1);
    expect(err).toContain("the environment has no AMI_SECRET");
    expect(() => statSync(out)).toThrow();
  });

  test("a_place_that_cannot_be_written_is_named", async () => {
    const file = join(root, "a-file");
    writeFileSync(file, "");
    const { code, err } = await signalbox(["render", "--out", join(file, "in"), "--config", good], {
      AMI_SECRET: "x",
    });
    expect(code).toBe(1);
    expect(err).toMatch(/^signalbox: .*a-file/m);
    expect(err).not.toMatch(/^\s+at /m);
  });
});

describe("schema", () => {
  test("one_schema_for_each_kind_of_file", async () => {
    const { code, out, err } = await signalbox(["schema"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const schemas = JSON.parse(out);
    expect(Object.keys(schemas)).toEqual(["signalbox", "trunks", "tenant"]);
    const one = await signalbox(["schema", "tenant"]);
    expect(JSON.parse(one.out)).toEqual(schemas.tenant);
  });

  test("another_kind_is_wrong_use", async () => {
    const { code, err } = await signalbox(["schema", "hours"]);
    expect(code).toBe(2);
    expect(err).toContain("signalbox, trunks, tenant");
  });
});
