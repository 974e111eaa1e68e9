// A client's last channel, and a carrier's, wanted by several calls in the same moment: at a transfer, and while one
// carrier's refusal sends the others on to the next. No moment may see more legs than the cap, nor leave one behind.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { type Ended, RacingCallers, RacingPhone, type RacingPhoneOptions } from "./support/racing-ends.ts";
import { Stage } from "./support/slot-stage.ts";
import { SLOTS_AT, SlotWorld } from "./support/slot-world.ts";

const FAR = "12125557777";
const CAP = 2;
const ROUNDS = 15;

const tenant = (cap: number, dedicated: string) => `timezone: UTC
country: US
limits: {channels: ${cap}, when_full: {inbound: busy, outbound: congestion}}
trunks: {strategy: hybrid, dedicated: [${dedicated}]}
`;
const APEX = `${tenant(CAP, "apex_sip")}caller_ids: ["+12125550100"]
dids: {"+12125550101": {route: phone}, "+12125550102": {route: prompt}}
routes: {phone: {dial: PJSIP/100, ring_seconds: 20}, prompt: {announce: long}}
fallback: {hangup: "38"}
`;
/** Its own trunk has one channel, and the pool behind it two. */
const BEST = `${tenant(3, "best_sip")}caller_ids: ["+13125550100"]
dids: {"+13125550101": {route: phone}}
routes: {phone: {dial: PJSIP/101, ring_seconds: 20}}
fallback: {hangup: "38"}
`;
const TRUNKS = `trunks:
  apex_sip: {address: "${SLOTS_AT.apex}:${SLOTS_AT.carrierPort}", tenant: apex, channels: 50}
  best_sip: {address: "${SLOTS_AT.other}:${SLOTS_AT.carrierPort}", tenant: best, channels: 1}
  pool_a: {address: "${SLOTS_AT.pool}:${SLOTS_AT.carrierPort}", shared: true, channels: 2}
overflow: [pool_a]
`;

describe.each(["22", "16"] as const)("the last channel of Asterisk %s", (version) => {
  let world: SlotWorld;
  let stage: Stage;
  const open: { close(): void }[] = [];

  beforeAll(async () => {
    world = await SlotWorld.start({ version, tenants: { apex: APEX, best: BEST }, trunks: TRUNKS });
  });
  afterAll(() => world?.stop());
  beforeEach(() => {
    stage = new Stage(world);
  });
  afterEach(async () => {
    for (const each of open.splice(0)) each.close();
    await stage.clear();
  });

  async function end(ip: string, port: number, options: RacingPhoneOptions): Promise<RacingPhone> {
    const phone = await RacingPhone.open(ip, port, options);
    open.push(phone);
    return phone;
  }

  async function callers(ip: string): Promise<RacingCallers> {
    const found = await RacingCallers.open(ip, SLOTS_AT.ast1.sip);
    open.push(found);
    return found;
  }

  it("is_one_calls_when_another_transfers_in_the_same_moment", async () => {
    await end(SLOTS_AT.phone, SLOTS_AT.phonePort, { ringMs: 50, sendsOn: { to: FAR, afterMs: 150 } });
    const carrier = await end(SLOTS_AT.apex, SLOTS_AT.carrierPort, { ringMs: 50 });
    const carried = await callers(SLOTS_AT.apex);
    const won = { transfer: 0, call: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const race = async (): Promise<Ended> => {
        const first = carried.call("+12125550101", "14155550001", 900);
        await sleep(180 + round * 3);
        const second = await carried.call("+12125550102", "14155550002", 500);
        await first;
        return second;
      };
      carrier.peak = 0;
      const second = await race();
      const both = Number(carrier.peak > 0) + Number(second.status === 200);
      won.transfer += carrier.peak;
      won.call += Number(second.status === 200);
      expect({ round, both, status: second.status }).toMatchObject({ round, both: 1 });
      await stage.holds([]);
    }
    process.stdout.write(`Asterisk ${version}: ${won.transfer} transfers and ${won.call} calls won\n`);
  });

  it("is_never_two_calls_when_a_carrier_refuses_in_mid_race", async () => {
    await end(SLOTS_AT.other, SLOTS_AT.carrierPort, { ringMs: 20, refuses: "503 Service Unavailable" });
    const pool = await end(SLOTS_AT.pool, SLOTS_AT.carrierPort, { ringMs: 30 });
    const phones = await callers(SLOTS_AT.otherPhone);
    for (let round = 0; round < ROUNDS; round++) {
      const calls = Array.from({ length: 5 }, async (_, at) => {
        await sleep(at * (round % 8));
        return phones.call(`1212555${1000 + round * 10 + at}`, "101", 700);
      });
      const ended = await Promise.all(calls);
      expect(ended.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(2);
      await waitFor("no leg", async () => (await world.trunkLegs()) === 0 || undefined, 5000, 20);
    }
    expect(pool.peak).toBe(2);
    await stage.holds([]);
  });
});
