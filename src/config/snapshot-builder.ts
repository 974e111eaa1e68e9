import type { E164 } from "../core/number/e164.ts";
import type { DidOwner, Snapshot, System, Tenant } from "../core/snapshot/snapshot.ts";
import { vicidialName } from "../core/snapshot/vicidial-name.ts";
import type { TenantId } from "../core/tenant/tenant-id.ts";
import type { Trunk } from "../core/trunk/trunk.ts";

/** A snapshot without what belongs to tenants. */
export type SnapshotHead = {
  readonly revision: string;
  readonly system: System;
  readonly trunks: ReadonlyMap<string, Trunk>;
  readonly overflow: Snapshot["overflow"];
};

/** Makes a snapshot with all its look-ups, a few tenants at a time. */
export type SnapshotBuilder = {
  readonly add: (tenants: readonly Tenant[]) => void;
  readonly done: () => Snapshot;
};

export function createSnapshotBuilder(head: SnapshotHead): SnapshotBuilder {
  const tenants = new Map<TenantId, Tenant>();
  const dids = new Map<E164, DidOwner>();
  const tenantByAccountcode = new Map<string, TenantId>();
  const tenantByPrefix = new Map<string, TenantId>();
  const tenantByCampaign = new Map<string, TenantId>();
  const tenantByUserGroup = new Map<string, TenantId>();
  const reserves: { tenant: TenantId; reserved: number }[] = [];
  return {
    add(batch) {
      for (const tenant of batch) {
        const { id, limits } = tenant;
        tenants.set(id, tenant);
        const owner: DidOwner = { tenant: id };
        for (const did of tenant.dids.keys()) dids.set(did, owner);
        for (const code of [id, ...tenant.accountcodes]) tenantByAccountcode.set(code, id);
        for (const prefix of tenant.outboundPrefixes) tenantByPrefix.set(prefix, id);
        const { campaigns, userGroups } = tenant.vicidial;
        for (const campaign of campaigns) tenantByCampaign.set(vicidialName(campaign), id);
        for (const group of userGroups) tenantByUserGroup.set(vicidialName(group), id);
        if (limits.reserved > 0) reserves.push({ tenant: id, reserved: limits.reserved });
      }
    },
    done() {
      const trunks = [...head.trunks.values()];
      return Object.freeze({
        ...head,
        trunkByEndpoint: new Map(trunks.map(({ endpoint, name }) => [endpoint, name])),
        pool: { trunks: trunks.filter(({ shared }) => shared).map(({ name }) => name), reserves },
        tenants,
        dids,
        tenantByAccountcode,
        tenantByPrefix,
        tenantByCampaign,
        tenantByUserGroup,
      });
    },
  };
}
