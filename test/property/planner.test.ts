/** Whatever trunks there are: an outbound call uses what is its client's or shared, in order, and nothing twice. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { SlotAnswer } from "../../src/core/admission/admission.ts";
import type { CallState } from "../../src/core/callflow/call-state.ts";
import { calmConditions } from "../../src/core/snapshot/conditions.ts";
import { planAttempts } from "../../src/core/trunk/plan-attempts.ts";
import type { Trunk } from "../../src/core/trunk/trunk.ts";
import { trunkWith } from "../builders.ts";
import { momentWith } from "../driving.ts";
import { asked, call, comeBack, type Driven, outboundSnapshot, policy } from "../outbound-builders.ts";

const NAMES = ["t0", "t1", "t2", "t3", "t4", "t5"] as const;

const trunk = (name: string) =>
  fc
    .record({
      owner: fc.constantFrom("apex", "beta", "shared", "nobody"),
      costPerMinute: fc.option(fc.constantFrom(0.008, 0.01)),
      weight: fc.nat({ max: 3 }),
    })
    .map(({ owner, costPerMinute, weight }): Trunk => {
      const tenant = owner === "apex" || owner === "beta" ? owner : null;
      return trunkWith(name, { tenant, shared: owner === "shared", costPerMinute, weight });
    });

const world = fc.record({
  trunks: fc.tuple(...NAMES.map(trunk)),
  strategy: fc.constantFrom("shared", "dedicated", "hybrid"),
  // Deliberately any names at all: what `check` would refuse must not cross clients either.
  dedicated: fc.uniqueArray(fc.constantFrom(...NAMES)),
  overflow: fc.array(fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1 })),
  unhealthy: fc.uniqueArray(fc.constantFrom(...NAMES)),
  tried: fc.uniqueArray(fc.constantFrom(...NAMES)),
  call: fc.string({ minLength: 1, maxLength: 20 }),
});

test("a_plan_holds_only_what_may_be_used_each_once_and_always_in_the_same_order", () => {
  fc.assert(
    fc.property(world, ({ trunks, strategy, dedicated, overflow, unhealthy, tried, call: id }) => {
      const request = {
        tenant: "apex",
        policy: { strategy, dedicated },
        trunks: new Map(trunks.map((each) => [each.name, each])),
        overflow,
        unhealthy: new Set(unhealthy),
        tried,
        call: id,
      } as const;
      const { order, skipped } = planAttempts(request);
      const names = order.map(({ name }) => name);
      expect(new Set([...names, ...skipped.map((each) => each.trunk)]).size).toBe(
        names.length + skipped.length,
      );
      for (const { name, tenant, shared } of order) {
        expect(tenant === "apex" || (tenant === null && shared)).toBe(true);
        expect([...unhealthy, ...tried]).not.toContain(name);
      }
      expect(planAttempts(request).order).toEqual(order);
    }),
    { numRuns: 500 },
  );
});

test("a_dedicated_trunk_comes_before_every_overflow_trunk_and_tiers_keep_their_order", () => {
  fc.assert(
    fc.property(world, ({ trunks, dedicated, overflow, call: id }) => {
      const { order } = planAttempts({
        tenant: "apex",
        policy: { strategy: "hybrid", dedicated },
        trunks: new Map(trunks.map((each) => [each.name, each])),
        overflow,
        unhealthy: new Set(),
        tried: [],
        call: id,
      });
      const rankOf = (name: string): number => {
        const own = (dedicated as readonly string[]).indexOf(name);
        return own >= 0
          ? own - NAMES.length
          : overflow.findIndex((tier) => (tier as string[]).includes(name));
      };
      const ranks = order.map(({ name }) => rankOf(name));
      expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
    }),
    { numRuns: 500 },
  );
});

const SCOPES = ["granted", "no_trunk", "pool_full", "too_fast", "tenant_full", "outbound_full"] as const;
const ENDS = [
  ["CONGESTION", 34],
  ["CHANUNAVAIL", null],
  ["CHANUNAVAIL", 1],
  ["BUSY", 17],
  ["NOANSWER", 19],
] as const;

test("a_call_ends_after_four_attempts_at_most_and_never_with_cause_34", () => {
  const scopes = fc.array(fc.constantFrom(...SCOPES), { minLength: 1, maxLength: 12 });
  const ends = fc.array(fc.constantFrom(...ENDS), { minLength: 5, maxLength: 5 });
  fc.assert(
    fc.property(world, scopes, ends, ({ trunks, strategy, overflow, unhealthy }, answers, outcomes) => {
      const snapshot = outboundSnapshot(
        { apex: { trunks: { strategy, dedicated: ["t0", "t1"] }, outbound: policy } },
        { trunks: [...trunks], overflow },
      );
      const conditions = { ...calmConditions, unhealthyTrunks: new Set(unhealthy) };
      const moment = momentWith(snapshot, { conditions });
      let turn = 0;
      const slots = (): SlotAnswer => {
        const scope = answers[turn++ % answers.length] ?? "granted";
        return scope === "granted" ? { granted: true, wouldRefuse: null } : { granted: false, scope };
      };
      let result: Driven = call({}, { slots }, moment);
      const dialled: string[] = [];
      for (const outcome of outcomes) {
        const { instruction, state } = result.decision;
        for (const name of asked(result)) expect(snapshot.trunks.get(name)?.tenant ?? "apex").toBe("apex");
        if (instruction.do !== "dial") break;
        dialled.push(instruction.trunk ?? "");
        result = comeBack(state as CallState, outcome, moment, { slots });
      }
      const { instruction } = result.decision;
      expect(instruction.do).toBe("hangup");
      if (instruction.do === "hangup") expect(instruction.cause).not.toBe(34);
      expect(dialled.length).toBeLessThanOrEqual(4);
      expect(new Set(dialled).size).toBe(dialled.length);
    }),
    { numRuns: 500 },
  );
});
