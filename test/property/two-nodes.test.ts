// One call over two nodes of which one listens to the switch: whoever decides its steps, and whatever one of them
// misses, the record is the one that a single node makes which hears everything.
import fc from "fast-check";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import type { RecordStore } from "../../src/calls/record-port.ts";
import { RecordWatcher } from "../../src/calls/record-watcher.ts";
import type { ListedChannel } from "../../src/calls/switch-eyes-port.ts";
import type { SwitchNews } from "../../src/calls/switch-news.ts";
import type { Offer } from "../../src/core/callflow/call-event.ts";
import type { CallState } from "../../src/core/callflow/call-state.ts";
import { advance, begin } from "../../src/core/callflow/callflow.ts";
import { recordOf } from "../../src/core/record/derive.ts";
import { mergeFacts } from "../../src/core/record/merge.ts";
import type { CallFacts, CallRecord } from "../../src/core/record/record.ts";
import type { Outcome } from "../../src/core/routing/instruction.ts";
import { e164, menuWith, path, trunkWith } from "../builders.ts";
import { inboundOffer, momentWith } from "../driving.ts";
import { drive, outboundSnapshot } from "../outbound-builders.ts";
import { noon } from "../record-builders.ts";

const log = pino({ level: "silent" });
const BOOT = "2026-11-23 08:00:00";
const snapshot = outboundSnapshot(
  {
    apex: {
      callerIds: [e164("+12125550100")],
      trunks: { strategy: "hybrid", dedicated: ["apex_sip"] },
      accountcodes: ["apexacct"],
      dids: { "+12125550100": "main" },
      plan: {
        targets: {
          "routes.main": { type: "menu", menu: "welcome" },
          "menus.welcome.choices.1": { type: "ingroup", ingroup: "APEX_INBOUND" },
          "menus.welcome.exhausted": { type: "hangup", cause: 17 },
        },
        menus: { welcome: menuWith({ choices: new Map([["1", path("menus.welcome.choices.1")]]) }) },
      },
    },
  },
  { trunks: [trunkWith("apex_sip", { tenant: "apex", shared: false }), trunkWith("pool_a")] },
);

type Leg = { readonly uniqueid: string; readonly channel: string };
/** What happens to a call, `after` the one before, milliseconds: the switch tells something, or it asks for a step. */
type Act = {
  readonly after: number;
  readonly tells?: SwitchNews;
  readonly up?: Leg;
  readonly down?: Leg;
  readonly asks?: Offer | Outcome;
};

const caller: Leg = { uniqueid: "1764000000.1", channel: "PJSIP/pool_a-00000001" };
const phone: Leg = { uniqueid: "1764000000.5", channel: "Local/1@dial-00000001;2" };
const first: Leg = { uniqueid: "1764000000.6", channel: "PJSIP/apex_sip-00000002" };
const second: Leg = { uniqueid: "1764000000.7", channel: "PJSIP/pool_a-00000003" };

/** A list that tells no more than that the channel lives. */
const row = (uniqueid: string): ListedChannel => ({
  ...{
    uniqueid,
    channel: `PJSIP/x-${uniqueid}`,
    accountCode: "",
    sbCall: null,
    sbDirection: null,
    isUp: false,
  },
});

const marked = (leg: Leg, of: Leg, sbDirection: string) => ({
  ...{ ...leg, accountCode: "apex", sbCall: `ast1-${of.uniqueid}`, sbDirection },
});
const hangup = (after: number, leg: Leg, of: Leg, direction: string, cause = 16): Act => ({
  ...{ after, down: leg },
  tells: { type: "hangup", ...marked(leg, of, direction), cause, sbMarks: null },
});
/** Of a leg that does not say whose call it is. */
const unmarked = (after: number, leg: Leg): Act => ({
  ...{ after, down: leg },
  tells: {
    type: "hangup",
    ...leg,
    accountCode: "",
    sbCall: null,
    sbDirection: null,
    cause: 16,
    sbMarks: null,
  },
});
const dialled = (leg: Leg) => ({
  ...{ uniqueid: phone.uniqueid, sbCall: `ast1-${phone.uniqueid}`, destUniqueid: leg.uniqueid },
  ...{ destChannel: leg.channel, destAccountCode: "apex", destSbCall: `ast1-${phone.uniqueid}` },
  destSbDirection: "outbound",
});
const rings = (after: number, leg: Leg): Act => ({
  ...{ after, up: leg, tells: { type: "dial_begin", ...dialled(leg) } },
});
const cameTo = (after: number, leg: Leg, status: string): Act => ({
  ...{ after, tells: { type: "dial_end", ...dialled(leg), status } },
});
const appears = (leg: Leg): Act => ({
  ...{ after: 0, up: leg },
  tells: { type: "new_channel", ...leg, accountCode: "", sbCall: null, sbDirection: null, state: 4 },
});

