import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { sdp, sendMessage } from "../../load/sipp/scenario.ts";
import { CONTACT, inDialog, keyTones, LOCAL_TAG, VIA } from "../../load/sipp/steps.ts";
import {
  expectAnswer,
  expectOk,
  expectRefusal,
  pause,
  press,
  type Scenario,
  type Step,
  talk,
} from "../../load/sipp-runner.ts";
import { somebody } from "./support/callers.ts";
import { startTestWorld, type TestWorld } from "./support/test-world.ts";

const MENU = "+12125550100";
const FULL = "+13125550100";
const APEX = `timezone: America/New_York
country: US
trunks: {strategy: hybrid, dedicated: [apex_sip]}
caller_ids: ["${MENU}"]
ingroups: [HASH, LOST]
dids:
  "${MENU}": {route: welcome}
routes:
  welcome: {menu: welcome}
menus:
  welcome: {prompt: long, wait_seconds: 2, attempts: 2, choices: {"#": {ingroup: HASH}}, exhausted: {ingroup: LOST}}
`;
/** Takes nobody in, and says so before it is answered. */
const CLOSED = `timezone: America/New_York
country: US
limits: {inbound: 0, when_full: {inbound: {announce: short, then: busy}}}
dids:
  "${FULL}": {route: main}
routes:
  main: {hangup: normal}
`;

const PLAIN = sdp("PCMU");
/** Without telephone events. */
const NO_EVENTS = PLAIN.filter((line) => !line.includes("101")).toSpliced(
  5,
  0,
  "m=audio [media_port] RTP/AVP 0",
);
const G729 = [...PLAIN.slice(0, 5), "m=audio [media_port] RTP/AVP 18", "a=rtpmap:18 G729/8000"];
const onHold = PLAIN.map((line) => line.replace("sendrecv", "sendonly"));

const ALLOW = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK";
const typeOf = (body: readonly string[]) => (body.length === 0 ? [] : ["Content-Type: application/sdp"]);

/** Calls with what is said of media, and further lines of the header. */
function opening(
  from: string,
  body: readonly string[] = PLAIN,
  more: readonly string[] = [],
  via = VIA,
): Step {
  return {
    xml: (page) => {
      page.target = "sip:[service]@[remote_ip]:[remote_port]";
      const caller = `From: <sip:${from}@[local_ip]:[local_port]>;tag=${LOCAL_TAG}`;
      const head = [
        `INVITE ${page.target} SIP/2.0`,
        via,
        caller,
        `To: <${page.target}>`,
        "Call-ID: [call_id]",
      ];
      const rest = ["CSeq: 1 INVITE", CONTACT, "Max-Forwards: 70", ALLOW, ...more, ...typeOf(body)];
      return sendMessage([...head, ...rest], 'retrans="500"', body);
    },
  };
}

/** A request within the call, and its 200. */
function request(
  method: string,
  cseq: number,
  more: readonly string[] = [],
  body: readonly string[] = [],
): Step {
  const lines = [...inDialog(method, `${cseq} ${method}`), CONTACT, ...more, "[routes]"];
  const send = sendMessage(lines, 'retrans="500"', body);
  return { xml: () => [send, '<recv response="100" optional="true"/>', '<recv response="200"/>'].join("\n") };
}

function acknowledge(cseq: number, body: readonly string[] = []): Step {
  return {
    xml: () => sendMessage([...inDialog("ACK", `${cseq} ACK`), ...typeOf(body), "[routes]"], "", body),
  };
}

const changed = (cseq: number, body: readonly string[]): Step[] => [
  request("INVITE", cseq, typeOf(body), body),
  acknowledge(cseq),
];

/** Presses nothing more, hears where it came to, and goes. */
const leave = [talk(1500), request("BYE", 90)];

const rings = ["100", "180", "183"].map((code) => `<recv response="${code}" optional="true"/>`).join("\n");

