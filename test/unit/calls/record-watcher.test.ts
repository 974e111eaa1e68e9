import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CdrNews } from "../../../src/calls/cdr-rows.ts";
import { RecordLooks } from "../../../src/calls/record-looks.ts";
import type { RecordStore } from "../../../src/calls/record-port.ts";
import { RecordWatcher } from "../../../src/calls/record-watcher.ts";
import type { SwitchNews } from "../../../src/calls/switch-news.ts";
import type { CallEvent, Offer } from "../../../src/core/callflow/call-event.ts";
import type { CallState } from "../../../src/core/callflow/call-state.ts";
import { advance, begin } from "../../../src/core/callflow/callflow.ts";
import type { Decision } from "../../../src/core/callflow/decision.ts";
import type { CdrLeg } from "../../../src/core/record/cdr.ts";
import type { CallRecord } from "../../../src/core/record/record.ts";
import type { Outcome } from "../../../src/core/routing/instruction.ts";
import { callIdOf } from "../../../src/core/tenant/stamp.ts";
import { openRecords } from "../../../src/records/open.ts";
import { createRecordStore } from "../../../src/records/store.ts";
import { e164, menuWith, path, tenantId, trunkWith } from "../../builders.ts";
import { inboundOffer, momentWith } from "../../driving.ts";
import { drive, granted, outboundSnapshot, type World } from "../../outbound-builders.ts";
import { noon } from "../../record-builders.ts";

const BOOT = "2026-11-23 08:00:00";
const log = pino({ level: "silent" });
const plan = {
  targets: {
    "routes.main": { type: "menu", menu: "welcome" },
    "menus.welcome.choices.1": { type: "ingroup", ingroup: "APEX_INBOUND" },
    "menus.welcome.exhausted": { type: "hangup", cause: 17 },
    "routes.direct": { type: "ingroup", ingroup: "APEX_INBOUND" },
  },
  menus: { welcome: menuWith({ choices: new Map([["1", path("menus.welcome.choices.1")]]) }) },
} as const;
const snapshot = outboundSnapshot(
  {
    apex: {
      callerIds: [e164("+12125550100")],
      trunks: { strategy: "hybrid", dedicated: ["apex_sip"] },
      accountcodes: ["apexacct"],
      dids: { "+12125550100": "main", "+12125550101": "direct" },
      plan,
    },
  },
  { trunks: [trunkWith("apex_sip", { tenant: "apex", shared: false }), trunkWith("pool_a")] },
);

let folder = "";
let store: RecordStore;
let watcher: RecordWatcher;
let ended: CallRecord[] = [];
/** How far the clock has just been set. */
let clockStep = 0;
/** Of the clock that is never set. */
let elapsed = 0;

function startNode(options: { hears?: boolean; handsOver?: boolean } = {}): void {
  store = createRecordStore({ records: "sqlite:signalbox.db", variables: folder, log });
  watcher = new RecordWatcher({
    store,
    snapshot: () => snapshot,
    log,
    hears: () => options.hears ?? true,
    handsOver: () => options.handsOver ?? false,
    onEnd: (record) => ended.push(record),
    elapsed: () => elapsed,
    clockStep: () => {
      const byMs = clockStep;
      clockStep = 0;
      return byMs;
    },
  });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sb-watch-"));
  ended = [];
  startNode();
  watcher.booted("ast1", BOOT, noon - 1000);
});

afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** Decides a step as a node would and lets the watcher see it. */
function decide(event: CallEvent, state: CallState | null, at: number, world: World = {}): Decision {
  const moment = momentWith(snapshot, { now: at });
  const step = event.type === "offer" ? begin(event, moment) : advance(event, state as CallState, moment);
  const { decision } = drive(step, world);
  watcher.decided({ event, state, decision, at, seconds: 0.001, revision: snapshot.revision });
  return decision;
}

const inbound = (offer: Partial<Offer> = {}) => inboundOffer({ dialled: "+12125550101", ...offer });
const outbound = (offer: Partial<Offer> = {}) =>
  inbound({
    direction: "outbound",
    channel: "Local/1@dial-00000001;2",
    uniqueid: "1764000000.5",
    dialled: "14155550199",
    callerNumber: "+12125550100",
    accountcode: "apex",
    ...offer,
  });

function back(offer: Offer, outcome: Outcome): CallEvent {
  const { server, uniqueid, channel } = offer;
  return { type: "return", server, uniqueid, channel, outcome };
}

type Where = {
  uniqueid?: string;
  channel?: string;
  code?: string;
  call?: string;
  direction?: string;
  marks?: string;
};

function leg(where: Where) {
  return {
    uniqueid: where.uniqueid ?? "1764000000.1",
    channel: where.channel ?? "PJSIP/pool_a-00000001",
    accountCode: where.code ?? "",
    sbCall: where.call ?? null,
    sbDirection: where.direction ?? null,
  };
}

const listed = (...uniqueids: readonly string[]) =>
  uniqueids.map((uniqueid) => ({ ...leg({ uniqueid }), isUp: false }));

const hear = (news: SwitchNews, at: number) => watcher.heard("ast1", news, at);
const up = (at: number, where: Where = {}) => hear({ type: "new_state", ...leg(where), state: 6 }, at);
const appear = (at: number, where: Where = {}) => hear({ type: "new_channel", ...leg(where), state: 4 }, at);
const hangup = (at: number, cause = 16, where: Where = {}) =>
  hear({ type: "hangup", ...leg(where), cause, sbMarks: where.marks ?? null }, at);

function dial(type: "begin" | "end", at: number, dest: Where, status = "ANSWER"): void {
  const dialling = {
    uniqueid: "1764000000.5",
    sbCall: null,
    destUniqueid: dest.uniqueid ?? "",
    destChannel: dest.channel ?? "",
    destAccountCode: "apex",
    destSbCall: dest.call ?? null,
    destSbDirection: "outbound",
  };
  if (type === "begin") hear({ type: "dial_begin", ...dialling }, at);
  else hear({ type: "dial_end", ...dialling, status }, at);
}

function theOnly(): CallRecord {
  expect(ended).toHaveLength(1);
  return ended[0] as CallRecord;
}

