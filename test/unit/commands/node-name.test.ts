import { pino } from "pino";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SlotStoreError } from "../../../src/calls/slot-port.ts";
import { NodeName } from "../../../src/commands/node-name.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A store whose names are on a board: name → instance. What is on it stays until it is taken off. */
function board() {
  const held = new Map<string, string>();
  return {
    held,
    claimName: async (node: string, instance: string) => {
      if (!held.has(node)) held.set(node, instance);
      return held.get(node) === instance;
    },
    leaveName: async (node: string, instance: string) => {
      if (held.get(node) === instance) held.delete(node);
    },
  };
}

function named(slots: Pick<ReturnType<typeof board>, "claimName" | "leaveName">) {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  return { lines, node: new NodeName({ name: "tel1", slots, log, clock: Date.now }) };
}

test("a_second_process_of_one_name_says_so_once_a_minute_and_is_not_ready", async () => {
  const slots = board();
  const [first, second] = [named(slots), named(slots)];
  first.node.start();
  second.node.start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(first.node.health()).toEqual({ ready: true, code: null, why: "" });
  expect(second.node.health()).toMatchObject({ ready: false, code: "node_name_taken" });
  expect(second.node.health().why).toContain("--node");
  expect(first.lines).toEqual([]);
  expect(second.lines).toHaveLength(1);
  expect(second.lines[0]).toContain('"event":"node.name_taken"');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(second.lines).toHaveLength(2);
  await first.node.stop();
  await vi.advanceTimersByTimeAsync(6000);
  expect(second.node.health().ready).toBe(true);
  await second.node.stop();
  expect(slots.held.size).toBe(0);
});

test("a_node_that_starts_in_place_of_a_killed_one_waits_for_its_name_in_silence", async () => {
  const slots = board();
  slots.held.set("tel1", "the one that was killed");
  const { node, lines } = named(slots);
  node.start();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(node.health().ready).toBe(true);
  slots.held.delete("tel1");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(node.health().ready).toBe(true);
  expect(lines).toEqual([]);
  await node.stop();
});

test("a_store_that_cannot_be_asked_takes_no_name_away", async () => {
  const away = async () => Promise.reject(new SlotStoreError("slots_unreachable", "away"));
  const { node, lines } = named({ claimName: away, leaveName: away });
  node.start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(node.health().ready).toBe(true);
  expect(lines).toEqual([]);
  await node.stop();
});

test("who_started_first_keeps_the_name_though_the_store_could_not_be_asked_at_once", async () => {
  const slots = board();
  let away = true;
  const claimName = async (node: string, instance: string) => {
    if (away) throw new SlotStoreError("slots_unreachable", "away");
    return slots.claimName(node, instance);
  };
  const first = named({ ...slots, claimName });
  first.node.start();
  await vi.advanceTimersByTimeAsync(1000);
  away = false;
  await vi.advanceTimersByTimeAsync(500);
  const second = named(slots);
  second.node.start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect([first.node.health().ready, second.node.health().ready]).toEqual([true, false]);
});
