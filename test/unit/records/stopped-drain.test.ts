// A node that is stopped while its first batch for the records database is only being prepared.
import { pino } from "pino";
import { expect, test } from "vitest";
import { type DrainOptions, startDrain } from "../../../src/records/mysql/drain.ts";

test("what_a_drain_that_is_closed_has_not_stored_stays_in_the_outbox", async () => {
  const dropped: number[] = [];
  const read = Promise.withResolvers<void>();
  const thread: DrainOptions["thread"] = {
    oldest: async () => {
      read.resolve();
      return [{ id: 1, facts: "{}", over: true }];
    },
    drop: async (ids) => {
      dropped.push(...ids);
      return { outbox: 0 };
    },
    putAside: async () => {},
  };
  const url = "mysql://nobody:none@127.0.0.1:1/none";
  const drain = startDrain({ url, thread, log: pino({ level: "silent" }), onDropped: () => {} });
  drain.wake();
  await read.promise;
  drain.close();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(dropped).toEqual([]);
});
