// What the callers of a run did, by the client whose calls they are, and whether the records tell the same: as many
// calls, as many of them taken, every one within the time in which it was made.
import type { StoredCall } from "../../src/calls/record-port.ts";
import type { FloorOptions } from "./floor-options.ts";
import { clientOfTrunk, NOBODY, ownerOf } from "./whose.ts";

/** Epoch milliseconds. */
type Span = { readonly from: number; readonly to: number };

/** `fleeting` of the calls may have been taken back before their first step. */
type Made = { calls: number; fleeting: number; answered: number; readonly spans: Span[] };

export type Calls = Pick<Made, "calls" | "answered"> & Partial<Pick<Made, "fleeting">>;

/** How much earlier than its caller a call may be recorded to have begun, and how much later to have ended. */
export type Slack = { readonly earlyMs: number; readonly lateMs: number };

/** Clocks are read in whole milliseconds, and not at the same moment. */
const EARLY_MS = 1000;
/** An end is recorded as it was heard, or once it could be. */
const LATE_MS = 3000;
const LATE_AFTER_FAULT_MS = 15_000;
/** What was on while the clock was wrong is recorded by the wrong one. */
const CLOCKS_APART_MS = 7_200_000;
const MOST_TOLD = 3;

export function slackOf({ ownClock, calm }: Pick<FloorOptions, "ownClock" | "calm">): Slack {
  if (ownClock === true) return { earlyMs: CLOCKS_APART_MS, lateMs: CLOCKS_APART_MS };
  return { earlyMs: EARLY_MS, lateMs: calm === true ? LATE_MS : LATE_AFTER_FAULT_MS };
}

export class Placed {
  readonly #clients = new Map<string, Made>();
  readonly #doubted = new Set<string>();
  #counted = true;

  add(client: string, { calls, answered, fleeting = 0 }: Calls, span: Span): void {
    const made = this.#clients.get(client) ?? { calls: 0, fleeting: 0, answered: 0, spans: [] };
    made.calls += calls;
    made.fleeting += fleeting;
    made.answered += answered;
    made.spans.push(span);
    this.#clients.set(client, made);
  }

  /** How many calls the switch was given; null where that cannot be known. */
  get calls(): number | null {
    if (!this.#counted) return null;
    return [...this.#clients.values()].reduce((sum, made) => sum + made.calls, 0);
  }

  /** Callers spoke to a switch that was not there, or that died with what it knew of them. */
  loseCount(): void {
    this.#counted = false;
  }

  /** The configuration does not say any more whose this client's calls are. */
  doubt(client: string): void {
    this.#doubted.add(client);
  }

  get doubted(): ReadonlySet<string> {
    return this.#doubted;
  }

  /** What records say wrongly. */
  wrong(records: readonly StoredCall[], slack: Slack): readonly string[] {
    const strange = records.flatMap((record) => {
      const text = this.#strange(record, slack);
      return text === null ? [] : [`${record.call} ${text}`];
    });
    const told = strange.slice(0, MOST_TOLD).join("; ");
    return [
      ...(strange.length === 0 ? [] : [`${strange.length} are not what was called: ${told}`]),
      ...(this.#counted ? this.#miscounted(records) : []),
    ];
  }

  /** Where one client's calls are in doubt, they may stand as nobody's as well. */
  #miscounted(records: readonly StoredCall[]): readonly string[] {
    const unsure = this.#doubted.size > 0;
    return [...this.#clients].flatMap(([client, { calls, fleeting, answered }]) => {
      if (this.#doubted.has(client) || (unsure && client === NOBODY)) return [];
      const theirs = records.filter(({ tenant }) => (tenant ?? NOBODY) === client);
      const taken = theirs.filter(({ answeredAt }) => answeredAt !== null).length;
      return [
        ...(theirs.length <= calls && theirs.length >= calls - fleeting
          ? []
          : [`${theirs.length} of ${calls} calls of ${client}`]),
        ...(taken === answered ? [] : [`${taken} of ${answered} answers of ${client}`]),
      ];
    });
  }

  #strange(record: StoredCall, { earlyMs, lateMs }: Slack): string | null {
    const { tenant, direction, did, to, trunk, startedAt, endedAt } = record;
    const client = tenant ?? NOBODY;
    const owner = direction === "inbound" ? ownerOf(did ?? to) : clientOfTrunk(trunk ?? "");
    if (this.#doubted.has(owner ?? client)) return null;
    // A call out of theirs is nobody's, or of a client that the run does not know.
    if (this.#doubted.size > 0 && owner === null && (client === NOBODY || !this.#clients.has(client)))
      return null;
    if (owner !== null && owner !== client) return `is recorded as ${client}'s and is ${owner}'s`;
    const spans = this.#clients.get(client)?.spans ?? [];
    const fits = spans.some(({ from, to: end }) => startedAt >= from - earlyMs && endedAt <= end + lateMs);
    const at = (ms: number) => new Date(ms).toISOString();
    return fits ? null : `is recorded from ${at(startedAt)} to ${at(endedAt)}, when nobody called`;
  }
}
