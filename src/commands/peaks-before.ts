import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import type { TodayBook } from "../calls/today.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { messageOf } from "../platform/errors.ts";

/** What the process that reads the peaks is told, and what it says: the peaks by tenant, or why it has none. */
export type PeaksOrder = {
  readonly records: string;
  readonly variables: string;
  readonly now: number;
  readonly tenants: readonly { readonly id: string; readonly timezone: string }[];
};
export type PeaksAnswer = { readonly peaks: ReadonlyMap<string, number> } | { readonly why: string };

const PROGRAM = fileURLToPath(new URL("./peaks-process.ts", import.meta.url));

/**
 * Tells the book what the day's peaks were before this node began, as far as the records know: a restart at noon must
 * not hide the morning. Never rejects; without records the day begins now. They are read in a process of its own, since
 * what reads a database would stay in memory for this one question.
 */
export async function recallPeaks(
  today: TodayBook,
  { system, tenants }: Snapshot,
  { variables, log, now }: { readonly variables: string; readonly log: Logger; readonly now: number },
): Promise<void> {
  const each = [...tenants.values()].map(({ id, timezone }) => ({ id, timezone }));
  const answer = await readElsewhere({ records: system.records, variables, now, tenants: each });
  if ("why" in answer) {
    log.info({ event: "live.peaks_unknown" }, answer.why);
    return;
  }
  for (const { id } of tenants.values()) {
    const use = { total: answer.peaks.get(id) ?? 0, inbound: 0, outbound: 0, pool: 0 };
    today.saw({ tenants: new Map([[id, use]]), trunks: new Map() }, now);
  }
}

function readElsewhere(order: PeaksOrder): Promise<PeaksAnswer> {
  // With this process' own flags, since what is kept of translated code is kept apart by them.
  const child = fork(PROGRAM, [], {
    serialization: "advanced",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  // A node that stops does not wait for it.
  child.unref();
  child.channel?.unref();
  return new Promise((resolve) => {
    child.once("message", (answer) => resolve(answer as PeaksAnswer));
    child.once("error", (error) => resolve({ why: messageOf(error) }));
    child.once("exit", (code, by) => {
      resolve({ why: `the process that reads the records has ended too early (${by ?? code})` });
    });
    child.send(order, () => {});
  });
}
