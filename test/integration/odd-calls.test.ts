import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import {
  caller,
  expectOk,
  receiveInvite,
  refuse,
  refusedCaller,
  runSipp,
  type Scenario,
  sendOn,
} from "../../load/sipp-runner.ts";
import type { StoredCall } from "../../src/calls/record-port.ts";
import { openRecords } from "../../src/records/open.ts";
import { Stage } from "./support/slot-stage.ts";
import { SLOTS_AT, SlotWorld } from "./support/slot-world.ts";

/** Sits behind a carrier instead of at a phone. */
const AGENT = "Local/12125557777@signalbox-outbound";
const DID = "+12125550100";

const APEX = `timezone: UTC
country: US
limits: {channels: 10}
trunks: {strategy: hybrid, dedicated: [apex_sip]}
caller_ids: ["${DID}"]
ingroups: [APEX_MAIN]
queues: [apex-claims]
dids:
  "${DID}": {route: main}
  "+12125550101": {route: queue}
  "+12125550102": {route: main, fallback: {ingroup: APEX_MAIN}}
routes:
  main: {ingroup: APEX_MAIN}
  queue: {queue: apex-claims, wait_seconds: 15}
fallback: {hangup: "38"}
`;

/** Names so long that what a decision sets needs two commands. */
const LONG = {
  tenant: "w".repeat(20),
  trunk: "w".repeat(64),
  did: "+12125550200",
  folder: `recordings/${"é".repeat(110)}/${"é".repeat(60)}`,
};
const WIDE = `timezone: UTC
country: US
trunks: {strategy: dedicated, dedicated: [${LONG.trunk}]}
caller_ids: ["${LONG.did}"]
dids:
  "${LONG.did}": {route: ${"r".repeat(64)}}
routes:
  ${"r".repeat(64)}: {forward: "+12125557777"}
recording: {inbound: all, legs: true}
limits: {longest_call_minutes: 10080}
language: en_GB
`;
const TRUNKS = `trunks:
  apex_sip: {address: "${SLOTS_AT.apex}:${SLOTS_AT.carrierPort}", tenant: apex, channels: 50}
  pool_a: {address: "${SLOTS_AT.pool}:${SLOTS_AT.carrierPort}", shared: true, channels: 50}
  ${LONG.trunk}: {address: "${SLOTS_AT.other}:${SLOTS_AT.carrierPort}", tenant: ${LONG.tenant}, channels: 50}
overflow: [pool_a]
`;

/** An operator's own way in, for calls that may last five seconds. */
const BRIEFLY = `[briefly]
exten => _X.,1,Set(TIMEOUT(absolute)=5)
 same => n,Goto(signalbox-inbound,\${EXTEN},1)
`;

/** Nothing of what it calls is done. */
const NAMES = {
  in_other_letters: "Zoë “☎” Łódź 日本",
  with_a_function: "${SHELL(false)}${SET(GLOBAL(odd)=1)}",
  with_separators: "${EXTEN},x;y|z&{a}",
  with_quotes: String.raw`a\"b\\c'd`,
  like_a_setting: "x,SB_ACTION=hangup,SB_CAUSE=1",
  that_is_long: "x".repeat(300),
  with_a_delete: "a\x7fb",
} as const;

/** Who has sent the call on, as the carrier says: each would break the header of a step into which it came as it is. */
const DIVERSIONS = {
  with_a_line_end: "<sip:1%0Ajunk@127.0.0.1>;reason=unconditional",
  with_a_header: "<sip:1%0Aagi_extension:%202@127.0.0.1>;reason=unconditional",
  with_the_end_of_the_header: "<sip:1%0A%0A@127.0.0.1>;reason=unconditional",
  with_a_delete: "<sip:1%7F@127.0.0.1>;reason=unconditional",
  that_is_long: `<sip:${"1".repeat(3000)}@127.0.0.1>;reason=unconditional`,
} as const;

/** The user part of a caller's address, and what the record has for it. */
const CALLERS = {
  "+1%20415%20555%200001": "+14155550001",
  "a%22b": "a?b",
  "1415,555;x": "1415?555",
  "%00%0a": "anonymous",
  "%E2%98%8E": "?",
} as const;