const talks = fc.constantFrom(20_000, 75_000, 200_000, 2_400_000);

/** In, through a menu that the caller thinks about, to an in-group. */
const callIn = fc
  .tuple(fc.array(fc.constantFrom(5000, 70_000), { maxLength: 2 }), talks)
  .map(([waits, talk]): readonly Act[] => [
    appears(caller),
    { after: 10, asks: inboundOffer({ dialled: "+12125550100" }) },
    { after: 20, tells: { type: "new_state", ...marked(caller, caller, "inbound"), state: 6 } },
    ...waits.map((after): Act => ({ after, asks: { type: "silence" } })),
    { after: 3000, asks: { type: "digits", digits: "1" } },
    hangup(talk, caller, caller, "inbound"),
  ]);

/** Out, perhaps on the second trunk only, and perhaps with a dialler that takes the leg from who asked. */
const callOut = fc
  .tuple(fc.boolean(), fc.boolean(), fc.boolean(), talks)
  .map(([fails, taken, bare, talk]): readonly Act[] => {
    const offer = { direction: "outbound", dialled: "14155550199", callerNumber: "+12125550100" } as const;
    const leg = fails ? second : first;
    const failed: readonly Act[] = [
      cameTo(3000, first, "CONGESTION"),
      hangup(1, first, phone, "outbound", 34),
      { after: 10, asks: { type: "dialled", status: "CONGESTION", cause: 34 } },
      rings(10, second),
    ];
    const own = bare ? unmarked(5, phone) : hangup(5, phone, phone, "outbound");
    return [
      appears(phone),
      { after: 10, asks: inboundOffer({ ...phone, ...offer, accountcode: "apex" }) },
      rings(20, first),
      ...(fails ? failed : []),
      cameTo(4000, leg, "ANSWER"),
      ...(taken ? [own] : []),
      hangup(talk, leg, phone, "outbound"),
      ...(taken ? [] : [own]),
    ];
  });

/** A node hears nothing of the switch for a while, and knows it or does not, or is killed and started again. */
type Fault = {
  readonly node: 0 | 1;
  readonly how: "cut" | "deaf" | "killed";
  readonly from: number;
  readonly lasts: number;
};

const EVERY_MS = 500;
const fault: fc.Arbitrary<Omit<Fault, "from"> & { readonly part: number }> = fc.record({
  node: fc.constantFrom(0, 1),
  how: fc.constantFrom("cut", "killed"),
  part: fc.double({ min: 0, max: 1, noNaN: true }),
  lasts: fc.constantFrom(3000, 15_000, 60_000, 1_000_000, 2_000_000),
});

type Told = { readonly facts: CallFacts; readonly over: boolean };

class Node {
  readonly told: Told[];
  readonly open = new Map<string, CallFacts>();
  readonly others: () => boolean;
  watcher: RecordWatcher;
  listens = false;
  fault: Fault["how"] | null = null;

  constructor(told: Told[], others: () => boolean) {
    this.told = told;
    this.others = others;
    this.watcher = this.start();
  }

  start(): RecordWatcher {
    const put = ({ facts }: CallRecord, { part = false } = {}): void => {
      this.told.push({ facts, over: !part });
      if (!part) this.open.delete(facts.call);
    };
    const store: RecordStore = {
      ...{ put, putUnowned: put, flush: async () => {}, close: async () => {} },
      keepOpen: (facts) => this.open.set(facts.call, facts),
      openCalls: async () => [...this.open.values()],
      pending: () => ({ queued: 0, outbox: 0, lost: 0 }),
      health: () => ({ ready: true, code: null, why: "" }),
    };
    return new RecordWatcher({
      ...{ store, log, snapshot: () => snapshot },
      hears: () => this.listens,
      handsOver: () => !this.listens && this.others(),
    });
  }

