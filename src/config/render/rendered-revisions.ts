import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Snapshot } from "../../core/snapshot/snapshot.ts";
import { dialplanRevision } from "./dialplan.ts";

/** The part of the dialplan that is the same for everybody. */
export const TEMPLATE = fileURLToPath(new URL("../../../dialplan/signalbox.conf", import.meta.url));

/** Server → the revision that `render` would write into its dialplan now. */
export function renderedRevisions(snapshot: Snapshot): ReadonlyMap<string, string> {
  const template = readFileSync(TEMPLATE, "utf8");
  const revisions = snapshot.system.switches.map(
    (target) => [target.server, dialplanRevision(snapshot, target, template)] as const,
  );
  return new Map(revisions);
}
