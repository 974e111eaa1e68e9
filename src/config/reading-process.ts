/**
 * A program of its own, started by reading.ts: reads the configuration, tells what came of it, then hands over a few
 * tenants whenever asked. It ends with the node that started it.
 */
import { createHash } from "node:crypto";
import { flushCompileCache } from "node:module";
import { serialize } from "node:v8";
import type { Snapshot, Tenant } from "../core/snapshot/snapshot.ts";
import { stepBehind } from "../platform/niceness.ts";
import { firstOf } from "./issue.ts";
import { loadConfiguration } from "./load.ts";
import { programMark } from "./program-mark.ts";
import type { Head, ReadingOrder, SentTenant } from "./reading.ts";
import { renderedRevisions } from "./render/rendered-revisions.ts";

/** The node has them in one message and in its log. */
const MOST_ISSUES = 100;
/** In one message: about a millisecond of whoever receives it. */
const BATCH_BYTES = 64 * 1024;
const BATCH_TENANTS = 20;

function read({ directory, sounds, env, digests }: ReadingOrder): void {
  // Calls come first; a node that has no configuration yet has no calls.
  stepBehind(digests.size > 0 ? "later" : "usual");
  const read = loadConfiguration(directory, { env, purpose: "serve", sounds });
  const { snapshot, errors, warnings, files } = read;
  const tenants = [...(snapshot?.tenants.values() ?? [])];
  let sent = 0;
  process.on("message", () => {
    const batch: SentTenant[] = [];
    for (let bytes = 0; bytes < BATCH_BYTES && batch.length < BATCH_TENANTS; sent++) {
      const tenant = tenants[sent];
      if (tenant === undefined) break;
      const each = packed(tenant, digests);
      bytes += each.bytes?.length ?? 0;
      batch.push(each);
    }
    tell(batch);
  });
  const head: Head = {
    head: snapshot === null ? null : headOf(snapshot),
    errors: firstOf(errors, MOST_ISSUES),
    warnings: firstOf(warnings, MOST_ISSUES),
    files,
    program: programMark(),
  };
  tell(head);
  // Whoever started this ends it without leave, so that what Node has translated for it would never be kept.
  flushCompileCache();
}

/** A node that has died meanwhile is told nothing, and that is no error: `disconnect` follows. */
function tell(message: Head | readonly SentTenant[]): void {
  process.send?.(message, () => {});
}

function headOf(snapshot: Snapshot): NonNullable<Head["head"]> {
  const { revision, system, trunks, overflow } = snapshot;
  return { revision, system, trunks, overflow, rendered: renderedRevisions(snapshot) };
}

/** Equal tenants have equal bytes: they are built by the same code in the same order. */
function packed(tenant: Tenant, digests: ReadingOrder["digests"]): SentTenant {
  const bytes = serialize(tenant);
  const digest = createHash("sha256").update(bytes).digest("base64");
  return { id: tenant.id, digest, bytes: digests.get(tenant.id) === digest ? null : bytes };
}

// A terminal and systemd signal whole groups: how this ends is the node's concern.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.on("disconnect", () => process.exit(0));
process.once("message", (order) => read(order as ReadingOrder));