describe("an inbound call", () => {
  test("from_its_first_step_to_its_last_leg", () => {
    appear(noon - 5);
    decide(inbound(), null, noon);
    up(noon + 3000);
    hangup(noon + 63_500);
    watcher.settle(noon + 64_000);
    expect(ended).toHaveLength(0);
    watcher.settle(noon + 66_000);
    expect(theOnly()).toMatchObject({
      tenant: "apex",
      did: "+12125550101",
      boot: BOOT,
      direction: "inbound",
      trunk: "pool_a",
      ingroup: "APEX_INBOUND",
      startedAt: noon - 5,
      answeredAt: noon + 3000,
      endedAt: noon + 63_500,
      billableSeconds: 61,
      outcome: "answered",
      cause: 16,
      zone: "America/New_York",
      legs: [{ ringSeconds: 3, talkSeconds: 60, billableSeconds: 61, shared: true, refused: false }],
    });
    expect(watcher.size).toBe(0);
  });

  test.each([
    ["+12125550101", "3125550123", "+13125550123"],
    ["+12125550100", "3125550123", "+13125550123"],
    ["+12125550101", "442079460000", "+442079460000"],
    ["+12125550101", "", "anonymous"],
    ["+12125550101", "100%;a=<b>", "100??a??b?"],
    ["+19995550100", "3125550123", "+13125550123"],
  ])("to_%s_from_%j_has_its_caller_in_one_form", (dialled, callerNumber, from) => {
    decide(inbound({ dialled, callerNumber }), null, noon);
    hangup(noon + 1000);
    watcher.settle(noon + 64_000);
    expect(theOnly().from).toBe(from);
  });

  test("whose_caller_goes_as_his_menu_is_decided_was_never_answered", () => {
    appear(noon - 5);
    decide(inbound({ dialled: "+12125550100" }), null, noon);
    const stamped = leg({ code: "apex", direction: "inbound" });
    hear({ type: "hangup", ...stamped, cause: 127, sbMarks: null, unanswered: true }, noon + 10);
    watcher.settle(noon + 64_000);
    expect(theOnly()).toMatchObject({ answeredAt: null, billableSeconds: 0, outcome: "abandoned" });
  });

  test.each([3_600_000, -3_600_000])("keeps_its_length_when_the_clock_is_set_by_%i_ms", (byMs) => {
    decide(inbound(), null, noon);
    up(noon + 3000);
    clockStep = byMs;
    hangup(noon + 63_500 + byMs);
    watcher.settle(noon + 66_000 + byMs);
    expect(theOnly()).toMatchObject({
      startedAt: noon + byMs,
      answeredAt: noon + 3000 + byMs,
      endedAt: noon + 63_500 + byMs,
      billableSeconds: 61,
    });
  });

  test("that_has_ended_is_recorded_at_once_when_the_clock_is_then_set_back", () => {
    decide(inbound(), null, noon);
    up(noon + 3000);
    hangup(noon + 10_000);
    clockStep = -3_600_000;
    watcher.settle(noon - 3_600_000 + 10_100);
    expect(ended).toHaveLength(0);
    watcher.settle(noon - 3_600_000 + 13_000);
    expect(theOnly().billableSeconds).toBe(7);
  });

  test("that_ends_before_its_step_is_decided_is_not_open_for_ever", () => {
    appear(noon);
    hangup(noon + 3, 0);
    decide(inbound(), null, noon + 4);
    watcher.settle(noon + 5000);
    expect(theOnly()).toMatchObject({ outcome: "abandoned", billableSeconds: 0, endedAt: noon + 3 });
  });

  test("was_not_answered_when_its_caller_left_before_the_menu_arrived", () => {
    const offer = inbound({ dialled: "2125550100" });
    decide(offer, null, noon);
    hangup(noon + 14, 127);
    watcher.settle(noon + 4000);
    expect(theOnly()).toMatchObject({ answeredAt: null, billableSeconds: 0, outcome: "abandoned" });
  });

  test("keeps_the_keys_of_its_menu_and_no_other_digits", async () => {
    const offer = inbound({ dialled: "+12125550100" });
    const first = decide(offer, null, noon);
    const wrong = decide(back(offer, { type: "digits", digits: "4711" }), first.state, noon + 5000);
    decide(back(offer, { type: "digits", digits: "1" }), wrong.state, noon + 9000);
    hangup(noon + 20_000);
    watcher.settle(noon + 30_000);
    const record = theOnly();
    expect(record.menuPath).toEqual([{ menu: "welcome", key: "1" }]);
    expect(JSON.stringify(record)).not.toContain("4711");
    // Nobody said when it was answered; the menu answers before it asks.
    expect(record).toMatchObject({
      answeredAt: noon,
      billableSeconds: 20,
      target: { ingroup: "APEX_INBOUND" },
    });
  });

  test("to_a_number_of_nobody_is_kept_apart", async () => {
    decide(inbound({ dialled: "+12125559999" }), null, noon);
    hangup(noon + 100, 1);
    watcher.settle(noon + 5000);
    await store.flush();
    expect(theOnly()).toMatchObject({ tenant: null, outcome: "refused", refusal: { scope: "number" } });
    const records = await openRecords("sqlite:signalbox.db", folder);
    expect(await records.calls({})).toEqual([]);
    expect(await records.calls({ unowned: true })).toHaveLength(1);
    await records.close();
  });

  test("that_is_refused_uses_nobodys_channel", () => {
    decide(inbound(), null, noon, { slots: () => ({ granted: false, scope: "tenant_full" }) });
    hangup(noon + 50, 17);
    watcher.settle(noon + 5000);
    expect(theOnly()).toMatchObject({
      outcome: "refused",
      refusal: { reason: "tenant_full", scope: "tenant" },
      hungUpBy: "signalbox",
      legs: [{ refused: true, billableSeconds: 0 }],
    });
  });
});

