import { compareEdges, type Edge, inOrder } from "../core/record/peak.ts";
import type { Tables } from "./tables.ts";

type Occupation = Pick<
  Tables["occupations"],
  "tenant" | "began_at" | "ended_at" | "shared" | "cap" | "reserved"
>;

const MINUTE_MS = 60_000;
/** Some 3 MB; a minute of 300 calls a second. */
const MOST_EDGES = 40_000;

type Known = { readonly at: number; readonly bound: number | null };
const UNKNOWN: Known = { at: -Infinity, bound: null };

/** Of two that began at one instant the larger bound counts, so that every node writes the same. */
function later(known: Known, at: number, bound: number | null): Known {
  if (bound === null || at < known.at) return known;
  return at === known.at && (known.bound ?? bound) > bound ? known : { at, bound };
}

/** The edges of one minute, and the bounds that its latest beginning knew of. */
export class MinuteEdges {
  readonly #all = new Edges();
  readonly #pool = new Edges();
  #cap = UNKNOWN;
  #reserved = UNKNOWN;

  began({ began_at: at, shared, cap, reserved }: Omit<Occupation, "tenant" | "ended_at">): void {
    this.#add({ at, change: 1 }, shared);
    this.#cap = later(this.#cap, at, cap);
    this.#reserved = later(this.#reserved, at, reserved);
  }

  ended({ ended_at: at, shared }: Pick<Occupation, "ended_at" | "shared">): void {
    this.#add({ at, change: -1 }, shared);
  }

  get all(): readonly Edge[] {
    return this.#all.inOrder();
  }

  /** Those of the shared pool. */
  get pool(): readonly Edge[] {
    return this.#pool.inOrder();
  }

  get size(): number {
    return this.#all.size;
  }

  get cap(): number | null {
    return this.#cap.bound;
  }

  get reserved(): number | null {
    return this.#reserved.bound;
  }

  #add(edge: Edge, shared: number): void {
    this.#all.add(edge);
    if (shared === 1) this.#pool.add(edge);
  }
}

/** In the order of time. What is added is mostly the newest, so that only the end of the list has to move. */
class Edges {
  readonly #ordered: Edge[] = [];
  #added: Edge[] = [];

  get size(): number {
    return this.#ordered.length + this.#added.length;
  }

  add(edge: Edge): void {
    this.#added.push(edge);
  }

  inOrder(): readonly Edge[] {
    const added = [...inOrder(this.#added)];
    this.#added = [];
    const later: Edge[] = [];
    for (let edge = added.pop(); edge !== undefined; ) {
      const last = this.#ordered.at(-1);
      if (last !== undefined && compareEdges(last, edge) > 0) {
        later.push(last);
        this.#ordered.pop();
      } else {
        later.push(edge);
        edge = added.pop();
      }
    }
    while (later.length > 0) this.#ordered.push(later.pop() as Edge);
    return this.#ordered;
  }
}

/** The minute of the epoch that opens with, or holds, this beginning. */
export function minuteOfBegin(at: number): number {
  return Math.floor(at / MINUTE_MS);
}

/** The minute that closes with, or holds, this end. */
export function minuteOfEnd(at: number): number {
  return Math.ceil(at / MINUTE_MS) - 1;
}

/**
 * The edges of the minutes that were counted last: reading a busy one anew for every batch would be most of what a call
 * costs. Whoever takes legs out of the database, or gives a transaction up, MUST forget what is here.
 */
export class EdgeMemory {
  /** The one used last is last. */
  readonly #minutes = new Map<string, MinuteEdges>();

  /** A leg that was written. A minute that is not known here stays unknown. */
  add(row: Occupation): void {
    this.#minutes.get(keyOf(row.tenant, minuteOfBegin(row.began_at)))?.began(row);
    this.#minutes.get(keyOf(row.tenant, minuteOfEnd(row.ended_at)))?.ended(row);
  }

  get(tenant: string, minute: number): MinuteEdges | null {
    return this.#minutes.get(keyOf(tenant, minute)) ?? null;
  }

  /** All edges of that minute, as the database has them. */
  keep(tenant: string, minute: number, edges: MinuteEdges): void {
    const key = keyOf(tenant, minute);
    this.#minutes.delete(key);
    this.#minutes.set(key, edges);
  }

  /** To be called when a batch is through. */
  bound(): void {
    let size = 0;
    for (const edges of this.#minutes.values()) size += edges.size;
    for (const [key, edges] of this.#minutes) {
      if (size <= MOST_EDGES) break;
      this.#minutes.delete(key);
      size -= edges.size;
    }
  }

  forget(): void {
    this.#minutes.clear();
  }
}

function keyOf(tenant: string, minute: number): string {
  return `${minute} ${tenant}`;
}
