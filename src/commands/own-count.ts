import type { LiveView } from "../reports/live.ts";
import type { Io } from "./io.ts";

type Told = Partial<Pick<LiveView, "own_count" | "slot_store">>;

/**
 * Says on standard error what the numbers lack where the slot store could not be asked. Gives the exit code: who asks
 * from a script must not take one node's count for that of all. A node of an older version tells of no such thing.
 */
export function tellOwnCount(view: Told, io: Io): number {
  if (view.own_count !== true) return 0;
  const why = view.slot_store?.why ?? "see /readyz";
  io.err(
    `signalbox: the count of all nodes cannot be asked (${why}): the legs shown are those that this node has counted itself\n`,
  );
  return 1;
}