describe("an outbound call", () => {
  const first = { uniqueid: "1764000000.6", channel: "PJSIP/apex_sip-00000002", code: "apex" };
  const second = { uniqueid: "1764000000.7", channel: "PJSIP/pool_a-00000003", code: "apex" };
  const asker = { uniqueid: "1764000000.5", channel: "Local/1@dial-00000001;2" };

  test("that_fails_over_has_two_attempts_and_the_seconds_of_the_second", () => {
    const offer = outbound();
    const one = decide(offer, null, noon);
    dial("begin", noon + 10, first);
    dial("end", noon + 500, first, "CONGESTION");
    const outcome = { type: "dialled", status: "CONGESTION", cause: 34 } as const;
    // The step is asked for twice, since its first answer was lost; and the first leg's end comes late.
    decide(back(offer, outcome), one.state, noon + 510);
    const two = decide(back(offer, outcome), one.state, noon + 1510);
    hangup(noon + 1520, 34, first);
    dial("begin", noon + 1530, second);
    dial("end", noon + 6000, second);
    const answer = { type: "dialled", status: "ANSWER", cause: 16 } as const;
    hangup(noon + 36_000, 16, second);
    decide(back(offer, answer), two.state, noon + 36_010);
    hangup(noon + 36_020, 16, asker);
    watcher.settle(noon + 40_000);
    expect(theOnly()).toMatchObject({
      direction: "outbound",
      tenant: "apex",
      trunk: "pool_a",
      to: { dialled: "14155550199", sent: "+14155550199" },
      outcome: "answered",
      hungUpBy: "callee",
      billableSeconds: 30,
      attempts: [
        { trunk: "apex_sip", status: "CONGESTION", cause: 34, uniqueid: first.uniqueid },
        { trunk: "pool_a", status: "ANSWER", cause: 16, uniqueid: second.uniqueid },
      ],
      legs: [
        { trunk: "apex_sip", shared: false, billableSeconds: 0 },
        { trunk: "pool_a", shared: true, billableSeconds: 30 },
      ],
    });
  });

  test("outlives_its_local_legs_when_a_dialler_takes_the_trunk_leg", () => {
    decide(outbound(), null, noon);
    dial("begin", noon + 10, first);
    dial("end", noon + 4000, first);
    hangup(noon + 4002, 16, asker);
    watcher.settle(noon + 60_000);
    expect(ended).toHaveLength(0);
    hangup(noon + 94_000, 16, first);
    watcher.settle(noon + 97_000);
    expect(theOnly()).toMatchObject({ outcome: "answered", billableSeconds: 90, endedAt: noon + 94_000 });
  });

  test("that_was_dialled_and_answered_unheard_is_what_the_next_list_shows", () => {
    watcher.lost("ast1", noon - 500);
    decide(outbound(), null, noon);
    watcher.booted("ast1", BOOT, noon + 200);
    const out = { ...first, code: "apex", call: "ast1-1764000000.5", direction: "outbound" };
    watcher.swept("ast1", [{ ...leg(out), isUp: true }], noon + 200);
    hangup(noon + 3100, 16, out);
    hangup(noon + 3110, 16, asker);
    watcher.settle(noon + 9000);
    expect(theOnly()).toMatchObject({ outcome: "answered", answeredAt: noon + 200, billableSeconds: 3 });
  });

  test("whose_far_end_a_phone_sends_to_a_number_of_the_house_has_its_leg_alone", () => {
    decide(outbound(), null, noon);
    dial("begin", noon + 10, first);
    dial("end", noon + 4000, first);
    const sentFrom = { call: callIdOf("ast1", "1764000000.5"), isUp: true };
    const sent = inbound({ ...first, accountcode: "apex", sentFrom });
    const state = decide(sent, null, noon + 20_000).state;
    // Another node may take the next step, and one that has not heard of the first call may hear the end.
    if (state !== null) decide(back(sent, { type: "played" }), state, noon + 21_000);
    hangup(noon + 20_100, 16, asker);
    hangup(noon + 50_000, 16, {
      ...first,
      code: "apex",
      call: `ast1-${first.uniqueid}`,
      direction: "inbound",
    });
    watcher.settle(noon + 60_000);
    expect(ended.toSorted((a, b) => a.startedAt - b.startedAt)).toMatchObject([
      { direction: "outbound", outcome: "answered", legs: [{ direction: "outbound" }], billableSeconds: 46 },
      { direction: "inbound", did: "+12125550101", outcome: "answered", legs: [], billableSeconds: 0 },
    ]);
  });

  test.each([
    ["caller", "h", "o"],
    ["callee", "o", "h"],
    [null, null, null],
  ])("whose_legs_say_that_the_%s_ended_it", (by, own, others) => {
    const marked = (mark: string | null) =>
      mark === null ? {} : { marks: `n1764000000.${mark}1764000031.` };
    decide(outbound(), null, noon);
    dial("begin", noon + 10, first);
    dial("end", noon + 4000, first);
    hangup(noon + 31_000, 16, { ...first, ...marked(others) });
    hangup(noon + 31_001, 16, { ...asker, ...marked(own) });
    watcher.settle(noon + 34_000);
    expect(theOnly()).toMatchObject({ outcome: "answered", hungUpBy: by });
  });

  test("whose_caller_gives_up_is_cancelled", () => {
    decide(outbound(), null, noon);
    dial("begin", noon + 10, first);
    dial("end", noon + 9000, first, "CANCEL");
    hangup(noon + 9005, 0, first);
    hangup(noon + 9010, 0, asker);
    watcher.settle(noon + 12_000);
    expect(theOnly()).toMatchObject({ outcome: "cancelled", hungUpBy: "caller", billableSeconds: 0 });
  });
});

