import type { Trunk } from "../../core/trunk/trunk.ts";
import { TRUNKS_FILE } from "../read.ts";
import { type Draft, isDropped, type TenantDraft } from "./draft.ts";

/** That what is promised exists: caps against trunks, reserves against the pool. */
export function checkCapacity(draft: Draft): void {
  // Sums over trunks of which one was dropped would only repeat that error in other words.
  if (draft.validated.trunks.dropped.size > 0) return;
  const shared = [...draft.trunks.values()].filter((trunk) => trunk.shared);
  const listed = new Set((draft.validated.trunks.raw.overflow ?? []).flat());
  const overflow = shared.filter(({ name }) => listed.has(name));
  // Nor over a pool that names what there is not, which is an error too.
  if (overflow.length < listed.size) return;
  for (const each of draft.tenants) {
    if (isDropped(each.dropped, "limits") || isDropped(each.dropped, "trunks")) continue;
    checkReserve(each, overflow, draft);
    checkCaps(each, { shared, overflow }, draft);
  }
  checkPool(shared, draft);
}

function checkReserve({ file, tenant }: TenantDraft, overflow: readonly Trunk[], { report }: Draft): void {
  const { reserved, channels } = tenant.limits;
  if (reserved === 0) return;
  const at = ["limits", "reserved"];
  const lacks =
    tenant.trunks.strategy === "dedicated"
      ? "this tenant does not use the pool: take it out, or make trunks.strategy hybrid"
      : "there is none: add overflow to trunks.yaml, or take it out";
  if (tenant.trunks.strategy === "dedicated" || overflow.length === 0) {
    report.error(file, at, `${reserved} channels of the shared pool are reserved and ${lacks}`);
  }
  if (channels !== null && reserved > channels) {
    report.error(
      file,
      at,
      `the reserve of ${reserved} is above the cap of ${channels}: lower it, or raise the cap`,
    );
  }
}

/** `overflow`: those of the shared trunks that calls go out on. */
type Pool = { readonly shared: readonly Trunk[]; readonly overflow: readonly Trunk[] };

/** An inbound call may come in on any shared trunk; which trunks a tenant calls out on is its strategy. */
function checkCaps({ file, id, tenant }: TenantDraft, { shared, overflow }: Pool, draft: Draft): void {
  const { strategy, dedicated } = tenant.trunks;
  const own = [...draft.trunks.values()].filter(
    (trunk) => trunk.tenant === id || dedicated.includes(trunk.name),
  );
  const listed = own.filter(({ name }) => dedicated.includes(name));
  const [pool, out] = strategy === "dedicated" ? [[], []] : [shared, overflow];
  const reach = { channels: [...own, ...pool], outbound: [...listed, ...out], inbound: [...own, ...shared] };
  const { channels: cap } = tenant.limits;
  for (const key of ["channels", "inbound", "outbound"] as const) {
    const limit = tenant.limits[key];
    const most = total(reach[key]);
    if (limit === null || most === 0) continue;
    if (limit > most) {
      const trunks = reach[key].map(({ name, channels }) => `${name} ${channels}`).join(", ");
      const says = `the cap of ${limit} is larger than all trunks it can reach, ${most} (${trunks}): lower it to ${most}`;
      draft.report.error(file, ["limits", key], says);
    } else if (key !== "channels" && cap !== null && limit > cap) {
      draft.report.warn(file, ["limits", key], `${limit} is never reached, since channels is ${cap}`);
    }
  }
}

function checkPool(shared: readonly Trunk[], { tenants, report }: Draft): void {
  const reserving = tenants.filter(({ tenant }) => tenant.limits.reserved > 0);
  const promised = reserving.reduce((sum, { tenant }) => sum + tenant.limits.reserved, 0);
  const most = total(shared);
  if (promised <= most || most === 0) return;
  const list = reserving
    .slice(0, 10)
    .map(({ id, tenant }) => `${id} ${tenant.limits.reserved}`)
    .join(", ");
  const says = `the tenants' reserves add up to ${promised} and the shared trunks have ${most} channels (${list}${reserving.length > 10 ? ", …" : ""}): lower limits.reserved or add trunks`;
  report.error(TRUNKS_FILE, ["overflow"], says);
}

function total(trunks: readonly Trunk[]): number {
  return trunks.reduce((sum, { channels }) => sum + channels, 0);
}
