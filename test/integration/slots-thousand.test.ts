// A thousand calls of every kind over two nodes and two switches, and nothing that is counted afterwards.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Scenario } from "../../load/sipp/scenario.ts";
import { callee, caller, expectOk, type SippResult, startSipp } from "../../load/sipp-runner.ts";
import { carrierAt, givingUpCaller, phoneAt, transferringCaller, withAgents } from "./support/slot-calls.ts";
import { SLOTS_AT, SlotWorld } from "./support/slot-world.ts";

/** Answered at once, by a phone, and of the phone that calls out. */
const [QUEUE, DESK, OTHER] = ["+12115550100", "+12115550101", "+12115550102"];
const APEX = `timezone: UTC
country: US
limits: {channels: 250}
caller_ids: ["${QUEUE}"]
ingroups: [MAIN]
dids: {"${QUEUE}": {route: main}, "${DESK}": {route: desk}, "${OTHER}": {route: other}}
routes:
  main: {ingroup: MAIN}
  desk: {dial: PJSIP/100, ring_seconds: 20}
  other: {dial: PJSIP/101, ring_seconds: 20}
trunks: {strategy: dedicated, dedicated: [apex_sip]}
`;
const TRUNKS = `trunks:
  apex_sip: {address: "${SLOTS_AT.apex}:${SLOTS_AT.carrierPort}", tenant: apex, channels: 300}
`;

/** Which kind of call of a batch ends with two BYEs that cross. */
const CROSSING = 2;
const GIVING_UP = 1;

describe.each(["22", "16"] as const)("two nodes and two switches of Asterisk %s", (version) => {
  let world: SlotWorld;

  beforeAll(async () => {
    const options = { version, tenants: { apex: APEX }, trunks: TRUNKS };
    world = await SlotWorld.start({ ...options, servers: ["ast1", "ast2"], nodes: ["one", "two"] });
  });

  afterAll(() => world?.stop());

  it("a_thousand_calls_of_every_kind_leave_nothing_behind", async () => {
    const carrier = carrierAt(SLOTS_AT.apex, callee({ ringMs: 100, holdMs: 1000 }));
    const phone = phoneAt(SLOTS_AT.phone, callee({ ringMs: 400, holdMs: 1000 }));
    let calls = 0;
    await withAgents([carrier, phone], async () => {
      for (let batch = 0; batch < 5; batch++) {
        calls += await mixedBatch(batch);
        await world.agree(15_000, 0);
      }
    });
    expect(calls).toBe(1000);
    await expect.poll(() => world.metric("signalbox_slot_drift"), { timeout: 12_000 }).toBe(0);
  });

  /** Two hundred calls: short ones, cancelled ones, both ends hanging up at once, transfers. */
  async function mixedBatch(batch: number): Promise<number> {
    const kinds: readonly [Scenario, string, string, number][] = [
      [caller({ holdMs: 1 + batch * 150 }), SLOTS_AT.apex, QUEUE, 60],
      [givingUpCaller(batch * 60), SLOTS_AT.apex, DESK, 40],
      // The phone rings 400 ms, then both stay one second: the BYEs cross.
      [caller({ holdMs: 1000 }), SLOTS_AT.apex, DESK, 40],
      [caller({ holdMs: 500 }), SLOTS_AT.otherPhone, "12125557777", 40],
      [transferringCaller("12125558888", 200), SLOTS_AT.otherPhone, "12125557777", 20],
    ];
    const runs = kinds.map(([scenario, ip, service, many], nth) =>
      startSipp({
        scenario,
        service,
        calls: many,
        rate: 8,
        remote: SLOTS_AT[(batch + nth) % 2 === 0 ? "ast1" : "ast2"].sip,
        localIp: ip,
        traceMessages: false,
        artefacts: world.folder,
        deadlineMs: 40_000,
      }),
    );
    await new Promise((done) => setTimeout(done, 2500));
    await world.agree(10_000);
    const results = await Promise.all(runs.map(({ done }) => done));
    // An agent of SIPp takes a BYE that crosses its own for an error.
    for (const [nth, result] of results.entries())
      if (nth !== CROSSING && !(nth === GIVING_UP && onlyCrossed(result))) expectOk(result);
    return results.map(({ created }) => created).reduce((sum, created) => sum + created, 0);
  }
});

/** What rings in the very moment of the CANCEL is an error to SIPp, which gives that call up all the same. */
function onlyCrossed({ problem, failed, failures }: SippResult): boolean {
  const crossed = /while sending \(index 4\), received 'SIP\/2\.0 180/.test(problem);
  return crossed && failed <= 3 && failures.FailedUnexpectedMessage === failed;
}
