import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { callerOf, NUMBERS, PEOPLE } from "../../../load/run/floor-configuration.ts";
import { Placed, slackOf } from "../../../load/run/placed.ts";
import { Seen } from "../../../load/run/seen.ts";
import { type Channel, wrongStamps } from "../../../load/run/stamps.ts";
import { wrongVoices } from "../../../load/run/voices.ts";
import { clientOf } from "../../../load/run/whose.ts";
import type { StoredCall } from "../../../src/calls/record-port.ts";

const noon = Date.UTC(2026, 10, 23, 12);

const SLACK = slackOf({ calm: true });

const record = (more: Partial<StoredCall> = {}): StoredCall => ({
  ...{ call: "ast1-1.1", tenant: "apex", direction: "inbound", server: "ast1", did: NUMBERS.direct },
  ...{ from: "14155551", to: NUMBERS.direct, trunk: "apex_sip", outcome: "answered", reason: null },
  ...{ startedAt: noon, answeredAt: noon + 20, endedAt: noon + 3000, billableSeconds: 3, recording: null },
  ...more,
});

const placed = (): Placed => {
  const all = new Placed();
  all.add("apex", { calls: 1, answered: 1 }, { from: noon - 200, to: noon + 3100 });
  return all;
};

test("records_that_tell_what_was_placed_are_right", () => {
  expect(placed().wrong([record()], SLACK)).toEqual([]);
});

test.each([
  ["another_client", [record({ tenant: "bravo" })], "recorded as bravo's and is apex's"],
  ["nobody", [record({ tenant: null })], "recorded as nobody's and is apex's"],
  [
    "a_client_on_anothers_trunk",
    [record({ direction: "outbound", trunk: "t_busy", did: null })],
    "is c_busy's",
  ],
  ["a_call_too_many", [record(), record({ call: "ast1-1.2" })], "2 of 1 calls of apex"],
  ["a_call_too_few", [], "0 of 1 calls of apex"],
  ["an_answer_that_is_missing", [record({ answeredAt: null })], "0 of 1 answers of apex"],
  ["an_end_that_is_minutes_late", [record({ endedAt: noon + 183_000 })], "when nobody called"],
  ["a_beginning_that_is_minutes_early", [record({ startedAt: noon - 120_000 })], "when nobody called"],
])("records_with_%s_are_wrong", (_, records, why) => {
  expect(placed().wrong(records, SLACK).join("; ")).toContain(why);
});

test("where_the_clock_was_set_a_record_may_be_an_hour_off", () => {
  const back = record({
    startedAt: noon - 3_600_000,
    answeredAt: noon - 3_599_980,
    endedAt: noon - 3_597_000,
  });
  expect(placed().wrong([back], SLACK)).not.toEqual([]);
  expect(placed().wrong([back], slackOf({ ownClock: true }))).toEqual([]);
});

test("a_call_that_was_taken_back_before_its_first_step_may_be_missing_and_none_may_be_too_many", () => {
  const all = placed();
  all.add("apex", { calls: 1, fleeting: 1, answered: 0 }, { from: noon, to: noon + 100 });
  const gone = record({ call: "ast1-1.2", answeredAt: null, endedAt: noon + 10 });
  expect(all.wrong([record()], SLACK)).toEqual([]);
  expect(all.wrong([record(), gone], SLACK)).toEqual([]);
  expect(all.wrong([record(), gone, { ...gone, call: "ast1-1.3" }], SLACK)).not.toEqual([]);
});

test("where_calls_cannot_be_counted_or_a_client_is_in_doubt_the_others_are_still_looked_at", () => {
  const all = placed();
  all.doubt("apex");
  expect(all.wrong([record({ tenant: "renamed" })], SLACK)).toEqual([]);
  const out = { direction: "outbound", did: null, trunk: null, endedAt: noon + 99_000 } as const;
  expect(all.wrong([record({ ...out, tenant: null }), record({ ...out, tenant: "renamed" })], SLACK)).toEqual(
    [],
  );
  const lost = placed();
  lost.loseCount();
  expect(lost.wrong([], SLACK)).toEqual([]);
  expect(lost.wrong([record({ tenant: "bravo" })], SLACK)).not.toEqual([]);
});

test("a_call_is_of_the_client_whose_number_is_dialled_or_whose_phone_dials", () => {
  expect(clientOf(NUMBERS.capped, PEOPLE.pool)).toBe("bravo");
  expect(clientOf(NUMBERS.nobodys, PEOPLE.apex)).toBe("nobody");
  expect(clientOf("14155557777", callerOf("busy").ip)).toBe("c_busy");
});