describe("what nobody told", () => {
  test("asterisk_died", () => {
    decide(inbound(), null, noon);
    up(noon + 1000);
    watcher.swept("ast1", listed("1764000000.1"), noon + 20_000);
    watcher.lost("ast1", noon + 31_000);
    watcher.booted("ast1", "2026-11-23 12:01:00", noon + 60_000);
    watcher.settle(noon + 65_000);
    expect(theOnly()).toMatchObject({
      outcome: "unknown_end",
      hungUpBy: null,
      endedAt: noon + 31_000,
      billableSeconds: 30,
    });
  });

  test("an_answer_is_what_the_next_list_shows", () => {
    watcher.lost("ast1", noon - 500);
    decide(inbound(), null, noon);
    watcher.booted("ast1", BOOT, noon + 100);
    watcher.swept("ast1", [{ ...leg({}), isUp: true }], noon + 100);
    hangup(noon + 1500);
    watcher.settle(noon + 9000);
    expect(theOnly()).toMatchObject({ outcome: "answered", answeredAt: noon + 100, billableSeconds: 2 });
  });

  test("a_list_shows_no_answer_of_a_leg_that_still_rings", () => {
    watcher.lost("ast1", noon - 500);
    decide(inbound(), null, noon);
    watcher.booted("ast1", BOOT, noon + 100);
    watcher.swept("ast1", listed("1764000000.1"), noon + 100);
    hangup(noon + 1500);
    watcher.settle(noon + 9000);
    expect(theOnly()).toMatchObject({ outcome: "abandoned", answeredAt: null, billableSeconds: 0 });
  });

  test("a_call_decided_before_the_new_boot_is_known_is_of_that_boot", () => {
    watcher.lost("ast1", noon - 500);
    decide(inbound(), null, noon);
    watcher.booted("ast1", "2026-11-23 11:59:59", noon + 3000);
    up(noon + 3500);
    hangup(noon + 9000);
    watcher.settle(noon + 15_000);
    expect(theOnly()).toMatchObject({ boot: "2026-11-23 11:59:59", outcome: "answered" });
  });

  test("two_sweeps_omit_it_and_one_does_not_end_it", () => {
    decide(inbound(), null, noon);
    watcher.swept("ast1", [], noon + 10_000);
    watcher.settle(noon + 15_000);
    expect(ended).toHaveLength(0);
    watcher.swept("ast1", [], noon + 20_000);
    watcher.settle(noon + 25_000);
    expect(theOnly().outcome).toBe("unknown_end");
  });

  test("its_steps_were_another_nodes", () => {
    const marks = { code: "apex", call: "ast1-1764000000.1", direction: "inbound" };
    up(noon, marks);
    appear(noon, marks);
    hangup(noon + 10_000, 16, marks);
    watcher.settle(noon + 15_000);
    expect(theOnly()).toMatchObject({ tenant: "apex", direction: "inbound", billableSeconds: 10 });
  });

  test("its_end_is_all_that_was_heard", () => {
    const marks = { code: "apex", call: "ast1-1764000000.1", direction: "inbound" };
    hangup(noon + 10_000, 16, marks);
    watcher.settle(noon + 15_000);
    expect(theOnly()).toMatchObject({ tenant: "apex", trunk: "pool_a", endedAt: noon + 10_000, legs: [{}] });
    expect(watcher.size).toBe(0);
  });

  test("decided_while_nobody_is_known_to_listen", () => {
    startNode({ hears: false });
    decide(inbound(), null, noon);
    expect(watcher.size).toBe(1);
    hangup(noon + 10_000);
    watcher.settle(noon + 15_000);
    expect(theOnly()).toMatchObject({ did: "+12125550101", endedAt: noon + 10_000 });
  });

  test("a_phone_that_goes_on_opens_no_second_record", () => {
    decide(inbound(), null, noon);
    hangup(noon + 10_000);
    watcher.settle(noon + 15_000);
    hangup(noon + 90_000, 16, {
      uniqueid: "1764000000.9",
      channel: "PJSIP/100-00000009",
      call: "ast1-1764000000.1",
    });
    watcher.settle(noon + 99_000);
    expect(theOnly().outcome).toBe("abandoned");
    expect(watcher.size).toBe(0);
  });
});

