/**
 * The do-not-call lists in memory, read from text files beside the calls: a new list replaces the old one in one
 * assignment, when it is whole. It refuses to start without a list that is configured, and never takes a failed read
 * for an empty list.
 */
import { stat } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import type { E164 } from "../core/number/e164.ts";
import type { BadLines } from "../core/number/number-lines.ts";
import type { TenantId } from "../core/tenant/tenant-id.ts";
import type { DoNotCallLists } from "./do-not-call-port.ts";
import { NumberSet } from "./number-set.ts";
import type { NumbersRead, ReadNumbers } from "./number-set-worker.ts";

/** One configured list: `tenant` null is everyone's. `country` gives national forms their meaning. */
export type NumberSource = {
  readonly tenant: TenantId | null;
  readonly file: string;
  readonly country: string;
};

/** What a reload found, for the log and for `check`. */
export type ListLoaded = {
  readonly source: NumberSource;
  /** False when the file has not changed since it was last read. */
  readonly read: boolean;
  readonly numbers: number;
  readonly bad: BadLines;
};

/** `code`: do_not_call_unreadable */
export class DoNotCallError extends Error {
  readonly code = "do_not_call_unreadable";

  constructor({ file }: NumberSource, problem: string) {
    super(
      `the do-not-call list ${file} cannot be read (${problem}); put the file there or take it out of the configuration`,
    );
    this.name = "DoNotCallError";
  }
}

type Held = {
  readonly set: NumberSet;
  readonly bad: BadLines;
  readonly version: string;
  readonly source: NumberSource;
  /** What the same file held before it changed; forgotten once it counts no more. */
  before: Before | null;
};

/** `since`: when the file changed first; `until`: how long this counts besides what the file holds now. */
type Before = { readonly set: NumberSet; readonly since: number; readonly until: number };

/**
 * Whoever writes a list anew empties its file first, and a query may fill it minutes later. So where less than this part
 * is left of a list, what was on it still is until it has lain unchanged for so long: numbers that are taken off may wait,
 * and one that is on it may not be called. Single numbers are taken off at once.
 */
const LEFT_OF_A_LIST = 0.5;
const BEFORE_COUNTS_MS = 300_000;
/** A file that changes all the time is not being written anew. */
const MOST_COUNTS_MS = 1_800_000;

export class DoNotCallBook implements DoNotCallLists {
  /** By tenant, "" for everyone's. Replaced as a whole. */
  #lists: ReadonlyMap<string, Held> = new Map();
  #loading: Promise<unknown> = Promise.resolve();
  readonly #now: () => number;

  /** `now` in milliseconds of any clock that does not run back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  listed(tenant: TenantId, number: E164): "tenant" | "system" | null {
    if (this.#has(tenant, number)) return "tenant";
    return this.#has("", number) ? "system" : null;
  }

  #has(key: string, number: E164): boolean {
    const held = this.#lists.get(key);
    if (held === undefined) return false;
    if (held.set.has(number)) return true;
    if (held.before !== null && this.#now() >= held.before.until) held.before = null;
    return held.before?.set.has(number) === true;
  }

  /**
   * Makes `sources` the lists that hold: files that changed are read, one after another, the others kept, and all of
   * it takes effect at once. Rejects with DoNotCallError and changes nothing when one cannot be read.
   */
  load(sources: readonly NumberSource[]): Promise<readonly ListLoaded[]> {
    const loading = this.#loading.then(() => this.#load(sources));
    this.#loading = loading.catch(() => undefined);
    return loading;
  }

  async #load(sources: readonly NumberSource[]): Promise<readonly ListLoaded[]> {
    const lists = new Map<string, Held>();
    const loaded: ListLoaded[] = [];
    for (const source of sources) {
      const key = source.tenant ?? "";
      const version = await versionOf(source);
      const before = this.#lists.get(key);
      const same = before !== undefined && before.version === version;
      const held = same ? before : { ...(await readList(source)), version, source, before: null };
      lists.set(key, same ? held : { ...held, before: this.#stillCounts(before, held) });
      loaded.push({ source, read: !same, numbers: held.set.size, bad: held.bad });
    }
    this.#lists = lists;
    return loaded;
  }

  /** Another file, or one that is read as another country's, is another list. */
  #stillCounts(known: Held | undefined, { source: { file, country }, set }: Held): Before | null {
    if (known === undefined || known.source.file !== file || known.source.country !== country) return null;
    const now = this.#now();
    const until = now + BEFORE_COUNTS_MS;
    const { before } = known;
    const isWritten = before !== null && now < before.until && now - before.since < MOST_COUNTS_MS;
    if (isWritten) return { ...before, until };
    return set.size < known.set.size * LEFT_OF_A_LIST ? { set: known.set, since: now, until } : null;
  }
}

async function versionOf(source: NumberSource): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(source.file);
    return [source.file, source.country, mtimeMs, size, ino].join(" ");
  } catch (error) {
    throw new DoNotCallError(source, error instanceof Error ? error.message : String(error));
  }
}

async function readList(source: NumberSource): Promise<{ set: NumberSet; bad: BadLines }> {
  const { file, country } = source;
  const workerData: ReadNumbers = { file, country };
  const worker = new Worker(new URL("./number-set-worker.ts", import.meta.url), { workerData });
  const result = await new Promise<NumbersRead>((resolve) => {
    worker.once("message", resolve);
    worker.once("error", (error) => resolve({ ok: false, problem: String(error) }));
    worker.once("exit", (code) => resolve({ ok: false, problem: `its reader ended with ${code}` }));
  });
  if (!result.ok) throw new DoNotCallError(source, result.problem);
  return { set: new NumberSet(result.keys), bad: result.bad };
}
