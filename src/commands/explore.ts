import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { treeJson, treeMermaid, treeText } from "../simulate/explore/draw.ts";
import { explore } from "../simulate/explore/tree.ts";
import { clientsNumber } from "../simulate/offers.ts";
import type { Io } from "./io.ts";

export type TreeFormat = "text" | "json" | "mermaid";

/** Draws everything that can become of a call to a number; 1 when the number is nobody's. */
export function exploreDid(
  snapshot: Snapshot,
  { did, trunk }: { readonly did: string; readonly trunk?: string },
  format: TreeFormat,
  io: Io,
): number {
  const number = clientsNumber(did, snapshot, trunk);
  const tree = number === null ? null : explore(snapshot, number);
  if (tree === null) {
    io.err(`signalbox: no client owns ${did}: name a number that stands under a tenant's \`dids\`\n`);
    return 1;
  }
  switch (format) {
    case "text":
      io.out(treeText(tree));
      break;
    case "json":
      io.out(`${JSON.stringify(treeJson(tree), null, 2)}\n`);
      break;
    case "mermaid":
      io.out(treeMermaid(tree));
      break;
  }
  return 0;
}
