// Every kind of call, batch after batch, for an hour: what leaks shows as memory that grows, as slots that stay, as
// records that are missing.
import { agree, closeBooks, joined, type Profile, type ProfileResult } from "../profile.ts";
import { everyKind } from "./smoke.ts";

const MOST_GROWTH = 0.05;
/** What a process takes before it has met every kind of call is no measure of what it takes. */
const WARM_BATCHES = 3;

export const soak: Profile = {
  name: "soak",
  says: "every kind of call, batch after batch, for --minutes",
  run: async (context) => {
    const { floor, flags, say } = context;
    const ends = performance.now() + flags.minutes * 60_000;
    const memory: number[] = [];
    const broken: string[] = [];
    let batches = 0;
    for (let last: ProfileResult | null = null; last === null || performance.now() < ends; batches++) {
      last = await everyKind(context, flags.size);
      broken.push(...last.broken, ...(await agree(floor, 30_000, 0)));
      memory.push(floor.use("signalbox")?.mb ?? 0);
      say(`batch ${batches + 1}: ${Math.round(memory.at(-1) ?? 0)} MB, ${broken.length} broken so far`);
    }
    const warm = memory.slice(WARM_BATCHES);
    const third = Math.max(1, Math.floor(warm.length / 3));
    const [first, final] = [medianOf(warm.slice(0, third)), medianOf(warm.slice(-third))];
    const growth = warm.length < 3 ? null : final / first - 1;
    if (growth !== null && growth > MOST_GROWTH) {
      broken.push(
        `memory: grew from ${Math.round(first)} to ${Math.round(final)} MB, ${(growth * 100).toFixed(1)} %`,
      );
    }
    const shown = growth === null ? "too short to say" : `${(growth * 100).toFixed(1)} %`;
    const rows = [
      ["batches", String(batches)],
      ["memory of Signalbox, last third against first", shown],
    ] as const;
    return joined({ rows, broken, figures: { batches, memory, growth } }, await closeBooks(floor));
  },
};

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
