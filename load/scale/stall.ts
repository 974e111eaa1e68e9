import { setTimeout as sleep } from "node:timers/promises";

/** `stallMs` by the clock; `ownMs`: the most that this thread itself worked between a turn's due time and its end. */
export type Stall = { readonly stallMs: number; readonly ownMs: number };

const BETWEEN_MS = 2;

/** Takes a turn every two milliseconds until `until` settles; how late one ended at most, counted from when it was due. */
export async function longestStall(
  until: Promise<unknown>,
  takeTurn: (turn: number) => void | Promise<void>,
): Promise<Stall> {
  let over = false;
  void until.finally(() => {
    over = true;
  });
  let [stallMs, ownMs] = [0, 0];
  for (let turn = 0; !over; turn++) {
    const due = performance.now() + BETWEEN_MS;
    const worked = workedMs();
    await sleep(BETWEEN_MS);
    await takeTurn(turn);
    stallMs = Math.max(stallMs, performance.now() - due);
    ownMs = Math.max(ownMs, workedMs() - worked);
  }
  return { stallMs, ownMs };
}

/** Processor time of this thread: on a busy machine the clock also shows what others did. */
function workedMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
