// What a profile is, and the invariants that every one of them ends with.
import { waitFor } from "../lab/ports.ts";
import type { SippResult } from "../sipp-runner.ts";
import type { Agreement } from "./agreement.ts";
import type { Floor } from "./floor.ts";
import type { FloorOptions } from "./floor-options.ts";
import { type Recorded, readRecorded } from "./recorded.ts";
import { recordingsIn, wrongVoices } from "./voices.ts";

const AGREED_WITHIN_MS = 45_000;
const RECORDED_WITHIN_MS = 40_000;

export type RunFlags = {
  readonly ports: number;
  /** Multiplies every size; 1 is meant for two cores. */
  readonly size: number;
  readonly minutes: number;
  /** Seeded kills; null when nobody said how many. */
  readonly kills: number | null;
  readonly seed: number;
  /** Faults by name, or all of them. */
  readonly only: readonly string[];
  readonly all: boolean;
};

export type FloorChoice = Omit<FloorOptions, "folder" | "ports">;

export type RunContext = {
  /** The one that is there now. */
  readonly floor: Floor;
  /** Takes down the floor there is and builds another, in a folder of its own below `folder`. */
  readonly moveTo: (name: string, options: FloorChoice) => Promise<Floor>;
  /** Takes down the floor there is. */
  readonly clear: () => Promise<void>;
  readonly folder: string;
  readonly flags: RunFlags;
  readonly say: (line: string) => void;
};

export type ProfileResult = {
  /** What people read, in order. */
  readonly rows: readonly (readonly [what: string, value: string])[];
  /** Invariants that did not hold; empty when the run was good. */
  readonly broken: readonly string[];
  readonly figures: Readonly<Record<string, unknown>>;
};

export type Profile = {
  readonly name: string;
  readonly says: string;
  readonly recording?: boolean;
  /** It goes on to what the machine cannot do. */
  readonly overloads?: true;
  /** It builds its floors by itself. */
  readonly ownFloors?: true;
  readonly run: (context: RunContext) => Promise<ProfileResult>;
};

/**
 * Waits until store and switch agree, with `legs` legs if said, or with no fewer; what differs at the end is what was
 * broken.
 */
export async function agree(
  floor: Floor,
  withinMs: number,
  legs?: number,
  more: "exactly" | "or more" = "exactly",
): Promise<readonly string[]> {
  const enough = (seen: number) => legs === undefined || seen === legs || (more === "or more" && seen > legs);
  let last: Agreement | null = null;
  try {
    await waitFor(
      "store and switch to agree",
      async () => {
        last = await floor.look().catch(() => null);
        return (last?.same === true && enough(last.legs)) || undefined;
      },
      withinMs,
      200,
    );
    return [];
  } catch {
    return [`store = switch: ${differencesOf(last, legs)}`];
  }
}

function differencesOf(last: Agreement | null, legs: number | undefined): string {
  if (last === null) return "neither could be asked";
  if (last.differences.length > 0) return last.differences.slice(0, 5).join("; ");
  return `${last.legs} legs are up instead of ${legs}`;
}

/** A caller that failed was left in silence or was cut off; SIPp's own words say which. */
export function callersWell(result: SippResult): readonly string[] {
  if (result.ok) return [];
  return [`callers: ${result.problem.split("\n").slice(0, 4).join("; ")}`];
}

/**
 * How many of `placed` calls no node has decided since there were `before`: their numbers' fallbacks served them, which
 * callers cannot tell.
 */
export async function undecidedOf(floor: Floor, before: number, placed: number): Promise<number> {
  const left = () => Math.max(0, placed - (floor.decided.size - before));
  // Lines of the log are written together, a moment later.
  await waitFor("their decisions", () => left() === 0 || undefined, 2000).catch(() => {});
  return left();
}

/** Where no part fails, no call needs its number's fallback. */
export function fallbacksOf({ undecidedSteps }: Floor): readonly string[] {
  return undecidedSteps === 0 ? [] : [`decisions: ${undecidedSteps} steps got none in time`];
}

/**
 * All calls are over: nothing is counted, and everything that was decided is recorded, once. `withinMs` is how long the
 * last record is waited for.
 */
export async function closeBooks(floor: Floor, withinMs = RECORDED_WITHIN_MS): Promise<ProfileResult> {
  const lost = [...floor.nodes.lost];
  // What a dead node has not done by now it will not do.
  const patience = lost.length === 0 ? 1 : 0;
  const differing = await agree(floor, AGREED_WITHIN_MS * patience, 0);
  const recorded = await lastRecorded(floor, withinMs * patience);
  const voices = recordingsIn(floor.recordings);
  const broken = [
    ...lost.map((text) => `Signalbox: ${text}`),
    ...differing,
    ...(recorded.decided === 0 ? ["decisions: not one call was decided"] : []),
    ...few("without a record", recorded.missing),
    ...few("recorded twice", recorded.twice),
    ...few("of an impossible length", recorded.odd),
    ...floor.wrong(recorded.calls),
    ...wrongVoices(recorded.calls, floor.recordings, process.getuid?.() === 0),
  ];
  return {
    rows: [
      ["calls decided", String(recorded.decided)],
      ["call records", String(recorded.records)],
      ...(voices.files === 0
        ? []
        : [["recordings", `${voices.files}, ${Math.round(voices.bytes / 1e6)} MB`] as const]),
    ],
    broken,
    figures: { decided: recorded.decided, records: recorded.records, voices },
  };
}

/** A call is stored a moment after its last leg; what is missing after this time is missing. */
async function lastRecorded(floor: Floor, withinMs: number): Promise<Recorded> {
  const read = () => readRecorded(floor.records, floor.variables, floor.decided);
  const complete = async () => {
    const { missing, calls } = await read();
    return (missing.length === 0 && floor.wrong(calls).length === 0) || undefined;
  };
  await waitFor("the last record", complete, withinMs, 500).catch(() => {});
  await floor.stopNodes();
  return read();
}

function few(what: string, calls: readonly string[]): string[] {
  return calls.length === 0 ? [] : [`${calls.length} calls ${what}: ${calls.slice(0, 5).join(", ")}`];
}

export function joined(...results: readonly ProfileResult[]): ProfileResult {
  return {
    rows: results.flatMap(({ rows }) => rows),
    broken: results.flatMap(({ broken }) => broken),
    figures: Object.assign({}, ...results.map(({ figures }) => figures)) as Record<string, unknown>,
  };
}
