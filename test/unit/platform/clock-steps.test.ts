import { expect, test } from "vitest";
import {
  clockMark,
  createClockMark,
  createClockSteps,
  steppedSince,
} from "../../../src/platform/clock-steps.ts";

test("only_a_clock_that_was_set_has_stepped_and_each_step_is_told_once", () => {
  let [wall, elapsed] = [1_000_000, 0];
  const steps = createClockSteps(
    () => wall,
    () => elapsed,
  );
  const pass = (ms: number): void => {
    wall += ms;
    elapsed += ms;
  };
  pass(90_000);
  expect(steps()).toBe(0);
  wall += 3_600_000;
  pass(10);
  expect(steps()).toBe(3_600_000);
  expect(steps()).toBe(0);
  wall -= 7_200_000;
  expect(steps()).toBe(-7_200_000);
});

test("a_clock_that_is_slewed_never_steps_however_far_it_gets", () => {
  let wall = 0;
  const steps = createClockSteps(
    () => wall,
    () => 0,
  );
  for (let nth = 0; nth < 100; nth++) {
    wall += 500;
    expect(steps()).toBe(0);
  }
});

test("a_later_process_knows_how_far_the_clock_was_set_since_the_mark", () => {
  const mark = clockMark(
    () => 1_763_900_000_000,
    () => 50_000,
  );
  const later = (wall: number) =>
    steppedSince(
      mark,
      () => wall,
      () => 80_000,
    );
  expect(later(1_763_900_030_000)).toBe(0);
  expect(later(1_763_900_030_900)).toBe(0);
  expect(later(1_763_903_630_000)).toBe(3_600_000);
  expect(later(1_763_896_430_000)).toBe(-3_600_000);
  expect(steppedSince(clockMark())).toBe(0);
});

test.each(["", "another-boot 1763899950000", "nonsense", " 12"])("a_mark_%j_tells_nothing", (mark) => {
  expect(steppedSince(mark)).toBe(0);
});

test("the_mark_is_asked_of_the_machine_again_only_when_its_clock_was_set", () => {
  let [wall, asked] = [1_763_900_000_000, 0];
  let elapsed = 0;
  const mark = createClockMark(
    () => `mark ${++asked}`,
    () => wall,
    () => elapsed,
  );
  for (let nth = 0; nth < 100; nth++) {
    wall += 60_000;
    elapsed += 60_000;
    expect(mark()).toBe("mark 1");
  }
  wall += 1000;
  expect(mark()).toBe("mark 2");
  wall -= 3_600_000;
  expect(mark()).toBe("mark 3");
  expect(mark()).toBe("mark 3");
});

test("a_clock_that_is_slewed_is_marked_again_before_a_later_process_would_take_it_for_set", () => {
  let wall = 1_763_900_000_000;
  const mark = createClockMark(
    () =>
      clockMark(
        () => wall,
        () => 50_000,
      ),
    () => wall,
    () => 0,
  );
  for (let nth = 0; nth < 200; nth++) {
    wall += 30;
    const byMs = steppedSince(
      mark(),
      () => wall,
      () => 50_000,
    );
    expect(byMs).toBe(0);
  }
});
