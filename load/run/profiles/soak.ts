// Every kind of call, batch after batch, for an hour: what leaks shows as memory that grows, as slots that stay, as
// records that are missing.
import type { Floor } from "../floor.ts";
import type { Part } from "../floor-options.ts";
import { agree, closeBooks, fallbacksOf, joined, type Profile, type ProfileResult } from "../profile.ts";
import { everyKind } from "./smoke.ts";

const MOST_GROWTH = 0.05;
const SAMPLE_MS = 1000;
/** What a process takes before it has met every kind of call a few times is no measure of what it takes. */
const WARM_SHARE = 1 / 3;
/** Fewer samples than this say nothing about a third. */
const FEWEST = 45;

export const soak: Profile = {
  name: "soak",
  says: "every kind of call, batch after batch, for --minutes",
  run: async (context) => {
    const { floor, flags, say } = context;
    const ends = performance.now() + flags.minutes * 60_000;
    const memory = sampled(floor);
    const broken: string[] = [];
    let batches = 0;
    for (let last: ProfileResult | null = null; last === null || performance.now() < ends; batches++) {
      last = await everyKind(context, flags.size);
      const fresh = [...last.broken, ...(await agree(floor, 30_000, 0))];
      broken.push(...fresh);
      // Whoever watches sees at once what he would have to look for at the end, an hour later.
      for (const text of fresh) say(`broken: ${text}`);
      say(
        `batch ${batches + 1}: ${Math.round(memory.signalbox.at(-1) ?? 0)} MB, ${broken.length} broken so far`,
      );
    }
    memory.stop();
    broken.push(...fallbacksOf(floor));
    const growth = { signalbox: growthOf(memory.signalbox), asterisk: growthOf(memory.asterisk) };
    if (growth.signalbox !== null && growth.signalbox > MOST_GROWTH) {
      broken.push(
        `memory: Signalbox grew by ${percent(growth.signalbox)}, more than ${percent(MOST_GROWTH)}`,
      );
    }
    const rows = [
      ["batches", String(batches)],
      ["memory of Signalbox, last third against first after warming up", shown(memory.signalbox)],
      ["memory of Asterisk, likewise", shown(memory.asterisk)],
    ] as const;
    const { signalbox, asterisk } = memory;
    const figures = { batches, growth, memory: { signalbox, asterisk } };
    return joined({ rows, broken, figures }, await closeBooks(floor));
  },
};

type Memory = { readonly signalbox: number[]; readonly asterisk: number[]; stop(): void };

/** MB of each, once a second. */
function sampled(floor: Floor): Memory {
  const memory = { signalbox: [] as number[], asterisk: [] as number[] };
  const look = (part: Part & keyof typeof memory): void => {
    const use = floor.use(part);
    if (use !== null) memory[part].push(use.mb);
  };
  const timer = setInterval(() => {
    look("signalbox");
    look("asterisk");
  }, SAMPLE_MS);
  return { ...memory, stop: () => clearInterval(timer) };
}

/** Of the last third against the first, once warm; null when the run was too short to say. */
export function growthOf(memory: readonly number[]): number | null {
  const warm = memory.slice(Math.floor(memory.length * WARM_SHARE));
  if (warm.length < FEWEST) return null;
  const third = Math.floor(warm.length / 3);
  return medianOf(warm.slice(-third)) / medianOf(warm.slice(0, third)) - 1;
}

function shown(memory: readonly number[]): string {
  const growth = growthOf(memory);
  const now = `${Math.round(memory.at(-1) ?? 0)} MB`;
  return growth === null ? `${now}, too short to say` : `${growth < 0 ? "" : "+"}${percent(growth)}, ${now}`;
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