describe("the switch's own records", () => {
  const entry = { channel: "PJSIP/pool_a-00000001", trunk: { name: "pool_a", shared: true } } as const;
  const told = (leg: Partial<CdrLeg> = {}): CdrLeg => ({
    ...entry,
    uniqueid: "1764000000.1",
    startedAt: noon,
    answeredAt: noon + 1000,
    endedAt: noon + 21_400,
    cause: 16,
    tenant: tenantId("apex"),
    zone: "America/New_York",
    direction: "inbound",
    asked: { did: "+12125550101", caller: "13125550123", dialled: "2125550101" },
    ...leg,
  });
  const row = (leg: Partial<CdrLeg> = {}): CdrNews => ({
    uniqueid: "1764000000.1",
    call: callIdOf("ast1", "1764000000.1"),
    legs: [told(leg)],
  });
  const stored = async () => {
    await store.openCalls();
    await store.flush();
    const records = await openRecords("sqlite:signalbox.db", folder);
    const calls = await records.calls({});
    await records.close();
    return calls;
  };

  test("close_a_call_whose_end_nobody_heard", () => {
    decide(inbound(), null, noon);
    watcher.lost("ast1", noon + 5000);
    watcher.reported("ast1", [row()], noon + 40_000);
    watcher.booted("ast1", BOOT, noon + 40_000);
    watcher.swept("ast1", [], noon + 40_000);
    watcher.swept("ast1", [], noon + 43_000);
    watcher.settle(noon + 50_000);
    expect(theOnly()).toMatchObject({
      outcome: "answered",
      cause: 16,
      hungUpBy: null,
      answeredAt: noon + 1000,
      endedAt: noon + 21_400,
      billableSeconds: 21,
    });
    expect(theOnly().trace.at(-1)).toMatchObject({ rule: "cdr" });
  });

  describe("of_a_time_in_which_the_process_stood_still", () => {
    beforeEach(() => {
      elapsed = 0;
    });

    test.each([
      ["go_before_what_was_heard_late", 12_000, 21],
      ["add_nothing_where_it_did_not", 400, 29],
    ])("%s", async (_, stillMs, seconds) => {
      decide(inbound(), null, noon);
      up(noon + 1000);
      elapsed = stillMs;
      hangup(noon + 30_000);
      watcher.settle(noon + 33_000);
      expect(theOnly().billableSeconds).toBe(29);
      watcher.reported("ast1", [row()], noon + 60_000);
      expect(await stored()).toMatchObject([{ outcome: "answered", billableSeconds: seconds }]);
    });

    test("tell_when_a_call_was_that_came_and_went_in_it", async () => {
      decide(inbound({ uniqueid: "1764000000.9" }), null, noon - 9000);
      elapsed = 20_000;
      decide(inbound(), null, noon + 25_000);
      up(noon + 25_010);
      hangup(noon + 25_020);
      watcher.settle(noon + 28_000);
      expect(theOnly()).toMatchObject({ outcome: "answered", billableSeconds: 1 });
      watcher.reported("ast1", [row()], noon + 60_000);
      const [call] = await stored();
      expect(call).toMatchObject({ startedAt: noon, endedAt: noon + 21_400, billableSeconds: 21 });
    });

    test.each([
      ["take_the_answer_of_a_leg_of_which_all_was_heard_after_its_end", 900, { talks: 2, answeredAt: 900 }],
      ["keep_the_answer_of_a_leg_whose_row_tells_its_diallers", -500, { talks: 1, answeredAt: 3500 }],
    ])("%s", async (_, answeredMs, { talks, answeredAt }) => {
      const out = { uniqueid: "1764000000.6", channel: "PJSIP/apex_sip-00000006", call: "ast1-1764000000.5" };
      decide(outbound(), null, noon, { slots: () => granted });
      elapsed = 5000;
      dial("begin", noon + 3500, out);
      dial("end", noon + 3500, out);
      hangup(noon + 3530, 16, out);
      hangup(noon + 3530, 16, { uniqueid: "1764000000.5", channel: "Local/1@dial-00000001;2" });
      watcher.settle(noon + 7000);
      const of = {
        channel: out.channel,
        uniqueid: out.uniqueid,
        asked: null,
        direction: "outbound",
      } as const;
      const times = { startedAt: noon - 3000, answeredAt: noon + answeredMs, endedAt: noon + 2600 };
      const news = row({ ...of, ...times, trunk: { name: "apex_sip", shared: false } });
      watcher.reported("ast1", [{ ...news, call: callIdOf("ast1", "1764000000.5") }], noon + 60_000);
      expect(await stored()).toMatchObject([
        { outcome: "answered", answeredAt: noon + answeredAt, billableSeconds: talks },
      ]);
    });

    test("leave_a_row_alone_that_tells_a_dialled_leg_its_diallers_answer", async () => {
      const out = { uniqueid: "1764000000.6", channel: "PJSIP/apex_sip-00000006", call: "ast1-1764000000.5" };
      decide(outbound(), null, noon, { slots: () => granted });
      dial("begin", noon + 4000, out);
      elapsed = 5000;
      dial("end", noon + 9000, out);
      hangup(noon + 29_000, 16, out);
      hangup(noon + 29_000, 16, { uniqueid: "1764000000.5", channel: "Local/1@dial-00000001;2" });
      watcher.settle(noon + 32_000);
      const trunk = { name: "apex_sip", shared: false };
      const leg = {
        channel: out.channel,
        uniqueid: out.uniqueid,
        trunk,
        asked: null,
        direction: "outbound",
      } as const;
      const news = row({ ...leg, startedAt: noon, answeredAt: noon + 500, endedAt: noon + 28_000 });
      watcher.reported("ast1", [{ ...news, call: callIdOf("ast1", "1764000000.5") }], noon + 60_000);
      expect(await stored()).toMatchObject([{ answeredAt: noon + 9000, billableSeconds: 19 }]);
    });
  });

  test("mend_one_that_was_closed_before_they_were_read", async () => {
    decide(inbound(), null, noon);
    watcher.lost("ast1", noon + 5000);
    watcher.booted("ast1", "2026-11-23 12:00:30", noon + 30_000);
    watcher.settle(noon + 40_000);
    expect(theOnly().outcome).toBe("unknown_end");
    watcher.reported("ast1", [row()], noon + 50_000);
    expect(await stored()).toMatchObject([{ outcome: "answered", billableSeconds: 21 }]);
  });

  test.each([
    ["before", noon - 500, noon],
    ["after", noon, noon - 500],
  ])("tell_of_an_unheard_answer_of_a_call_that_came_%s_the_connection_broke", async (_, came, broke) => {
    if (broke < came) watcher.lost("ast1", broke);
    decide(inbound(), null, came);
    if (broke > came) watcher.lost("ast1", broke);
    watcher.booted("ast1", BOOT, noon + 9000);
    hangup(noon + 21_400);
    watcher.settle(noon + 24_000);
    watcher.reported("ast1", [row()], noon + 50_000);
    expect(await stored()).toMatchObject([
      { outcome: "answered", answeredAt: noon + 1000, endedAt: noon + 21_400, billableSeconds: 21 },
    ]);
  });

  test.each([
    ["its_dialler_was_answered_by", noon + 1000],
    ["it_would_have_been_answered_at_after_its_end", noon + 30_000],
  ])("give_a_leg_no_answer_that_%s", async (_, answeredAt) => {
    const carrier = { uniqueid: "1764000000.7", channel: "PJSIP/pool_a-00000002" };
    const leg = { ...entry, channel: carrier.channel, uniqueid: carrier.uniqueid, asked: null } as const;
    decide(outbound(), null, noon + 1500);
    dial("begin", noon + 2000, { ...carrier, call: "ast1-1764000000.5" });
    watcher.lost("ast1", noon + 2500);
    hangup(noon + 9000, 16, { ...carrier, code: "apex" });
    hangup(noon + 9000, 16, { uniqueid: "1764000000.5", channel: "Local/1@dial-00000001;2" });
    watcher.settle(noon + 12_000);
    const told = { ...row({ ...leg, answeredAt, direction: "outbound" }), uniqueid: carrier.uniqueid };
    watcher.reported("ast1", [{ ...told, call: callIdOf("ast1", "1764000000.5") }], noon + 50_000);
    expect(await stored()).toMatchObject([{ answeredAt: null, billableSeconds: 0 }]);
  });

  test("end_no_leg_that_is_still_on", () => {
    decide(inbound(), null, noon);
    up(noon + 1000);
    // The phone was transferred away: the first row ends, the leg does not.
    watcher.reported("ast1", [row({ endedAt: noon + 9000 })], noon + 10_000);
    watcher.settle(noon + 20_000);
    expect(ended).toEqual([]);
    hangup(noon + 61_000);
    watcher.settle(noon + 64_000);
    expect(theOnly()).toMatchObject({ billableSeconds: 60, endedAt: noon + 61_000 });
  });

  test("make_the_record_of_a_call_that_nobody_saw", async () => {
    const first = { ...row({ endedAt: noon + 9000, asked: null }), call: null };
    watcher.reported("ast1", [first], noon + 60_000);
    expect(await stored()).toEqual([]);
    const last = row({ startedAt: noon + 9000, answeredAt: noon + 9000 });
    watcher.reported("ast1", [last], noon + 60_000);
    watcher.reported("ast1", [last], noon + 60_000);
    expect(await stored()).toMatchObject([
      { tenant: "apex", did: "+12125550101", startedAt: noon, billableSeconds: 21, outcome: "answered" },
    ]);
    expect(ended).toEqual([]);
  });

  test("complete_a_call_that_no_step_decided_and_of_which_only_the_end_was_heard", async () => {
    hangup(noon + 21_400, 0, { code: "apex", call: "ast1-1764000000.1", direction: "inbound" });
    watcher.settle(noon + 24_000);
    expect(theOnly()).toMatchObject({ tenant: "apex", answeredAt: null });
    watcher.reported("ast1", [row()], noon + 50_000);
    expect(await stored()).toMatchObject([
      { did: "+12125550101", startedAt: noon, billableSeconds: 21, outcome: "answered" },
    ]);
  });

  test("make_the_record_of_a_call_out_that_got_no_decision", async () => {
    const phone = { channel: "PJSIP/100-00000003", trunk: null, direction: "outbound" } as const;
    const asked = { did: null, caller: "14155550101", dialled: "2125550142" };
    const told = row({ ...phone, asked, answeredAt: null, endedAt: noon + 3000, cause: 42 });
    watcher.reported("ast1", [told], noon + 60_000);
    expect(await stored()).toMatchObject([
      { tenant: "apex", direction: "outbound", startedAt: noon, billableSeconds: 0, outcome: "failed" },
    ]);
  });

  test("tell_the_numbers_of_an_emergency_call_that_was_heard_whole", async () => {
    const stamped = { accountCode: "apex", sbCall: "ast1-1764000000.1", sbDirection: "outbound" };
    const leg = { ...stamped, uniqueid: "1764000000.2", channel: "PJSIP/pool_a-00000001", state: 5 };
    watcher.heard("ast1", { type: "new_channel", ...leg }, noon);
    watcher.heard("ast1", { type: "new_state", ...leg, state: 6 }, noon + 1000);
    watcher.heard("ast1", { type: "hangup", ...leg, cause: 16, sbMarks: null }, noon + 21_000);
    watcher.settle(noon + 24_000);
    const phone = { channel: "PJSIP/100-00000003", uniqueid: "1764000000.1", trunk: null } as const;
    const asked = { did: null, caller: "+12125550100", dialled: "911" };
    watcher.reported("ast1", [row({ ...phone, direction: "outbound", asked })], noon + 60_000);
    expect(await stored()).toMatchObject([
      { tenant: "apex", from: "+12125550100", to: "911", billableSeconds: 20, outcome: "answered" },
    ]);
  });

  test("change_nothing_of_a_call_that_was_heard_whole", async () => {
    decide(inbound(), null, noon);
    up(noon + 1000);
    hangup(noon + 11_000);
    watcher.settle(noon + 14_000);
    watcher.reported("ast1", [row({ endedAt: noon + 99_000 })], noon + 40_000);
    expect(await stored()).toMatchObject([{ billableSeconds: 10 }]);
  });
});

