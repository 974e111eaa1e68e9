import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { UsageRows } from "../../src/calls/record-port.ts";
import { foldHeld } from "../../src/core/record/held.ts";
import { sharesOf } from "../../src/core/record/usage.ts";
import { monthIn } from "../../src/reports/month.ts";
import { type Use, usageReport } from "../../src/reports/usage.ts";
import { at } from "../builders.ts";
import { outboundCall, stampedCall } from "../record-builders.ts";

const zone = "America/New_York";

/** A call somewhere around a November with its change of clocks, of any length, in or out, on any trunk. */
const someCall = fc
  .record({
    number: fc.integer({ min: 1, max: 1_000_000 }),
    startedAt: fc.integer({ min: at("2026-10-30T00:00:00Z"), max: at("2026-12-03T00:00:00Z") }),
    talkMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 7_200_000 })),
    trunk: fc.constantFrom({ name: "apex_sip", shared: false }, { name: "pool_a", shared: true }),
    did: fc.constantFrom("+12125550100", "+12125550101"),
    campaign: fc.constantFrom("SALES", "SURVEY", null),
    out: fc.boolean(),
  })
  .map(({ number, startedAt, talkMs, trunk, did, campaign, out }) => {
    const written = { number, startedAt, talkMs, leg: { trunk } };
    const step = campaign === null ? {} : { campaign };
    return out ? outboundCall({ ...written, step }) : stampedCall({ ...written, step: { did } });
  });

const nothingHeld = foldHeld({ first: 0, end: 0, levelBefore: 0, boundBefore: 0 }, []);
const november = monthIn("2026-11", zone);

function rowsOf(calls: readonly ReturnType<typeof stampedCall>[]): UsageRows {
  const shares = calls.map(sharesOf);
  const inMonth = (row: { day: string }) => row.day >= "2026-11-01" && row.day < "2026-12-01";
  return {
    calls: shares.map(({ call }) => call).filter(inMonth),
    legs: shares.flatMap(({ legs }) => legs).filter(inMonth),
    campaigns: shares.flatMap(({ campaigns }) => campaigns).filter(inMonth),
  };
}

function total(uses: readonly Use[]): Use {
  const sum = { legs: 0, answered: 0, seconds: 0, billedSeconds: 0 };
  for (const use of uses) {
    sum.legs += use.legs;
    sum.answered += use.answered;
    sum.seconds += use.seconds;
    sum.billedSeconds += use.billedSeconds;
  }
  return sum;
}

describe("a month's use", () => {
  test("adds_up_to_the_same_by_day_number_and_trunk", () => {
    const increment = fc.constantFrom("6/6", "30/6", "60/60");
    fc.assert(
      fc.property(fc.array(someCall, { maxLength: 40 }), increment, (calls, name) => {
        if (november === null) throw new Error("no month");
        const report = usageReport({
          tenant: "apex",
          month: november,
          billing: { usual: name, byTrunk: new Map() },
          limits: { channels: null, reserved: 0 },
          rows: rowsOf(calls),
          held: { all: nothingHeld, pool: nothingHeld },
          recorded: [],
        });
        const whole = total([report.inbound, report.outbound]);
        const plain = ({ legs, answered, seconds, billedSeconds }: Use): Use => ({
          legs,
          answered,
          seconds,
          billedSeconds,
        });
        expect(total([report.dedicated, report.overflow])).toEqual(whole);
        expect(total(report.byDay)).toEqual(whole);
        expect(total(report.byTrunk)).toEqual(whole);
        expect(total(report.inboundByDid)).toEqual(plain(report.inbound));
        expect(total(report.inboundByIngroup)).toEqual(plain(report.inbound));
        expect(total(report.outboundByTrunk)).toEqual(plain(report.outbound));
        expect(total(report.outboundByCampaign)).toEqual(plain(report.outbound));
        expect(report.byDay.reduce((sum, day) => sum + day.calls, 0)).toBe(report.calls.total);
        expect(report.calls.inbound + report.calls.outbound).toBe(report.calls.total);
      }),
    );
  });

  test("takes_the_calls_that_began_in_it_on_the_clients_clock_and_no_others", () => {
    fc.assert(
      fc.property(fc.array(someCall, { maxLength: 40 }), (calls) => {
        if (november === null) throw new Error("no month");
        const began = calls.filter(
          ({ startedAt }) => startedAt >= november.from && startedAt < november.to,
        ).length;
        expect(rowsOf(calls).calls).toHaveLength(began);
      }),
    );
  });

  test("a_month_with_a_change_of_clocks_is_an_hour_longer", () => {
    expect(november && november.to - november.from).toBe((30 * 24 + 1) * 3_600_000);
    expect(monthIn("2026-13", zone)).toBeNull();
  });
});
