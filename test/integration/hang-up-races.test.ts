// Callers who go at every moment of a call, five milliseconds apart: in the middle of a step, when a prompt ends, while
// somebody answers. Whichever side wins, nothing may be left on the switch or in the store, and every call stands in the
// records once, as it ended.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { readRecorded } from "../../load/run/recorded.ts";
import type { StoredCall } from "../../src/calls/record-port.ts";
import { openRecords } from "../../src/records/open.ts";
import { type Ended, RacingCallers, RacingPhone } from "./support/racing-ends.ts";
import { Stage } from "./support/slot-stage.ts";
import { SLOTS_AT, SlotWorld } from "./support/slot-world.ts";

const APEX = `timezone: UTC
country: US
limits: {channels: 200}
trunks: {strategy: hybrid, dedicated: [apex_sip]}
caller_ids: ["+12125550100"]
ingroups: [APEX_MAIN]
dids:
  "+12125550101": {route: steps}
  "+12125550102": {route: phone}
  "+12125550103": {route: keys}
routes:
  keys: {menu: main}
  steps: {announce: blip, then: {announce: blip, then: {ingroup: APEX_MAIN}}}
  phone: {dial: PJSIP/100, ring_seconds: 5}
  agents: {ingroup: APEX_MAIN}
menus:
  main: {prompt: blip, wait_seconds: 1, attempts: 1, choices: {"1": {route: agents}}, exhausted: {route: agents}}
fallback: {hangup: "38"}
`;
const TRUNKS = `trunks:
  apex_sip: {address: "${SLOTS_AT.apex}:${SLOTS_AT.carrierPort}", tenant: apex, channels: 200}
  pool_a: {address: "${SLOTS_AT.pool}:${SLOTS_AT.carrierPort}", shared: true, channels: 200}
overflow: [pool_a]
`;
const STEP_MS = 5;
const EVERY_MS = 20;
/** The longest that a call can be up for its switch and not for its caller, on a machine that is busy. */
const CROSSING_MS = 2000;
const RECORDS = "sqlite:signalbox.db";

type Gone = Ended & { readonly mark: string; readonly afterMs: number };

describe.each(["22", "16"] as const)("callers of Asterisk %s who go at any moment", (version) => {
  let world: SlotWorld;
  let stage: Stage;
  let marks = 0;

  beforeAll(async () => {
    world = await SlotWorld.start({ version, tenants: { apex: APEX }, trunks: TRUNKS });
  });
  afterAll(() => world?.stop());
  beforeEach(() => {
    stage = new Stage(world);
  });
  afterEach(() => stage.clear());

  /** One call for each moment up to `untilMs`, each with a number of its own. */
  async function sweep(
    callers: RacingCallers,
    untilMs: number,
    place: (mark: string) => { readonly number: string; readonly from: string },
  ): Promise<readonly Gone[]> {
    const calls: Promise<Gone>[] = [];
    for (let afterMs = 0; afterMs <= untilMs; afterMs += STEP_MS) {
      marks += 1;
      const mark = String(4155550000 + marks);
      const { number, from } = place(mark);
      calls.push(callers.call(number, from, afterMs).then((ended) => ({ ...ended, mark, afterMs })));
      await sleep(EVERY_MS);
    }
    return Promise.all(calls);
  }

  /** Nothing is left, and the records hold each of these calls once, as its caller knows it. */
  async function accounted(gone: readonly Gone[], markOf: (call: StoredCall) => string): Promise<void> {
    await stage.holds([]);
    const variables = join(world.folder, "one/var");
    const decided = new Set(
      world
        .node()
        .log()
        .filter(({ event }) => event === "call.decided" || event === "call.refused")
        .map(({ call }) => String(call)),
    );
    await waitFor(
      "every decided call in the records",
      async () => {
        const { missing } = await readRecorded(RECORDS, variables, decided);
        return missing.length === 0 || undefined;
      },
      15_000,
      500,
    );
    const { twice, odd } = await readRecorded(RECORDS, variables, decided);
    expect({ twice, odd }).toEqual({ twice: [], odd: [] });
    const reader = await openRecords(RECORDS, variables);
    const [own, unowned] = await Promise.all([
      reader.calls({ limit: 10_000 }),
      reader.calls({ limit: 10_000, unowned: true }),
    ]).finally(() => reader.close());
    const wrong = gone.flatMap(({ mark, status, crossed, afterMs }) => {
      const records = [...own, ...unowned].filter((call) => markOf(call).endsWith(mark));
      const outcomes = records.map(({ outcome, tenant }) => `${tenant} ${outcome}`);
      const said = `${afterMs} ms, ${status}${crossed ? " crossed" : ""}: ${outcomes.join(", ") || "no record"}`;
      if (records.length > 1) return [said];
      const [record] = records;
      // Who goes before the first step is asked for is known to nobody but the switch.
      if (record === undefined) return status === 487 ? [] : [said];
      const { tenant, answeredAt, endedAt } = record;
      const upMs = answeredAt === null ? 0 : endedAt - answeredAt;
      // An answer that crosses a caller who gives up is one on the side of the switch alone.
      const right = status === 200 ? answeredAt !== null : upMs < CROSSING_MS;
      return tenant === "apex" && (right || crossed) ? [] : [`${said} for ${upMs} ms`];
    });
    const answered = gone.filter(({ status }) => status === 200).length;
    process.stdout.write(`Asterisk ${version}: ${gone.length} calls, ${answered} answered\n`);
    expect(wrong).toEqual([]);
  }

  const inbound = async (did: string, untilMs: number): Promise<void> => {
    const callers = await RacingCallers.open(SLOTS_AT.apex, SLOTS_AT.ast1.sip);
    try {
      const gone = await sweep(callers, untilMs, (mark) => ({ number: did, from: `1${mark}` }));
      await accounted(gone, ({ from }) => from);
    } finally {
      callers.close();
    }
  };

  it("in_two_prompts_and_an_ingroup", () => inbound("+12125550101", 800));

  it("in_a_menu", () => inbound("+12125550103", 1400));

  it("while_a_phone_answers", async () => {
    const phone = await RacingPhone.open(SLOTS_AT.phone, SLOTS_AT.phonePort, { ringMs: 150 });
    try {
      await inbound("+12125550102", 500);
      expect(phone.live).toBe(0);
    } finally {
      phone.close();
    }
  });

  it("while_a_phone_sends_them_on_to_somebody_outside", async () => {
    const sendsOn = { to: "12125557777", afterMs: 100 };
    const phone = await RacingPhone.open(SLOTS_AT.phone, SLOTS_AT.phonePort, { ringMs: 50, sendsOn });
    const carrier = await RacingPhone.open(SLOTS_AT.apex, SLOTS_AT.carrierPort, { ringMs: 100 });
    try {
      await inbound("+12125550102", 600);
      expect([phone.live, carrier.live]).toEqual([0, 0]);
      expect(carrier.peak).toBeGreaterThan(0);
    } finally {
      phone.close();
      carrier.close();
    }
  });

  it("while_a_carrier_answers", async () => {
    const carrier = await RacingPhone.open(SLOTS_AT.apex, SLOTS_AT.carrierPort, { ringMs: 150 });
    const callers = await RacingCallers.open(SLOTS_AT.phone, SLOTS_AT.ast1.sip);
    try {
      const gone = await sweep(callers, 500, (mark) => ({ number: `1${mark}`, from: "100" }));
      await accounted(gone, ({ to }) => to);
      expect(carrier.live).toBe(0);
    } finally {
      callers.close();
      carrier.close();
    }
  });
});
