import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Gathered } from "../../../src/calls/gathered.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("one_that_comes_alone_is_done_at_once", () => {
  const done: string[] = [];
  const gathered = new Gathered<string>(20, (item) => done.push(item));
  gathered.add("a");
  expect(done).toEqual(["a"]);
  vi.advanceTimersByTime(20);
  gathered.add("b");
  expect(done).toEqual(["a", "b"]);
});

test("what_comes_soon_after_is_done_together_in_its_order_and_none_waits_longer_than_said", () => {
  const done: string[] = [];
  const gathered = new Gathered<string>(20, (item) => done.push(item));
  gathered.add("a");
  vi.advanceTimersByTime(1);
  gathered.add("b");
  vi.advanceTimersByTime(18);
  gathered.add("c");
  expect(done).toEqual(["a"]);
  vi.advanceTimersByTime(1);
  expect(done).toEqual(["a", "b", "c"]);
  gathered.add("d");
  expect(done).toEqual(["a", "b", "c"]);
  vi.advanceTimersByTime(20);
  expect(done).toEqual(["a", "b", "c", "d"]);
});

test("what_is_asked_for_while_the_others_are_done_is_not_lost", () => {
  const done: string[] = [];
  const gathered = new Gathered<string>(20, (item) => {
    done.push(item);
    if (item === "b") gathered.add("c");
  });
  gathered.add("a");
  gathered.add("b");
  vi.advanceTimersByTime(40);
  expect(done).toEqual(["a", "b", "c"]);
});
