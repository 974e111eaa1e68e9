// What `slots explain` says of the next call is what the store then does with it.
import fc from "fast-check";
import { expect, test } from "vitest";
import { passingOn, type SlotRequest, slotRequest } from "../../src/core/admission/admission.ts";
import { calmConditions } from "../../src/core/snapshot/conditions.ts";
import type { Tenant } from "../../src/core/snapshot/snapshot.ts";
import { callIdOf, type Direction } from "../../src/core/tenant/stamp.ts";
import type { Trunk } from "../../src/core/trunk/trunk.ts";
import { explain } from "../../src/reports/explain.ts";
import { MemorySlotStore } from "../../src/slots/memory.ts";
import { snapshotWith, trunkWith } from "../builders.ts";

const cap = fc.option(fc.integer({ min: 1, max: 8 }));

const drawnLimits = fc.record({
  mode: fc.constantFrom("enforce" as const, "watch" as const),
  channels: cap,
  inbound: cap,
  outbound: cap,
  reserved: fc.integer({ min: 0, max: 3 }),
});

const drawnCalls = fc.array(
  fc.record({
    tenant: fc.constantFrom("apex", "green"),
    trunk: fc.constantFrom("apex_sip", "pool_a", "pool_b"),
    direction: fc.constantFrom<Direction>("inbound", "outbound"),
    refused: fc.boolean(),
  }),
  { maxLength: 12 },
);

const drawn = fc.record({
  apex: drawnLimits,
  green: drawnLimits,
  channels: fc.record({
    apex_sip: fc.integer({ min: 1, max: 4 }),
    pool_a: fc.integer({ min: 1, max: 6 }),
    pool_b: fc.integer({ min: 1, max: 6 }),
  }),
  unhealthy: fc.subarray(["apex_sip", "pool_b"]),
  calls: drawnCalls,
});

let made = 0;

function requestOf(
  direction: Direction,
  tenant: Tenant,
  trunk: Trunk,
  place: Parameters<typeof slotRequest>[3],
): SlotRequest {
  made += 1;
  const key = { server: "ast1", uniqueid: `1.${made}` };
  const leg = direction === "inbound" ? "own" : "dialled";
  const call = callIdOf(key.server, key.uniqueid);
  const request = slotRequest(
    { key, leg, call, direction, failedTrunk: null, begins: true },
    tenant,
    trunk,
    place,
  );
  return direction === "outbound" ? passingOn(request) : request;
}

test("every_trunk_and_direction_is_answered_as_it_was_explained", async () => {
  const property = fc.asyncProperty(drawn, async ({ apex, green, channels, unhealthy, calls }) => {
    const trunks = [
      trunkWith("apex_sip", { shared: false, tenant: "apex", channels: channels.apex_sip }),
      trunkWith("pool_a", { channels: channels.pool_a }),
      trunkWith("pool_b", { channels: channels.pool_b }),
    ];
    const policy = { strategy: "hybrid", dedicated: ["apex_sip"] } as const;
    const snapshot = snapshotWith({
      tenants: { apex: { limits: apex, trunks: policy }, green: { limits: green } },
      trunks,
    });
    const conditions = { ...calmConditions, unhealthyTrunks: new Set(unhealthy) };
    const place = { snapshot, conditions };
    const context = { node: "tel1", boot: "" };
    const tenants = [...snapshot.tenants.values()];

    const fill = async (): Promise<MemorySlotStore> => {
      const store = new MemorySlotStore();
      for (const { tenant, trunk, direction, refused } of calls) {
        const owner = tenants.find(({ id }) => id === tenant);
        const on = snapshot.trunks.get(trunk);
        if (owner === undefined || on === undefined) throw new Error("drawn from nowhere");
        const request = requestOf(direction, owner, on, place);
        if (refused) await store.markRefused({ key: request.key, boot: "", trunk, call: null, node: "tel1" });
        else await store.acquire({ ...request, enforce: false }, context);
      }
      return store;
    };

    for (const tenant of tenants) {
      const filled = await fill();
      const reading = { ...place, slots: await filled.snapshot(), ownCount: false, health: filled.health() };
      const explanation = explain(tenant, reading);
      for (const direction of ["inbound", "outbound"] as const) {
        for (const { trunk, admitted, reason, skipped } of explanation[direction].trunks) {
          const on = snapshot.trunks.get(trunk);
          if (skipped !== null || on === undefined) continue;
          const verdict = await (await fill()).acquire(requestOf(direction, tenant, on, place), context);
          expect({ admitted, reason }).toEqual({
            admitted: verdict.granted,
            reason: verdict.granted ? verdict.wouldRefuse : verdict.scope,
          });
        }
      }
    }
  });
  await fc.assert(property, { numRuns: 400 });
});
