import type { System, Tenant } from "../../core/snapshot/snapshot.ts";
import type { TenantId } from "../../core/tenant/tenant-id.ts";
import type { Trunk } from "../../core/trunk/trunk.ts";
import type { ConfigPath, Report } from "../issue.ts";
import { didYouMean } from "../nearest.ts";
import type { RawSystem, RawTrunks } from "../schema/system.ts";
import type { RawTenant } from "../schema/tenant.ts";
import type { Sound } from "../validate.ts";

/** Everything compiled, before it may become a snapshot. */
export type Draft = {
  readonly validated: { readonly system: Sound<RawSystem>; readonly trunks: Sound<RawTrunks> };
  /** Also those whose files cannot be used; null where nobody knows which there are. */
  readonly tenantNames: ReadonlySet<string> | null;
  readonly system: System;
  readonly trunks: ReadonlyMap<string, Trunk>;
  readonly tenants: readonly TenantDraft[];
  /**
   * For `check`. A missing prompt is an error then; otherwise it is a warning, since a node must start without its
   * sounds. And what takes a look at each of 100,000 numbers is done then alone.
   */
  readonly thorough: boolean;
  readonly report: Report;
};

export type TenantDraft = {
  readonly id: TenantId;
  readonly file: string;
  /** Without its DIDs: in `tenant` they are smaller. */
  readonly raw: Omit<RawTenant, "dids">;
  /** Keys that were taken out because of an error already reported. */
  readonly dropped: ReadonlySet<string>;
  readonly tenant: Tenant;
};

/** True when `section.name`, or the whole section, stood in the file and was broken. */
export function isDropped(dropped: ReadonlySet<string>, section: string, name = ""): boolean {
  return dropped.has("*") || dropped.has(section) || dropped.has(`${section}.${name}`);
}

/** `there is no menu "welcom"; did you mean "welcome"?` */
export function missing(what: string, name: string, known: Iterable<string>, otherwise: string): string {
  return `there is no ${what} "${name}"${didYouMean(name, known) || `: ${otherwise}`}`;
}

/** `routes.main.open` → its keys: no name has a dot in it. */
export function keysOf(path: string): ConfigPath {
  return path.split(".");
}