/** What is between the beginning of a call and its caller's stay in the in-group. */
const WAYS: Readonly<Record<string, (from: string) => readonly Step[]>> = {
  who_offers_media_late: (from) => [
    opening(from, []),
    { xml: () => `${rings}\n<recv response="200" rrs="true"/>` },
    acknowledge(1, PLAIN),
    talk(500),
    press("#"),
  ],
  who_holds_the_call_and_comes_back: (from) => [
    ...[opening(from), expectAnswer(), talk(300)],
    ...changed(2, onHold),
    pause(800),
    ...changed(3, PLAIN),
    talk(300),
    press("#"),
  ],
  who_changes_the_call_without_media: (from) => [
    ...[opening(from), expectAnswer(), talk(300)],
    request("UPDATE", 2),
    press("#"),
  ],
  who_offers_media_late_again: (from) => [
    ...[opening(from), expectAnswer(), talk(300)],
    request("INVITE", 2),
    acknowledge(2, PLAIN),
    talk(300),
    press("#"),
  ],
  who_presses_keys_in_messages: (from) => [
    ...[opening(from, NO_EVENTS), expectAnswer(), talk(500)],
    request("INFO", 2, ["Content-Type: application/dtmf-relay"], ["Signal=#", "Duration=160"]),
  ],
  who_presses_keys_in_tones: (from) => [
    ...[opening(from, NO_EVENTS), expectAnswer(), talk(500)],
    keyTones("#"),
  ],
  whose_invite_comes_twice: (from) => {
    const via =
      "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-[pid]-[call_number]-twice;rport";
    return [
      opening(from, PLAIN, [], via),
      { xml: () => '<recv response="100"/>' },
      opening(from, PLAIN, [], via),
      expectAnswer(),
      talk(500),
      press("#"),
    ];
  },
};

describe.each(["22", "16"] as const)("a caller on Asterisk %s", (version) => {
  let world: TestWorld;

  beforeAll(async () => {
    world = await startTestWorld({ version, tenants: { apex: APEX, closed: CLOSED } });
  });
  afterAll(() => world?.stop());
  afterEach(() => world.observer.silence());

  const calls = async (number: string, name: string, steps: readonly Step[]): Promise<void> => {
    const scenario: Scenario = { name, role: "caller", steps };
    expectOk(await world.call(number, scenario));
  };

  it.each(Object.entries(WAYS))("%s", async (name, way) => {
    const from = somebody();
    await calls(MENU, name.replaceAll("_", "-"), [...way(from), ...leave]);
    expect(world.arrivals.of(from).map(({ at, tenant }) => [at, tenant])).toEqual([["ingroup HASH", "apex"]]);
  });

  it("who_speaks_nothing_that_the_trunk_speaks_is_refused", async () => {
    const from = somebody();
    await calls(MENU, "g729", [opening(from, G729), expectRefusal(488)]);
    expect(world.arrivals.of(from)).toEqual([]);
  });

  it("who_wants_early_media_confirmed_hears_why_he_is_refused", async () => {
    const prack = sendMessage(
      [...inDialog("PRACK", "2 PRACK"), CONTACT, "RAck: [$rseq] 1 INVITE", "[routes]"],
      'retrans="500"',
    );
    const early: Step = {
      xml: () =>
        [
          '<recv response="100" optional="true"/>',
          '<recv response="183" rrs="true"><action><ereg regexp="[0-9]+" search_in="hdr" header="RSeq:" assign_to="rseq"/></action></recv>',
          prack,
          '<recv response="200"/>',
        ].join("\n"),
    };
    await calls(FULL, "confirming", [
      opening(somebody(), PLAIN, ["Require: 100rel"]),
      early,
      expectRefusal(486),
    ]);
  });

  it("who_goes_as_soon_as_he_is_answered", async () => {
    await calls(MENU, "brief", [opening(somebody()), expectAnswer(), request("BYE", 2)]);
  });
});