describe("a new process", () => {
  test("goes_on_with_the_calls_of_the_one_that_was_killed", async () => {
    decide(inbound(), null, noon);
    up(noon + 1000);
    await store.flush();
    const killed = store;
    startNode();
    expect(await watcher.restore(noon + 5000)).toBe(1);
    watcher.booted("ast1", BOOT, noon + 5000);
    hangup(noon + 11_000);
    watcher.settle(noon + 15_000);
    expect(theOnly()).toMatchObject({ did: "+12125550101", outcome: "answered", billableSeconds: 10 });
    await store.flush();
    expect(await store.openCalls()).toEqual([]);
    await killed.close();
  });

  test("joins_what_another_node_decided_with_the_end_that_alone_was_heard", async () => {
    const listener = { watcher, store };
    startNode({ hears: false, handsOver: true });
    decide(inbound(), null, noon);
    await store.flush();
    await store.close();
    ({ watcher, store } = listener);
    hangup(noon + 11_000, 16, { code: "apex", call: "ast1-1764000000.1", direction: "inbound" });
    watcher.settle(noon + 15_000);
    await store.flush();
    const records = await openRecords("sqlite:signalbox.db", folder);
    expect(await records.calls({})).toMatchObject([
      { did: "+12125550101", trunk: "pool_a", startedAt: noon, endedAt: noon + 11_000 },
    ]);
    await records.close();
  });

  test("follows_to_its_end_what_it_decided_should_the_listener_be_cut_from_the_switch", async () => {
    const listener = store;
    startNode({ hears: false, handsOver: true });
    decide(inbound(), null, noon);
    up(noon + 1000);
    hangup(noon + 11_000);
    watcher.settle(noon + 13_500);
    expect(ended).toEqual([]);
    watcher.settle(noon + 17_000);
    expect(theOnly()).toMatchObject({ did: "+12125550101", outcome: "answered", billableSeconds: 10 });
    await store.flush();
    const records = await openRecords("sqlite:signalbox.db", folder);
    expect(await records.calls({})).toMatchObject([{ did: "+12125550101", billableSeconds: 10 }]);
    await records.close();
    await listener.close();
  });

  test("goes_on_with_what_it_decided_for_another_listener_when_it_was_killed", async () => {
    const others = store;
    startNode({ hears: false, handsOver: true });
    decide(inbound(), null, noon);
    await store.flush();
    const killed = store;
    startNode({ hears: false, handsOver: true });
    expect(await watcher.restore(noon + 5000)).toBe(1);
    hangup(noon + 11_000);
    watcher.settle(noon + 17_000);
    expect(theOnly()).toMatchObject({ did: "+12125550101", endedAt: noon + 11_000 });
    await store.flush();
    expect(await store.openCalls()).toEqual([]);
    await killed.close();
    await others.close();
  });

  test("has_what_it_decided_in_the_store_before_the_call_ends", async () => {
    const listener = { watcher, store };
    startNode({ hears: false, handsOver: true });
    decide(inbound(), null, noon);
    up(noon + 1000);
    await store.flush();
    await store.close();
    ({ watcher, store } = listener);
    const marks = { code: "apex", call: "ast1-1764000000.1", direction: "inbound" };
    appear(noon, marks);
    hangup(noon + 11_000, 16, marks);
    watcher.settle(noon + 15_000);
    await store.flush();
    const records = await openRecords("sqlite:signalbox.db", folder);
    expect(await records.calls({})).toMatchObject([{ did: "+12125550101", endedAt: noon + 11_000 }]);
    await records.close();
  });

  test("records_a_call_out_that_a_node_refused_which_hears_no_switch", async () => {
    const listener = store;
    startNode({ hears: false, handsOver: true });
    expect(decide(outbound({ dialled: "2" }), null, noon).refusal).toMatchObject({ reason: "bad_number" });
    hangup(noon + 20, 16, { uniqueid: "1764000000.5", channel: "Local/1@dial-00000001;2" });
    watcher.settle(noon + 15_000);
    await store.flush();
    const records = await openRecords("sqlite:signalbox.db", folder);
    expect(await records.calls({})).toMatchObject([{ tenant: "apex", outcome: "refused", startedAt: noon }]);
    await records.close();
    await listener.close();
  });

  test("joins_what_a_node_that_hears_no_switch_knows_with_what_the_listener_heard", async () => {
    const listener = watcher;
    const listenersStore = store;
    startNode({ hears: false, handsOver: true });
    decide(inbound(), null, noon);
    await store.flush();
    await store.close();
    store = listenersStore;
    watcher = listener;
    const marks = { code: "apex", call: "ast1-1764000000.1", direction: "inbound" };
    appear(noon, marks);
    up(noon + 1000, marks);
    hangup(noon + 11_000, 16, marks);
    watcher.settle(noon + 15_000);
    await store.flush();
    const records = await openRecords("sqlite:signalbox.db", folder);
    expect(await records.calls({})).toMatchObject([
      { did: "+12125550101", billableSeconds: 10, outcome: "answered" },
    ]);
    await records.close();
  });
});

