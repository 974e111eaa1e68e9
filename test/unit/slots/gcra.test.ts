import { describe, expect, it } from "vitest";
import { arrivalAfter } from "../../../src/slots/gcra.ts";

const NOW = 1_800_000_000_000;

/** How many of `tries` calls at one instant pass, from this arrival time on. */
function burst(rate: number, tries: number, tat = 0, now = NOW): { passed: number; tat: number } {
  let kept = tat;
  let passed = 0;
  for (let at = 0; at < tries; at++) {
    const next = arrivalAfter(kept, now, rate);
    if (next === null) continue;
    kept = next;
    passed += 1;
  }
  return { passed, tat: kept };
}

describe("calls a second", () => {
  it.each([1, 2, 3, 7, 10, 30, 150, 300, 999, 1000])("admits %i at once, and no more", (rate) => {
    expect(burst(rate, 3 * rate).passed).toBe(rate);
  });

  it("admits one call when fewer than one a second are allowed", () => {
    expect(burst(0.5, 10).passed).toBe(1);
    const { tat } = burst(0.5, 1);
    expect(arrivalAfter(tat, NOW + 1900, 0.5)).toBeNull();
    expect(arrivalAfter(tat, NOW + 2001, 0.5)).not.toBeNull();
  });

  it.each([1, 7, 300])("admits %i a second in the long run", (rate) => {
    let tat = 0;
    let passed = 0;
    for (let ms = 0; ms < 20_000; ms++) {
      const next = arrivalAfter(tat, NOW + ms, rate);
      if (next === null) continue;
      tat = next;
      passed += 1;
    }
    expect(passed).toBeGreaterThanOrEqual(20 * rate - 1);
    expect(passed).toBeLessThanOrEqual(21 * rate + 1);
  });

  it("keeps nobody out for longer than a second after the clock was set back", () => {
    const { tat } = burst(10, 10);
    const hourAgo = NOW - 3_600_000;
    expect(arrivalAfter(tat, hourAgo, 10)).toBeNull();
    // What is kept stays far ahead and is cut again, so the bound must hold from the first admitted call on.
    const { tat: cut } = burst(10, 10, tat, hourAgo + 1001);
    expect(cut).toBeGreaterThan(0);
  });

  it("gives one burst after the clock was set forward", () => {
    const { tat } = burst(10, 10);
    expect(burst(10, 100, tat, NOW + 3_600_000).passed).toBe(10);
  });
});
