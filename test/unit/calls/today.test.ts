import { expect, test } from "vitest";
import type { DecidedStep } from "../../../src/calls/ports.ts";
import { TodayBook } from "../../../src/calls/today.ts";
import { at, snapshotWith, tenantId } from "../../builders.ts";

const snapshot = snapshotWith({ tenants: { apex: { timezone: "America/New_York" } } });
const lastMinute = at("2026-11-23T23:59:59-05:00");
const midnight = at("2026-11-24T00:00:00-05:00");

const counts = (total: number) => ({
  tenants: new Map([["apex", { total, inbound: total, outbound: 0, pool: 0 }]]),
  trunks: new Map(),
});

/** A step of apex as the book reads it. */
function step(now: number, refused: boolean): DecidedStep {
  const refusal = refused ? { reason: "tenant_full", says: "full" } : null;
  const read = { at: now, decision: { refusal, stamp: { tenant: tenantId("apex") }, state: null } };
  return read as unknown as DecidedStep;
}

test("refusals_count_and_other_calls_do_not", () => {
  const book = new TodayBook(() => snapshot);
  book.decided(step(lastMinute, true));
  book.decided(step(lastMinute, false));
  expect(book.of("apex", lastMinute)).toMatchObject({ refused: 1 });
});

test("the_peak_is_the_highest_of_the_readings", () => {
  const book = new TodayBook(() => snapshot);
  for (const total of [3, 7, 5]) book.saw(counts(total), lastMinute);
  expect(book.of("apex", lastMinute)).toMatchObject({ peak: 7 });
});

test("a_day_ends_at_the_client's_own_midnight", () => {
  const book = new TodayBook(() => snapshot);
  book.decided(step(lastMinute, true));
  book.saw(counts(7), lastMinute);
  expect(book.of("apex", lastMinute)).toEqual({ refused: 1, peak: 7 });
  expect(book.of("apex", midnight)).toEqual({ refused: 0, peak: 0 });
});

test("a_client_that_nobody_has_heard_of_has_had_nothing", () => {
  expect(new TodayBook(() => snapshot).of("green", midnight)).toEqual({ refused: 0, peak: 0 });
});

test("one_that_is_not_configured_any_more_counts_by_universal_time", () => {
  const book = new TodayBook(() => snapshotWith());
  book.saw(counts(2), at("2026-11-23T23:59:59Z"));
  expect(book.of("apex", at("2026-11-24T00:00:00Z")).peak).toBe(0);
});