describe("calls on a switch that another node has come to listen to", () => {
  const eyesOf = (boot: string, uniqueids: readonly string[]) => ({
    boot: async () => boot,
    list: async () => ({
      channels: listed(...uniqueids),
      complete: true,
    }),
  });
  const lookTwice = async (eyes: ReturnType<typeof eyesOf>) => {
    const looks = new RecordLooks({ watcher, eyes, hears: () => false, log });
    await looks.look();
    await looks.look();
    watcher.settle(Date.now() + 10_000);
  };

  test("end_with_the_boot_they_were_on", async () => {
    decide(inbound(), null, noon);
    await lookTwice(eyesOf("2026-11-23 12:00:30", []));
    expect(theOnly()).toMatchObject({ outcome: "unknown_end", boot: BOOT });
  });

  test("end_when_two_looks_omit_them", async () => {
    decide(inbound(), null, noon);
    await lookTwice(eyesOf(BOOT, []));
    expect(theOnly().outcome).toBe("unknown_end");
  });

  test("go_on_while_they_are_listed", async () => {
    decide(inbound(), null, noon);
    await lookTwice(eyesOf(BOOT, ["1764000000.1"]));
    expect(ended).toEqual([]);
    expect([...watcher.servers()]).toEqual([["ast1", { doubted: false }]]);
  });
});

