// Spikes against a cap, again and again: exactly the cap is let in, every other caller is told at once, and afterwards
// nothing is left. Each spike starts while the last one is still hanging up.
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { CAP, NUMBERS, PEOPLE } from "../floor-configuration.ts";
import { content } from "../people.ts";
import {
  agree,
  callersWell,
  closeBooks,
  fallbacksOf,
  joined,
  type Profile,
  undecidedOf,
} from "../profile.ts";

const SPIKES = 6;
const CALLERS = 100;
const HOLD_MS = 5000;
/** How steep a spike may be on each core: beyond it what callers wait for is SIPp and Asterisk. */
const PER_SECOND_AND_CORE = 50;

export const burst: Profile = {
  name: "burst",
  says: `spikes of ${CALLERS} callers against a cap of ${CAP}`,
  run: async (context) => {
    const { floor, say } = context;
    const callers = Math.max(CAP + 5, Math.round(CALLERS * context.flags.size));
    const rate = Math.min(callers, PER_SECOND_AND_CORE * availableParallelism());
    const tops: number[] = [];
    const broken: string[] = [];
    const slowest: number[] = [];
    for (let spike = 0; spike < SPIKES; spike++) {
      const run = floor.callers(content(HOLD_MS), {
        ...{ service: NUMBERS.capped, localIp: PEOPLE.pool, calls: callers, rate },
        deadlineMs: (callers / rate) * 1000 + 60_000,
      });
      const top = await topOf(context, run.done);
      const result = await run.done;
      tops.push(top);
      slowest.push(result.rtt?.max ?? 0);
      if (top > CAP) broken.push(`cap: ${top} legs of a client that may have ${CAP}`);
      if (top < CAP) broken.push(`cap: only ${top} legs of ${callers} callers, though ${CAP} have room`);
      broken.push(...callersWell(result));
      say(`spike ${spike + 1} of ${SPIKES}: ${callers} callers, at most ${top} legs`);
      broken.push(...(await agree(floor, 15_000, 0)));
    }
    const rows = [
      ["spikes", `${SPIKES} of ${callers} callers, ${rate} a second`],
      ["most legs at once in each", `${tops.join(", ")} (the cap is ${CAP})`],
      ["slowest answer or refusal of each", slowest.map((ms) => `${Math.round(ms)} ms`).join(", ")],
    ] as const;
    const undecided = await undecidedOf(floor, 0, SPIKES * callers);
    if (undecided > 0) broken.push(`decisions: ${undecided} of ${SPIKES * callers} calls were not decided`);
    broken.push(...fallbacksOf(floor));
    return joined({ rows, broken, figures: { tops, slowest } }, await closeBooks(floor));
  },
};

/** The most legs of the capped client that the switch listed, looked at again and again until `over`. */
async function topOf({ floor }: Parameters<Profile["run"]>[0], over: Promise<unknown>): Promise<number> {
  let isOver = false;
  void over.then(() => {
    isOver = true;
  });
  let top = 0;
  while (!isOver) {
    const { up } = await floor.look();
    top = Math.max(top, up.get("bravo pool_a") ?? 0);
    await sleep(200);
  }
  return top;
}
