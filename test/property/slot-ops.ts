// What can happen to a slot store, in any order: drawn by fast-check, applied to a store, and followed by a plain set
// that knows no counts, no leases and no scopes.
import fc from "fast-check";
import type { SlotStore, SlotVerdict } from "../../src/calls/slot-port.ts";
import type { Pool, SlotKey, SlotRequest } from "../../src/core/admission/admission.ts";
import type { CallId, Direction } from "../../src/core/tenant/stamp.ts";
import type { TenantId } from "../../src/core/tenant/tenant-id.ts";

export const tenants = ["apex", "birch", "cedar"] as TenantId[];
export const shared = ["pool_a", "pool_b"];
const trunks = ["own", ...shared];
const servers = ["ast1", "ast2"];
const uniqueids = ["1", "2", "3", "4", "5", "6"];
const reserves = [
  { tenant: tenants[0] as TenantId, reserved: 1 },
  { tenant: tenants[1] as TenantId, reserved: 2 },
];
export const limits = { tenant: 4, direction: 3, trunk: 3, pool: 5, reserves };

export type Op =
  | { readonly do: "acquire"; readonly request: SlotRequest; readonly boot: string; readonly crash: boolean }
  | { readonly do: "bind"; readonly asker: SlotKey; readonly leg: string; readonly trunk: string }
  | { readonly do: "cancel" | "hangup" | "swept"; readonly key: SlotKey }
  | { readonly do: "handBack"; readonly asker: SlotKey; readonly leg: string }
  | { readonly do: "refuse"; readonly key: SlotKey; readonly trunk: string }
  | {
      readonly do: "adopt";
      readonly key: SlotKey;
      readonly trunk: string;
      readonly tenant: TenantId | null;
      readonly direction: Direction | "refused" | null;
      readonly asker: string | null;
    }
  | { readonly do: "renew"; readonly server: string; readonly uniqueids: readonly string[] }
  | {
      readonly do: "boot";
      readonly server: string;
      readonly boot: string;
      readonly spare: readonly string[];
      readonly youngerThanMs: number;
    }
  | { readonly do: "freeze" | "unfreeze"; readonly server: string }
  | { readonly do: "expire" | "endLeases" };

const key = fc.record({ server: fc.constantFrom(...servers), uniqueid: fc.constantFrom(...uniqueids) });
const trunk = fc.constantFrom(...trunks);
const boot = fc.constantFrom("b1", "b2");

const acquire = fc
  .record({
    key,
    leg: fc.constantFrom("own" as const, "dialled" as const, "dialled" as const),
    tenant: fc.constantFrom(...tenants),
    direction: fc.constantFrom("inbound" as const, "outbound" as const),
    trunk,
    failedTrunk: fc.option(trunk, { freq: 2 }),
    enforce: fc.constantFrom(true, false, "trunks" as const),
  })
  .map((drawn) => requestOf({ ...drawn, enforce: drawn.tenant === "cedar" ? drawn.enforce : true }));

export function poolFor(tenant: TenantId): Pool {
  return {
    channels: limits.pool,
    trunks: shared,
    reserved: reserves.find((reserve) => reserve.tenant === tenant)?.reserved ?? 0,
    reserves: reserves.filter((reserve) => reserve.tenant !== tenant),
  };
}

function requestOf(
  drawn: Pick<SlotRequest, "key" | "leg" | "tenant" | "direction" | "trunk" | "failedTrunk" | "enforce">,
): SlotRequest {
  return {
    ...drawn,
    call: `${drawn.key.server}-${drawn.key.uniqueid}` as CallId,
    caps: { tenant: limits.tenant, direction: limits.direction, trunk: limits.trunk },
    pool: shared.includes(drawn.trunk) ? poolFor(drawn.tenant) : null,
    rates: { tenant: null, trunk: null },
    whenUnreachable: "refuse",
  };
}

const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("acquire" as const),
      request: acquire,
      boot,
      crash: fc.constant(false),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("acquire" as const),
      request: acquire,
      boot,
      crash: fc.constant(true),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("bind" as const),
      asker: key,
      leg: fc.constantFrom(...uniqueids),
      trunk,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("cancel" as const, "hangup" as const, "swept" as const),
      key,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("handBack" as const),
      asker: key,
      leg: fc.constantFrom(...uniqueids),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("refuse" as const), key, trunk }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("adopt" as const),
      key,
      trunk,
      tenant: fc.option(fc.constantFrom(...tenants)),
      direction: fc.option(fc.constantFrom("inbound" as const, "outbound" as const, "refused" as const)),
      asker: fc.option(fc.constantFrom(...uniqueids)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("renew" as const),
      server: fc.constantFrom(...servers),
      uniqueids: fc.subarray(uniqueids),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("boot" as const),
      server: fc.constantFrom(...servers),
      boot,
      spare: fc.subarray(uniqueids),
      youngerThanMs: fc.constantFrom(0, 1e9),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom("freeze" as const, "unfreeze" as const),
      server: fc.constantFrom(...servers),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("expire" as const, "endLeases" as const) }) },
);

export const interleavings = fc.array(op, { minLength: 1, maxLength: 60 });

/** The same with trunks that rest: every third leg on a shared trunk is weighed against that trunk alone. */
export const withResting = interleavings.map((ops) =>
  ops.map((one, nth): Op => {
    if (one.do !== "acquire" || one.request.pool === null || nth % 3 > 0) return one;
    const pool = { ...one.request.pool, channels: 2, open: [one.request.trunk] };
    return { ...one, request: { ...one.request, pool } };
  }),
);

/** Applies one operation; gives what a caller learns from it. */
export async function apply(
  store: SlotStore,
  one: Op,
  endLeases: () => Promise<void>,
): Promise<SlotVerdict | string> {
  switch (one.do) {
    case "acquire": {
      const lease = one.crash ? { pendingMs: 0 } : {};
      return store.acquire(one.request, { node: "tel1", boot: one.boot, ...lease });
    }
    case "bind": {
      const leg = {
        key: { server: one.asker.server, uniqueid: one.leg },
        boot: "b1",
        trunk: one.trunk,
      };
      return (await store.bind(one.asker, leg)).why;
    }
    case "cancel":
      return String(await store.cancel(one.key));
    case "hangup":
    case "swept":
      return String(await store.release(one.key, one.do));
    case "handBack":
      return String(await store.handBack({ server: one.asker.server, uniqueid: one.leg }, one.asker));
    case "refuse":
      return String(
        await store.markRefused({ key: one.key, boot: "b1", trunk: one.trunk, call: null, node: "tel1" }),
      );
    case "adopt": {
      const { do: _, ...leg } = one;
      const { why, tenant } = await store.adopt({ ...leg, boot: "b1", call: null }, "tel1");
      return `${why} ${tenant}`;
    }
    case "renew":
      return [...(await store.renew(one.server, "b1", one.uniqueids))].sort().join();
    case "boot": {
      const spare = { uniqueids: one.spare, youngerThanMs: one.youngerThanMs };
      return String(await store.endBoot(one.server, one.boot, spare));
    }
    case "freeze":
      await store.freeze(one.server);
      return "";
    case "unfreeze":
      await store.unfreeze(one.server);
      return "";
    case "expire":
      await store.expire();
      return "";
    case "endLeases":
      await endLeases();
      return "";
  }
}

/** Every channel of these interleavings hangs up: nothing may stay. */
export async function hangUpAll(store: SlotStore): Promise<void> {
  for (const server of servers) {
    for (const uniqueid of uniqueids) await store.release({ server, uniqueid }, "hangup");
  }
}