const right = { SB_TENANT: "apex", SB_CALL: "ast1-1.1", SB_DIRECTION: "inbound", SB_DID: NUMBERS.direct };

const leg = (more: Partial<Channel> = {}, marks: Record<string, string> = {}): Channel => ({
  ...{ uniqueid: "1.1", linkedid: "1.1", channel: "PJSIP/apex_sip-00000001", trunk: "apex_sip" },
  ...{ dialled: NUMBERS.direct, isUp: true, account: "apex" },
  marks: new Map(Object.entries({ ...right, ...marks })),
  ...more,
});

const NONE: ReadonlySet<string> = new Set();

test("a_leg_that_came_in_is_stamped_with_its_own_call", () => {
  expect(wrongStamps([leg()], NONE)).toEqual([]);
  for (const [name, value] of Object.entries({ SB_TENANT: "", SB_CALL: "ast1-1.2", SB_DIRECTION: "x" })) {
    expect(wrongStamps([leg({}, { [name]: value })], NONE)).toEqual([
      `PJSIP/apex_sip-00000001: ${name} is "${value}" and not ${right[name as keyof typeof right]}`,
    ]);
  }
  expect(wrongStamps([leg({ account: "bravo" })], NONE).join()).toContain('"bravo" and not apex');
  expect(wrongStamps([leg({ account: "", isUp: false })], NONE)).toEqual([]);
  expect(wrongStamps([leg({ account: "bravo" })], new Set(["apex"]))).toEqual([]);
});

test("a_leg_that_was_dialled_is_stamped_with_the_call_of_who_dialled", () => {
  const phone = leg({
    channel: `PJSIP/${callerOf("busy").name}-00000002`,
    trunk: "",
    dialled: "14155557777",
  });
  const out = { uniqueid: "1.2", channel: "PJSIP/pool_a-00000003", trunk: "pool_a", account: "c_busy" };
  const marks = { SB_TENANT: "c_busy", SB_DIRECTION: "outbound" };
  expect(wrongStamps([phone, leg(out, marks)], NONE)).toEqual([]);
  expect(wrongStamps([phone, leg(out)], NONE)).toHaveLength(2);
  expect(wrongStamps([leg(), leg({ ...out, account: "apex" }, { SB_DIRECTION: "outbound" })], NONE)).toEqual(
    [],
  );
});

const nothing = { stamps: [], uncounted: [], ended: [], adopted: [] };

test("what_one_look_finds_is_believed_when_the_next_ones_find_it_too", () => {
  const seen = new Seen(true);
  seen.note({ ...nothing, stamps: ["a"], ended: ["1.1"] }, 0);
  seen.note({ ...nothing, stamps: ["b"], ended: ["1.1"] }, 2000);
  expect(seen.wrong).toEqual([]);
  seen.note({ ...nothing, stamps: ["b"], ended: ["1.1"] }, 4000);
  expect(seen.wrong).toEqual(["stamp: b", "store = switch: 1.1 had ended and was counted for 4 s"]);
});

test("where_a_part_fails_a_slot_may_come_and_go_late_and_a_stamp_may_not_be_wrong", () => {
  const seen = new Seen(false);
  for (const at of [0, 5000, 10_000])
    seen.note({ stamps: ["a"], uncounted: ["1.1"], ended: ["1.2"], adopted: ["1.3"] }, at);
  expect(seen.wrong).toEqual(["stamp: a"]);
});

test("a_recording_is_in_its_own_clients_folder_and_as_long_as_its_call", () => {
  const folder = mkdtempSync(join(tmpdir(), "sb-voices-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const keep = (file: string, bytes: number) => {
    mkdirSync(join(folder, file, ".."), { recursive: true });
    writeFileSync(join(folder, file), Buffer.alloc(bytes));
  };
  const own = "apex/2026/11/23/ast1-1.1.wav";
  const wrong = (recording: string) => wrongVoices([record({ recording })], folder, true).join();
  keep(own, 48_000);
  expect(wrong(own)).toBe("");
  expect(wrongVoices([record({ recording: own, tenant: "bravo" })], folder, true).join()).toContain(
    "of bravo",
  );
  expect(wrong("apex/2026/11/23/ast1-1.2.wav")).toContain("is that of ast1-1.1");
  keep("bravo/2026/11/23/ast1-1.9.wav", 48_000);
  expect(wrong(own)).toContain("ast1-1.9.wav is no call's");
  rmSync(join(folder, "bravo"), { recursive: true });
  keep(own, 44);
  expect(wrong(own)).toContain("44 bytes of 3 s");
  rmSync(join(folder, own));
  expect(wrong(own)).toContain("is not there");
});