  async repair(at: number): Promise<void> {
    if (this.fault === "deaf") this.watcher.lost("ast1", at);
    if (this.fault === "killed") {
      this.watcher = this.start();
      await this.watcher.restore(at);
    }
    this.fault = null;
  }
}

type Course = {
  readonly acts: readonly Act[];
  readonly by: readonly (0 | 1)[];
  readonly faults: readonly Fault[];
  /** How far the second node's clock is ahead, milliseconds. */
  readonly aheadMs?: number;
};

/** What is in the store at last, joined, and whether anything was left over. */
async function follow({ acts, by, faults, aheadMs = 0 }: Course) {
  const told: Told[] = [];
  const nodes: readonly [Node, Node] = [
    new Node(told, () => nodes[1].listens),
    new Node(told, () => nodes[0].listens),
  ];
  nodes[0].listens = true;
  nodes[0].watcher.booted("ast1", BOOT, noon);
  const listed = new Set<string>();
  let state: CallState | null = null;
  let offer: Offer | null = null;
  let asked = 0;
  const clock = (node: Node, ms: number) => noon + ms + (node === nodes[1] ? aheadMs : 0);
  const decide = (asks: Offer | Outcome, ms: number): void => {
    const wanted = nodes[by[asked++ % by.length] ?? 0];
    const node = wanted.fault === "killed" ? (nodes.find((each) => each !== wanted) ?? wanted) : wanted;
    const at = clock(node, ms);
    const moment = momentWith(snapshot, { now: at });
    if (asks.type === "offer") offer = asks;
    if (offer === null) return;
    const { server, uniqueid, channel } = offer;
    const back = { type: "return", server, uniqueid, channel } as const;
    const event = asks.type === "offer" ? asks : { ...back, outcome: asks };
    const step = event.type === "offer" ? begin(event, moment) : advance(event, state as CallState, moment);
    const { decision } = drive(step);
    node.watcher.decided({ event, state, decision, at, seconds: 0.001, revision: snapshot.revision });
    state = decision.state;
  };
  const elect = (): void => {
    const listening = nodes.find(({ listens, fault }) => listens && (fault === null || fault === "deaf"));
    for (const node of nodes)
      node.listens = node === (listening ?? nodes.find((each) => each.fault === null));
  };
  const waiting = [...acts];
  let due = waiting[0]?.after ?? 0;
  const end = lengthOf(acts) + 80 * 60_000;
  for (let now = 0; now < end; now += EVERY_MS) {
    for (const { node, how, from, lasts } of faults) {
      const hit = nodes[node];
      if (now === from) {
        hit.fault = how;
        if (how === "cut") hit.watcher.lost("ast1", clock(hit, now));
      }
      if (now === from + lasts) await hit.repair(clock(hit, now));
    }
    elect();
    for (let act = waiting[0]; act !== undefined && due < now + EVERY_MS; act = waiting[0]) {
      if (act.up !== undefined) listed.add(act.up.uniqueid);
      if (act.down !== undefined) listed.delete(act.down.uniqueid);
      if (act.asks !== undefined) decide(act.asks, due);
      for (const node of nodes)
        if (act.tells !== undefined && node.fault === null)
          node.watcher.heard("ast1", act.tells, clock(node, due));
      waiting.shift();
      due += waiting[0]?.after ?? 0;
    }
    for (const node of nodes.filter(({ fault }) => fault !== "killed")) {
      if (now % 10_000 === 0 && node.fault === null) {
        node.watcher.booted("ast1", BOOT, clock(node, now));
        node.watcher.swept("ast1", [...listed].map(row), clock(node, now));
        node.watcher.heard("ast1", others(now), clock(node, now));
      }
      node.watcher.settle(clock(node, now));
    }
  }
  const facts = told.map((each) => each.facts).reduce(mergeFacts);
  return {
    record: recordOf(facts),
    over: told.some(({ over }) => over),
    calls: new Set(told.map((each) => each.facts.call)).size,
    left: nodes.reduce((sum, { watcher, open }) => sum + watcher.size + open.size, 0),
  };
}

