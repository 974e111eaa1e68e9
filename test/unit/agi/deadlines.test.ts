import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Deadlines } from "../../../src/agi/deadlines.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

const started = (deadlines: Deadlines, name: string, told: string[]) => {
  const waiter = { expired: () => void told.push(name) };
  deadlines.set(waiter, performance.now());
  return waiter;
};

test("tells_each_at_its_own_time_and_never_before", () => {
  const told: string[] = [];
  const deadlines = new Deadlines(100);
  started(deadlines, "first", told);
  vi.advanceTimersByTime(40);
  started(deadlines, "second", told);
  vi.advanceTimersByTime(59);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(2);
  expect(told).toEqual(["first"]);
  vi.advanceTimersByTime(37);
  expect(told).toEqual(["first"]);
  vi.advanceTimersByTime(3);
  expect(told).toEqual(["first", "second"]);
});

test("forgets_who_is_done_and_goes_on_with_the_next", () => {
  const told: string[] = [];
  const deadlines = new Deadlines(100);
  deadlines.clear(started(deadlines, "done", told));
  vi.advanceTimersByTime(50);
  started(deadlines, "late", told);
  vi.advanceTimersByTime(99);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(2);
  expect(told).toEqual(["late"]);
});

test("who_is_told_may_let_another_wait", () => {
  const told: string[] = [];
  const deadlines = new Deadlines(100);
  const again = {
    expired: () => {
      told.push("again");
      if (told.length < 3) deadlines.set(again, performance.now());
    },
  };
  deadlines.set(again, performance.now());
  vi.advanceTimersByTime(101);
  expect(told).toEqual(["again"]);
  vi.advanceTimersByTime(200);
  expect(told).toEqual(["again", "again", "again"]);
  expect(vi.getTimerCount()).toBe(0);
});
