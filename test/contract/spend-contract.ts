import { describe, expect, test } from "vitest";
import type { SpendLedger } from "../../src/calls/spend-port.ts";
import type { SpendRequest } from "../../src/core/callflow/commands.ts";
import type { CallId } from "../../src/core/tenant/stamp.ts";
import { tenantId } from "../builders.ts";

const id = (text: string) => text as CallId;
let serial = 0;

/** What every spend ledger must do. `open` gives one with nothing counted for the tenants that it is asked for. */
export function spendContract(name: string, open: () => Promise<SpendLedger>): void {
  /** A request of a tenant that no other test uses, so that stored ledgers need no clearing. */
  function requests(limits: SpendRequest["limits"]): (call: string, day?: string) => SpendRequest {
    const tenant = tenantId(`t${process.pid % 100_000}-${++serial}`);
    return (call, day = "2026-11-23") => ({
      call: id(`${tenant}-${call}`),
      placing: 1,
      tenant,
      day,
      limits,
      whenUnreachable: "refuse",
    });
  }
  const day = { prefix: "", callsPerDay: 2, minutesPerDay: null };

  describe(`spend ledger: ${name}`, () => {
    test("counts_calls_up_to_the_limit", async () => {
      const ledger = await open();
      const request = requests([day]);
      expect(await ledger.begin(request("1"))).toEqual({ within: true });
      expect(await ledger.begin(request("2"))).toEqual({ within: true });
      expect(await ledger.begin(request("3"))).toEqual({ within: false, prefix: "", limit: "calls" });
    });

    test("counts_a_call_once_however_often_it_asks", async () => {
      const ledger = await open();
      const request = requests([day]);
      for (let turn = 0; turn < 5; turn++) expect(await ledger.begin(request("1"))).toEqual({ within: true });
      expect(await ledger.begin(request("2"))).toEqual({ within: true });
    });

    test("counts_each_number_of_a_call_once_under_its_own_prefixes", async () => {
      const ledger = await open();
      const to = (prefix: string) => ({ prefix, callsPerDay: 1, minutesPerDay: null });
      const dial = (call: string, placing: number, prefix: string) =>
        ledger.begin({ ...request(call), placing, limits: [{ ...day, callsPerDay: 4 }, to(prefix)] });
      const request = requests([]);
      expect(await dial("1", 2, "+1646")).toEqual({ within: true });
      for (let turn = 0; turn < 3; turn++) expect(await dial("1", 3, "+44")).toEqual({ within: true });
      expect(await dial("1", 2, "+1646")).toEqual({ within: true });
      expect(await dial("1", 4, "+44")).toEqual({ within: false, prefix: "+44", limit: "calls" });
      expect(await dial("2", 1, "+44")).toEqual({ within: false, prefix: "+44", limit: "calls" });
      expect(await dial("1", 4, "+49")).toEqual({ within: true });
      expect(await dial("2", 1, "+33")).toEqual({ within: true });
      expect(await dial("3", 1, "+39")).toEqual({ within: false, prefix: "", limit: "calls" });
    });

    test("never_counts_past_the_limit_under_concurrency", async () => {
      const ledger = await open();
      const request = requests([{ prefix: "", callsPerDay: 10, minutesPerDay: null }]);
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, index) => ledger.begin(request(String(index)))),
      );
      expect(answers.filter(({ within }) => within)).toHaveLength(10);
    });

    test("a_new_day_begins_at_nothing", async () => {
      const ledger = await open();
      const request = requests([{ ...day, callsPerDay: 1 }]);
      await ledger.begin(request("1"));
      expect((await ledger.begin(request("2"))).within).toBe(false);
      expect((await ledger.begin(request("2", "2026-11-24"))).within).toBe(true);
    });

    test("counts_under_all_limits_or_none", async () => {
      const ledger = await open();
      const narrow = { prefix: "+1646", callsPerDay: 1, minutesPerDay: null };
      const request = requests([day, narrow]);
      await ledger.begin(request("1"));
      expect(await ledger.begin(request("2"))).toEqual({ within: false, prefix: "+1646", limit: "calls" });
      expect((await ledger.begin({ ...request("3"), limits: [day] })).within).toBe(true);
    });

    test("minutes_are_those_of_calls_that_are_over", async () => {
      const ledger = await open();
      const request = requests([{ prefix: "", callsPerDay: null, minutesPerDay: 2 }]);
      await ledger.begin(request("1"));
      await ledger.ended(request("1").call, 119);
      expect((await ledger.begin(request("2"))).within).toBe(true);
      await ledger.ended(request("2").call, 1);
      expect(await ledger.begin(request("3"))).toEqual({ within: false, prefix: "", limit: "minutes" });
    });

    test("minutes_are_those_of_the_number_that_was_dialled_last", async () => {
      const ledger = await open();
      const to = (prefix: string) => [{ prefix, callsPerDay: null, minutesPerDay: 1 }];
      const request = requests([]);
      const first = { ...request("1"), limits: to("+1646") };
      await ledger.begin(first);
      const second = { ...request("1", "2026-11-24"), placing: 2, limits: to("+44") };
      expect((await ledger.begin(second)).within).toBe(true);
      await ledger.ended(first.call, 60);
      const next = async (day: string, prefix: string) =>
        (await ledger.begin({ ...request(`${prefix} ${day}`, day), limits: to(prefix) })).within;
      expect(await next("2026-11-23", "+1646")).toBe(true);
      expect(await next("2026-11-23", "+44")).toBe(true);
      expect(await next("2026-11-24", "+44")).toBe(false);
      await ledger.ended(first.call, 60);
      expect(await ledger.begin({ ...second, placing: 3, limits: to("+1646") })).toEqual({ within: true });
    });

    test("an_end_that_is_told_twice_or_of_nobody_adds_nothing", async () => {
      const ledger = await open();
      const request = requests([{ prefix: "", callsPerDay: null, minutesPerDay: 2 }]);
      await ledger.begin(request("1"));
      for (let turn = 0; turn < 5; turn++) expect(await ledger.ended(request("1").call, 60)).toBe(true);
      expect(await ledger.ended(id("ast1-nobody"), 6000)).toBe(false);
      expect((await ledger.begin(request("2"))).within).toBe(true);
    });

    test("one_client_never_pays_for_another", async () => {
      const ledger = await open();
      const one = requests([{ ...day, callsPerDay: 1 }]);
      const other = requests([{ ...day, callsPerDay: 1 }]);
      await ledger.begin(one("1"));
      expect((await ledger.begin(other("1"))).within).toBe(true);
    });
  });
}
