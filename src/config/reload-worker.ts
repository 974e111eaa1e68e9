import { createHash } from "node:crypto";
import { serialize } from "node:v8";
import { parentPort, workerData } from "node:worker_threads";
import type { Tenant } from "../core/snapshot/snapshot.ts";
import { loadConfiguration } from "./load.ts";
import type { ReloadHead, ReloadOrder, SentTenant } from "./worker-port.ts";

/** In one message: about a millisecond of the receiving thread. */
const BATCH_BYTES = 64 * 1024;
const BATCH_TENANTS = 20;

/** Reads the configuration, tells what came of it, then hands over a few tenants whenever asked. */
function work(port: NonNullable<typeof parentPort>, order: ReloadOrder): void {
  const { directory, sounds, env, digests } = order;
  const { snapshot, errors, warnings } = loadConfiguration(directory, { env, purpose: "serve", sounds });
  const tenants = [...(snapshot?.tenants.values() ?? [])];
  let sent = 0;
  port.on("message", () => {
    const batch: SentTenant[] = [];
    for (let bytes = 0; bytes < BATCH_BYTES && batch.length < BATCH_TENANTS; sent++) {
      const tenant = tenants[sent];
      if (tenant === undefined) break;
      const each = packed(tenant, digests);
      bytes += each.bytes?.length ?? 0;
      batch.push(each);
    }
    port.postMessage(batch);
  });
  const head =
    snapshot === null
      ? null
      : {
          revision: snapshot.revision,
          system: snapshot.system,
          trunks: snapshot.trunks,
          overflow: snapshot.overflow,
        };
  const first: ReloadHead = { head, errors, warnings };
  port.postMessage(first);
}

/** Equal tenants have equal bytes: they are built by the same code in the same order. */
function packed(tenant: Tenant, digests: ReloadOrder["digests"]): SentTenant {
  const bytes = serialize(tenant);
  const digest = createHash("sha256").update(bytes).digest("base64");
  return { id: tenant.id, digest, bytes: digests.get(tenant.id) === digest ? null : bytes };
}

if (parentPort !== null) work(parentPort, workerData as ReloadOrder);
