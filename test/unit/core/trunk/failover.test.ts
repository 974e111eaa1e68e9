import { expect, test } from "vitest";
import {
  carrierFailed,
  endCause,
  goesOn,
  networkCauses,
  wasSilent,
} from "../../../../src/core/trunk/failover.ts";

/** What Dial() said of carriers that answered so: Asterisk 22.10.1 and 16.28.0 with chan_pjsip, where not said. */
test.each<[string, string, number | null, number, boolean]>([
  ["302_refused_by_option_i", "BUSY", null, 0, true],
  ["403", "CHANUNAVAIL", 21, 0, false],
  ["404", "CHANUNAVAIL", 1, 0, false],
  ["408_at_once", "CHANUNAVAIL", 18, 100, true],
  ["480", "NOANSWER", 19, 0, false],
  ["480_on_chan_sip", "BUSY", 19, 0, false],
  ["484", "CHANUNAVAIL", 28, 0, false],
  ["486", "BUSY", 17, 0, false],
  ["488", "CHANUNAVAIL", 58, 0, true],
  ["500", "CHANUNAVAIL", 38, 0, true],
  ["500_on_chan_sip", "CONGESTION", 38, 0, true],
  ["502", "CHANUNAVAIL", 27, 0, true],
  ["503", "CONGESTION", 34, 0, true],
  ["504", "CHANUNAVAIL", 102, 0, true],
  ["603", "CHANUNAVAIL", 21, 0, false],
  ["dead_or_silent", "CHANUNAVAIL", 18, 32_500, true],
  ["408_after_a_long_ringing", "CHANUNAVAIL", 18, 60_000, false],
  ["a_trunk_without_a_contact", "CHANUNAVAIL", 3, 0, true],
  ["a_trunk_without_a_contact_on_chan_sip", "CHANUNAVAIL", 20, 0, true],
  ["100_and_nothing_more", "NOANSWER", null, 45_000, false],
  ["the_caller_hung_up", "CANCEL", null, 5_000, false],
])("%s", (_, status, cause, lastedMs, next) => {
  expect(goesOn({ status, cause, lastedMs }, networkCauses)).toBe(next);
});

test.each<[string, string, number | null, boolean]>([
  ["the_time_to_ring_is_over_and_nothing_rang", "NOANSWER", null, true],
  ["the_switch_gives_up_a_silent_carrier", "CHANUNAVAIL", null, true],
  ["480_without_ringing", "NOANSWER", 19, false],
  ["404_without_ringing", "CHANUNAVAIL", 1, false],
  ["486_without_ringing", "BUSY", 17, false],
  ["402_without_ringing", "CHANUNAVAIL", 127, true],
  ["the_caller_hung_up", "CANCEL", null, false],
])("silent_%s", (_, status, cause, next) => {
  expect(goesOn({ status, cause, silent: true, lastedMs: 6000 }, networkCauses)).toBe(next);
});

test.each<[string, string, number | null]>([
  ["408_of_a_proxy_that_waited_for_an_answer", "CHANUNAVAIL", 18],
  ["487_of_a_carrier", "CHANUNAVAIL", 127],
])("rang_%s_rings_nobody_again", (_, status, cause) => {
  const end = { status, cause, silent: false, lastedMs: 30_000 };
  expect(goesOn(end, networkCauses)).toBe(false);
  expect(wasSilent(end)).toBe(false);
});

test("402_is_no_failure_where_nobody_can_tell_whether_it_rang", () =>
  expect(goesOn({ status: "CHANUNAVAIL", cause: 127, lastedMs: 100 }, networkCauses)).toBe(false));

test("a_carrier_that_sends_a_call_elsewhere_is_well", () => {
  expect(carrierFailed({ status: "BUSY", cause: null, lastedMs: 0 }, networkCauses)).toBe(false);
});

test("silent_is_what_the_caller_sat_through", () => {
  expect(wasSilent({ status: "CHANUNAVAIL", cause: 18, lastedMs: 32_500 })).toBe(true);
  expect(wasSilent({ status: "CHANUNAVAIL", cause: 18, lastedMs: 100 })).toBe(false);
  expect(wasSilent({ status: "CONGESTION", cause: 34, lastedMs: 32_500 })).toBe(false);
});

test("no_cause_ever_becomes_34", () => {
  for (let cause = 0; cause <= 200; cause++) expect(endCause({ status: "CONGESTION", cause })).not.toBe(34);
  expect(endCause({ status: "CONGESTION", cause: null })).toBe(42);
  expect(endCause({ status: "BUSY", cause: null })).toBe(17);
  expect(endCause({ status: "NOANSWER", cause: null })).toBe(19);
});
