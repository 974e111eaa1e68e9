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

    test("an_end_that_is_told_twice_or_of_nobody_adds_nothing", async () => {
      const ledger = await open();
      const request = requests([{ prefix: "", callsPerDay: null, minutesPerDay: 2 }]);
      await ledger.begin(request("1"));
      for (let turn = 0; turn < 5; turn++) await ledger.ended(request("1").call, 60);
      await ledger.ended(id("ast1-nobody"), 6000);
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
