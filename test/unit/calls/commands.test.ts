import { pino } from "pino";
import { expect, test } from "vitest";
import { type CommandOptions, createCommands } from "../../../src/calls/commands.ts";

test("a_ledger_that_fails_lets_nothing_through_and_blames_no_limit", async () => {
  const spending = { begin: () => Promise.reject(new Error("the disk is full")) };
  const options = { spending, log: pino({ level: "silent" }) } as unknown as CommandOptions;
  const request = { tenant: "apex", day: "2026-11-23", limits: [] } as never;
  expect(await createCommands(options).perform({ type: "spend", request })).toEqual({
    within: false,
    prefix: "",
    limit: "unknown",
  });
});