/** What else the switch tells of, so that what was said of a leg that nobody asked for is forgotten in time. */
const others = (now: number): SwitchNews => ({
  ...{ uniqueid: `1763000000.${now}`, channel: "PJSIP/900-0000000a", accountCode: "" },
  ...{ sbCall: null, sbDirection: null, state: 4 },
  type: "new_channel",
});

const lengthOf = (acts: readonly Act[]) => acts.reduce((sum, { after }) => sum + after, 0);

const course = (faults: number): fc.Arbitrary<Course> =>
  fc
    .record({
      acts: fc.oneof(callIn, callOut),
      by: fc.array(fc.constantFrom<0 | 1>(0, 1), { minLength: 1, maxLength: 3 }),
      drawn: fc.array(fault, { minLength: faults, maxLength: faults }),
    })
    .map(({ acts, by, drawn }) => ({
      ...{ acts, by },
      faults: drawn.map(({ part, ...each }, nth): Fault => {
        const node = nth === 0 ? each.node : drawn[0]?.node === 0 ? 1 : 0;
        return { ...each, node, from: Math.floor((part * lengthOf(acts)) / EVERY_MS) * EVERY_MS };
      }),
    }));

describe("a call over two nodes", () => {
  const told = async (each: Course) => {
    const { record, ...rest } = await follow(each);
    const { outcome, tenant, billableSeconds, answeredAt, endedAt, attempts, legs } = record;
    const times = legs.map((leg) => [leg.uniqueid, leg.answeredAt, leg.endedAt]);
    return { outcome, tenant, billableSeconds, answeredAt, endedAt, attempts, times, ...rest };
  };

  test("has_the_record_of_a_node_that_heard_everything_whatever_one_of_them_missed", async () => {
    const property = fc.asyncProperty(course(1), async (each) => {
      const undisturbed = await told({ ...each, by: [0], faults: [] });
      expect(undisturbed).toMatchObject({ over: true, calls: 1, left: 0, outcome: "answered" });
      expect(await told(each)).toEqual(undisturbed);
    });
    await fc.assert(property, { numRuns: 150 });
  });

  test("that_the_other_node_decided_has_all_that_the_listener_did_not_hear_without_knowing_it", async () => {
    const property = fc.asyncProperty(course(1), async (each) => {
      const deaf = each.faults.map((one): Fault => ({ ...one, node: 0, how: "deaf", lasts: 6000 }));
      const undisturbed = await told({ ...each, by: [0], faults: [] });
      expect(await told({ ...each, by: [1], faults: deaf })).toEqual(undisturbed);
    });
    await fc.assert(property, { numRuns: 150 });
  });

  test("is_billed_by_the_clock_of_the_node_that_listens_however_wrong_the_others_is", async () => {
    const ahead = fc.constantFrom(-3_600_000, -2000, 2000, 3_600_000);
    const property = fc.asyncProperty(course(0), ahead, async (each, aheadMs) => {
      const secondsOf = async (how: Course) => {
        const { legs, billableSeconds } = (await follow(how)).record;
        const times = legs.map((leg) => [leg.answeredAt, leg.endedAt, leg.talkSeconds, leg.billableSeconds]);
        return { times, billableSeconds };
      };
      expect(await secondsOf({ ...each, aheadMs })).toEqual(await secondsOf({ ...each, by: [0] }));
    });
    await fc.assert(property, { numRuns: 150 });
  });

  test("is_recorded_once_and_followed_by_nobody_in_the_end_whatever_both_missed", async () => {
    const property = fc.asyncProperty(course(2), async (each) => {
      const { record, ...rest } = await follow(each);
      expect(rest).toEqual({ over: true, calls: 1, left: 0 });
      expect(record.tenant).toBe("apex");
      expect(record.endedAt).toBeLessThanOrEqual(noon + lengthOf(each.acts));
    });
    await fc.assert(property, { numRuns: 150 });
  });
});
