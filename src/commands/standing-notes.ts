import { resolve } from "node:path";
import { standingOf } from "../calls/standing-entries.ts";
import { readStandingFile, standingFile } from "../calls/standing-file.ts";
import type { Ordered } from "../calls/standing-port.ts";
import type { Issue } from "../config/issue.ts";
import type { Snapshot, Tenant } from "../core/snapshot/snapshot.ts";
import type { TenantId } from "../core/tenant/tenant-id.ts";
import { momentText } from "../simulate/at.ts";

/**
 * What staff have ordered under this `--var`, beside the configuration it changes: lines opened and closed by phone,
 * suspended clients. Throws StandingError when the file is broken.
 */
export function standingNotes(variables: string, snapshot: Snapshot): readonly Issue[] {
  const { overrides, suspended } = standingOf(readStandingFile(standingFile(resolve(variables))));
  const notes: Issue[] = [];
  for (const [key, { state, ...order }] of overrides) {
    const [id = "", hours = ""] = key.split("/");
    const tenant = snapshot.tenants.get(id as TenantId);
    const gone = tenant?.plan.hours.has(hours)
      ? ""
      : "; it is not configured any more, so this changes nothing";
    notes.push(note(id, ["hours", hours], `${state} by phone ${sinceText(order, tenant)}${gone}`));
  }
  for (const [id, { why, ...order }] of suspended) {
    const tenant = snapshot.tenants.get(id);
    notes.push(note(id, ["tenant"], `suspended ${sinceText(order, tenant)}: ${why}`));
  }
  return notes;
}

function note(tenant: string, path: readonly string[], message: string): Issue {
  return { file: `tenants/${tenant}.yaml`, path, message, position: null };
}

function sinceText({ at, by }: Ordered, tenant: Tenant | undefined): string {
  return `since ${momentText(at, tenant?.timezone ?? "UTC")} by ${by}`;
}