describe.each(["22", "16"] as const)("odd calls through Asterisk %s", (version) => {
  let world: SlotWorld;
  let stage: Stage;
  const seen = new Set<string>();

  beforeAll(async () => {
    const tenants = { apex: APEX, [LONG.tenant]: WIDE };
    const system = `recordings: {directory: "${LONG.folder}"}\n`;
    world = await SlotWorld.start({ version, tenants, trunks: TRUNKS, system, dialplan: BRIEFLY });
  });

  afterAll(() => world?.stop());

  beforeEach(() => {
    stage = new Stage(world);
  });

  afterEach(() => stage.clear());

  /** The `count` records that nobody has asked for yet. */
  const recorded = (count: number): Promise<readonly StoredCall[]> =>
    waitFor(
      `${count} records`,
      async () => {
        // Without a first call there are no tables yet.
        const reader = await openRecords("sqlite:signalbox.db", join(world.folder, "one/var")).catch(
          () => null,
        );
        if (reader === null) return undefined;
        const calls = await reader.calls({ limit: 1000 }).finally(() => reader.close());
        const fresh = calls.filter(({ call }) => !seen.has(call));
        if (fresh.length < count) return undefined;
        for (const { call } of fresh) seen.add(call);
        return fresh;
      },
      15_000,
      200,
    );

  const place = async (scenario: Scenario, service: string = DID): Promise<void> => {
    const between = { localIp: SLOTS_AT.apex, remote: SLOTS_AT.ast1.sip, artefacts: world.folder };
    expectOk(await runSipp({ scenario, service, ...between }));
  };

  it("an_agent_behind_a_carrier_is_a_leg_of_the_queues_client", async () => {
    const { asterisk } = world.switch();
    await stage.carrier(SLOTS_AT.apex);
    await asterisk.cli(`queue add member ${AGENT} to apex-claims`);
    stage.inbound("+12125550101", SLOTS_AT.pool);
    await stage.channelOf("PJSIP/apex_sip-");
    await stage.holds(["apex", "apex"]);
    await asterisk.cli(`queue remove member ${AGENT} from apex-claims`);
    await stage.clear();
    await stage.holds([]);
    const calls = await recorded(2);
    expect(calls.map(({ direction, tenant, trunk, outcome }) => [direction, tenant, trunk, outcome])).toEqual(
      expect.arrayContaining([
        ["inbound", "apex", "pool_a", "answered"],
        ["outbound", "apex", "apex_sip", "answered"],
      ]),
    );
    expect(calls).toHaveLength(2);
  }, 60_000);

  it("a_decision_of_more_than_2000_bytes_is_performed", async () => {
    await stage.carrier(SLOTS_AT.other);
    stage.inbound(LONG.did, SLOTS_AT.pool, caller({ from: "x".repeat(40), holdMs: 30_000 }));
    await stage.channelOf(`PJSIP/${LONG.trunk}-`);
    await stage.clear();
    const [call] = await recorded(1);
    expect(call).toMatchObject({ tenant: LONG.tenant, outcome: "answered" });
    const files = readdirSync(join(world.folder, "one/var", LONG.folder), { recursive: true });
    expect(
      files
        .map(String)
        .filter((file) => file.endsWith(".wav"))
        .sort(),
    ).toEqual(["-heard", "-said", ""].map((part) => expect.stringMatching(`${call?.call}${part}.wav$`)));
  }, 60_000);

  it.each(Object.entries(NAMES))("a_name_%s_is_a_name", async (_, display) => {
    await place(caller({ display, from: "14155550001", holdMs: 200 }));
    expect(await recorded(1)).toMatchObject([{ from: "+14155550001", tenant: "apex", outcome: "answered" }]);
  });

  it.each(Object.entries(DIVERSIONS))("a_diversion_%s_is_no_part_of_the_step", async (_, diversion) => {
    const headers = { Diversion: diversion };
    await place(caller({ headers, from: "14155550001", holdMs: 200 }));
    expect(await recorded(1)).toMatchObject([{ from: "+14155550001", tenant: "apex", outcome: "answered" }]);
  });

  it("nor_is_one_of_a_carrier_that_fails", async () => {
    const steps = [receiveInvite(), sendOn(DIVERSIONS.with_a_header), refuse(503)];
    await stage.carrier(SLOTS_AT.other, { name: "sends-on", role: "callee", steps });
    // With the cause that a forward ends with, and not with that of a lost call.
    await place(refusedCaller(480, { from: "14155550001" }), LONG.did);
    expect(await recorded(1)).toMatchObject([{ tenant: LONG.tenant, outcome: "failed" }]);
  });

  it("no_name_has_set_anything", async () => {
    expect(await world.switch().asterisk.cli("dialplan show globals")).not.toContain("odd");
  });

  it.each(Object.entries(CALLERS))("a_caller_%s_is_recorded_as_%s", async (from, shown) => {
    await place(caller({ from, holdMs: 200 }));
    expect(await recorded(1)).toMatchObject([{ from: shown, tenant: "apex", outcome: "answered" }]);
  });

  it.each([
    `${DID};npdi;rn=+12125559999`,
    "%2B12125550100",
    "+1212555010%30",
    `${DID};x=%0Ajunk`,
    `${DID};x=%0D%0A%0D%0A`,
    `${DID};x=%7F`,
  ])("a_number_written_%s_is_the_clients", async (service) => {
    await place(caller({ from: "14155550001", holdMs: 200 }), service);
    expect(await recorded(1)).toMatchObject([{ to: DID, tenant: "apex" }]);
  });

  it.each(["12125550100%20", "2".repeat(40), `${DID},1`, "h", "s", "i", "t", "T", "_X."])(
    "a_number_written_%s_is_none",
    async (service) => {
      await place(refusedCaller(484, { from: "14155550001" }), service);
      await stage.holds([]);
    },
  );

  it("a_caller_redirected_in_the_middle_of_a_step_keeps_no_watchdog", async () => {
    const { child } = world.node();
    child.kill("SIGSTOP");
    try {
      stage.inbound(DID, SLOTS_AT.apex);
      const leg = await stage.channelOf("PJSIP/apex_sip-", "Ring");
      await new Promise((done) => setTimeout(done, 300));
      const place = { Context: "signalbox-inbound", Exten: DID.slice(1), Priority: "1" };
      await stage.order("Redirect", { Channel: leg, ...place });
      await new Promise((done) => setTimeout(done, 300));
    } finally {
      child.kill("SIGCONT");
    }
    await stage.channelOf("PJSIP/apex_sip-");
    await new Promise((done) => setTimeout(done, 4000));
    await stage.holds(["apex"]);
  });

  it("a_limit_that_a_caller_is_redirected_with_is_kept", async () => {
    stage.inbound(DID, SLOTS_AT.apex);
    const leg = await stage.channelOf("PJSIP/apex_sip-");
    await stage.order("Redirect", { Channel: leg, Context: "briefly", Exten: DID.slice(1), Priority: "1" });
    await new Promise((done) => setTimeout(done, 3000));
    await stage.holds(["apex"]);
    await stage.holds([], 6000);
  });

  it("a_limit_that_a_caller_is_redirected_with_is_kept_where_no_decision_comes", async () => {
    const { child } = world.node();
    stage.inbound("+12125550102", SLOTS_AT.apex);
    const leg = await stage.channelOf("PJSIP/apex_sip-");
    child.kill("SIGSTOP");
    try {
      await stage.order("Redirect", {
        Channel: leg,
        Context: "briefly",
        Exten: "12125550102",
        Priority: "1",
      });
      // Without a decision for three seconds it is in its fallback, and after five over.
      await new Promise((done) => setTimeout(done, 4000));
      expect(await stage.channels()).toMatchObject([{ name: leg }]);
      await new Promise((done) => setTimeout(done, 2500));
      expect(await stage.channels()).toEqual([]);
    } finally {
      child.kill("SIGCONT");
    }
    await stage.holds([]);
  });
});