describe("a call that two nodes follow", () => {
  const marks = { code: "apex", call: "ast1-1764000000.1", direction: "inbound" };
  /** The phone that asked, and its leg out. */
  const phone = { uniqueid: "1764000000.5", channel: "PJSIP/100-00000005" };
  const out = {
    direction: "outbound",
    code: "apex",
    ...{ uniqueid: "1764000000.6", channel: "PJSIP/apex_sip-00000006" },
    call: "ast1-1764000000.5",
  };
  const begun = { slots: () => granted };
  let listener: RecordWatcher;

  /** What follows happens on the node that does not listen, or on the one that does; both tell one store. */
  const onOther = (act: () => void) => on(watcher, act);
  const onListener = (act: () => void) => on(listener, act);
  const onBoth = (act: () => void) => {
    for (const each of [listener, watcher]) on(each, act);
  };

  function on(node: RecordWatcher, act: () => void): void {
    const kept = watcher;
    watcher = node;
    act();
    watcher = kept;
  }

  function other(options: { handsOver?: boolean } = {}): RecordWatcher {
    const clock = () => {
      const byMs = clockStep;
      clockStep = 0;
      return byMs;
    };
    return new RecordWatcher({
      ...{ store, snapshot: () => snapshot, log, clockStep: clock, onEnd: (record) => ended.push(record) },
      hears: () => false,
      handsOver: () => options.handsOver ?? true,
    });
  }

  beforeEach(() => {
    listener = watcher;
    watcher = other();
  });

  async function stored(): Promise<CallRecord> {
    await store.flush();
    const records = await openRecords("sqlite:signalbox.db", folder);
    const listed = await records.calls({});
    const found = await records.call(listed[0]?.call ?? "");
    const { calls } = await records.usage({ tenant: "apex", from: "2026-11-01", to: "2026-12-01" });
    await records.close();
    expect(listed).toHaveLength(1);
    const record = found?.record as CallRecord;
    expect(calls).toMatchObject([{ calls: 1, outcome: record.outcome }]);
    return record;
  }

  test("has_the_listeners_end_when_the_node_that_decided_it_was_away", async () => {
    onOther(() => decide(outbound(phone), null, noon, begun));
    onBoth(() => dial("begin", noon + 100, out));
    onBoth(() => dial("end", noon + 5000, out));
    onOther(() => watcher.lost("ast1", noon + 20_000));
    onListener(() => hangup(noon + 30_000, 16, out));
    onListener(() => hangup(noon + 30_001, 16, { ...phone, call: "ast1-1764000000.5" }));
    onListener(() => watcher.settle(noon + 33_000));
    for (const at of [noon + 40_000, noon + 50_000]) onOther(() => watcher.swept("ast1", [], at));
    onOther(() => watcher.settle(noon + 56_000));
    expect(await stored()).toMatchObject({
      outcome: "answered",
      billableSeconds: 25,
      endedAt: noon + 30_001,
      legs: [{ cause: 16 }],
    });
  });

  test("that_the_listener_alone_heard_end_needs_no_end_of_the_phone_that_asked", async () => {
    onOther(() => decide(outbound(phone), null, noon, begun));
    onBoth(() => dial("begin", noon + 100, out));
    onBoth(() => dial("end", noon + 5000, out));
    onOther(() => watcher.lost("ast1", noon + 20_000));
    onListener(() => hangup(noon + 30_000, 16, out));
    onListener(() => watcher.settle(noon + 33_000));
    for (const at of [noon + 40_000, noon + 50_000]) onOther(() => watcher.swept("ast1", [], at));
    onOther(() => watcher.settle(noon + 56_000));
    expect(await stored()).toMatchObject({ outcome: "answered", billableSeconds: 25 });
  });

  test("is_lost_when_neither_heard_its_end", async () => {
    onOther(() => decide(outbound(phone), null, noon, begun));
    onBoth(() => dial("begin", noon + 100, out));
    onBoth(() => dial("end", noon + 5000, out));
    onBoth(() => watcher.lost("ast1", noon + 20_000));
    for (const at of [noon + 40_000, noon + 50_000]) onBoth(() => watcher.swept("ast1", [], at));
    onBoth(() => watcher.settle(noon + 56_000));
    expect(await stored()).toMatchObject({ outcome: "unknown_end", billableSeconds: 15 });
  });

  test.each([-3_600_000, -2000, 2000, 3_600_000])(
    "has_the_listeners_seconds_when_the_others_clock_is_%i_ms_ahead_and_it_came_late",
    async (aheadMs) => {
      onListener(() => appear(noon));
      onListener(() => decide(inbound({ dialled: "+12125550100" }), null, noon));
      onListener(() => up(noon + 1000, marks));
      // A step of it comes to the other node after what was said of the leg has been forgotten there.
      onOther(() => decide(inbound({ dialled: "+12125550100" }), null, noon + aheadMs + 70_000));
      onListener(() => hangup(noon + 91_000, 16, marks));
      onOther(() => hangup(noon + aheadMs + 91_000, 16, marks));
      onListener(() => watcher.settle(noon + 94_000));
      onOther(() => watcher.settle(noon + aheadMs + 97_000));
      const { legs, billableSeconds, startedAt, endedAt } = await stored();
      expect({ billableSeconds, legs }).toMatchObject({
        billableSeconds: 90,
        legs: [{ startedAt: noon, answeredAt: noon + 1000, endedAt: noon + 91_000 }],
      });
      expect(endedAt).toBeGreaterThanOrEqual(startedAt);
    },
  );

  test.each([-3_600_000, 3_600_000])("has_each_step_once_when_the_clock_is_set_by_%i_ms", async (byMs) => {
    onOther(() => decide(inbound(), null, noon));
    onOther(() => up(noon + 1000));
    clockStep = byMs;
    onOther(() => hangup(noon + byMs + 11_000));
    onOther(() => watcher.settle(noon + byMs + 17_000));
    const { facts, billableSeconds, startedAt } = await stored();
    expect({ steps: facts.steps.length, billableSeconds, startedAt }).toEqual({
      steps: 1,
      billableSeconds: 10,
      startedAt: noon,
    });
  });

  test("that_nobody_here_can_look_for_is_closed_late_and_mended_by_whoever_heard_its_end", async () => {
    onBoth(() => appear(noon, marks));
    onBoth(() => up(noon + 1000, marks));
    onOther(() => decide(inbound(), null, noon + 1500));
    onOther(() => watcher.settle(noon + 59 * 60_000));
    expect(ended).toEqual([]);
    onOther(() => watcher.settle(noon + 61 * 60_000));
    expect(theOnly()).toMatchObject({ outcome: "unknown_end" });
    expect(await stored()).toMatchObject({ outcome: "unknown_end" });
    onListener(() => hangup(noon + 7_201_000, 16, marks));
    onListener(() => watcher.settle(noon + 7_205_000));
    expect(await stored()).toMatchObject({ outcome: "answered", billableSeconds: 7200 });
    expect(await store.openCalls()).toEqual([]);
  });

  test("has_its_steps_in_the_store_soon_after_another_came_to_listen", async () => {
    const listened = { handsOver: false };
    const cut = new RecordWatcher({
      ...{ store, snapshot: () => snapshot, log },
      hears: () => !listened.handsOver,
      handsOver: () => listened.handsOver,
    });
    on(cut, () => decide(inbound(), null, noon));
    on(cut, () => watcher.lost("ast1", noon + 5000));
    listened.handsOver = true;
    on(cut, () => watcher.settle(noon + 16_000));
    on(cut, () => watcher.settle(noon + 26_000));
    await store.flush();
    const records = await openRecords("sqlite:signalbox.db", folder);
    expect(await records.calls({})).toEqual([]);
    expect((await records.call("ast1-1764000000.1"))?.record.did).toBe("+12125550101");
    await records.close();
    expect(await store.openCalls()).toHaveLength(1);
  });

  test("that_was_closed_as_it_stood_is_mended_by_its_end_also_where_it_was_closed", async () => {
    let hears = false;
    watcher = new RecordWatcher({
      ...{ store, snapshot: () => snapshot, log, onEnd: (record) => ended.push(record) },
      hears: () => hears,
    });
    onOther(() => appear(noon, marks));
    onOther(() => up(noon + 1000, marks));
    onOther(() => decide(inbound(), null, noon + 1500));
    onOther(() => watcher.settle(noon + 16 * 60_000));
    expect(theOnly().outcome).toBe("unknown_end");
    hears = true;
    onOther(() => hangup(noon + 3_601_000, 16, marks));
    onOther(() => watcher.settle(noon + 3_605_000));
    expect(await stored()).toMatchObject({ outcome: "answered", billableSeconds: 3600 });
  });
});

test("a call that another node should end is closed when nothing is heard of it", async () => {
  decide(inbound(), null, noon);
  await store.flush();
  await store.close();
  startNode({ hears: false });
  await watcher.restore(noon + 1000);
  watcher.settle(noon + 10 * 60_000);
  expect(ended).toHaveLength(0);
  watcher.settle(noon + 16 * 60_000);
  expect(theOnly()).toMatchObject({ outcome: "unknown_end", endedAt: noon });
});

test("more calls than the bound close the oldest as it stands", async () => {
  watcher = new RecordWatcher({
    store,
    snapshot: () => snapshot,
    log,
    most: 3,
    onEnd: (it) => ended.push(it),
  });
  for (let number = 1; number <= 5; number++) {
    decide(inbound({ uniqueid: `1764000000.${number}` }), null, noon + number, { slots: () => granted });
  }
  expect(watcher.size).toBe(3);
  expect(ended.map(({ call, outcome }) => [call, outcome])).toEqual([
    ["ast1-1764000000.1", "unknown_end"],
    ["ast1-1764000000.2", "unknown_end"],
  ]);
});
