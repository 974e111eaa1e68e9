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

test("an_attempt_that_was_the_last_one_is_told_before_its_slot_is_given_back", async () => {
  const told: string[] = [];
  const key = { server: "ast1", uniqueid: "1" };
  const options = {
    settled: ({ uniqueid }: typeof key) => told.push(`settled ${uniqueid}`),
    slots: { cancel: async ({ uniqueid }: typeof key) => told.push(`cancel ${uniqueid}`) > 0 },
  } as unknown as CommandOptions;
  expect(await createCommands(options).perform({ type: "release", key })).toBeNull();
  expect(told).toEqual(["settled 1", "cancel 1"]);
});
