/**
 * Reads the call detail records of the switches on this machine and tells the record watcher what they say: at once when
 * a switch is seen again, so that calls which ended meanwhile are closed with their exact seconds, and after that with
 * some delay, when whatever was to be heard of a call has long been heard. What was read is kept only once the records
 * that came of it are in the local file.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { type CdrNews, newsOfRow, readCdrRow } from "../calls/cdr-rows.ts";
import type { RecordStore } from "../calls/record-port.ts";
import type { RecordWatcher } from "../calls/record-watcher.ts";
import { CDR_FILE } from "../config/render/cdr.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { messageOf } from "../platform/errors.ts";
import { type CdrPlace, endOfCdr, keepPlace, nextPiece, readPlace } from "../records/cdr-file.ts";

export type CdrKeepingOptions = {
  readonly snapshot: () => Snapshot;
  /** Absolute. */
  readonly variables: string;
  readonly watcher: Pick<RecordWatcher, "reported">;
  readonly store: Pick<RecordStore, "flush">;
  /** Switches whose files are on this machine. */
  readonly beside: () => readonly string[];
  /** True while another node is known to listen to the switch: then that one hears how its calls end. */
  readonly leaves: (server: string) => boolean;
  /** The directory that a switch writes its logs to; rejects while it cannot be asked. */
  readonly logDirectory: (server: string) => Promise<string>;
  readonly log: Logger;
  readonly timings?: Partial<CdrTimings>;
};

/** Milliseconds. */
export type CdrTimings = { readonly everyMs: number; readonly delayMs: number };

/** A record is closed two seconds after its last leg, and a listener that dies is replaced within eight. */
const cdrTimings: CdrTimings = { everyMs: 5000, delayMs: 30_000 };

const STOP_MS = 1000;

type Kept = {
  place: CdrPlace | null;
  /** Ends of the file as they were, the oldest first. */
  seen: { readonly at: number; readonly place: CdrPlace }[];
  running: Promise<void> | null;
  /** How often the switch was seen again, and how often it had been when everything was read last. */
  seenAgain: number;
  caughtUp: number;
  path: string | null;
  complaint: string;
};

export class CdrKeeping {
  readonly #options: CdrKeepingOptions;
  readonly #timings: CdrTimings;
  readonly #kept = new Map<string, Kept>();
  readonly #timer: NodeJS.Timeout;
  #stopped = false;

  constructor(options: CdrKeepingOptions) {
    this.#options = options;
    this.#timings = { ...cdrTimings, ...options.timings };
    this.#timer = setInterval(() => this.#tick(), this.#timings.everyMs).unref();
  }

  /** The switch is seen again: anything may have gone unheard. */
  seen(server: string): void {
    if (!this.#options.beside().includes(server)) return;
    const kept = this.#keptOf(server);
    kept.seenAgain++;
    kept.path = null;
    this.#run(server, kept);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    const running = [...this.#kept.values()].map((kept) => kept.running);
    // Whoever waits for a file that is locked has kept no place for what is not written.
    await Promise.race([Promise.all(running), sleep(STOP_MS, undefined, { ref: false })]);
  }

  #tick(): void {
    const beside = this.#options.beside();
    for (const [server, kept] of this.#kept) if (beside.includes(server)) this.#run(server, kept);
  }

  #keptOf(server: string): Kept {
    const known = this.#kept.get(server);
    if (known !== undefined) return known;
    const kept: Kept = {
      place: null,
      seen: [],
      seenAgain: 0,
      caughtUp: 0,
      running: null,
      path: null,
      complaint: "",
    };
    this.#kept.set(server, kept);
    return kept;
  }

  #run(server: string, kept: Kept): void {
    if (this.#stopped || kept.running !== null) return;
    kept.running = this.#read(server, kept)
      .catch((error: unknown) => this.#complain(server, kept, "cdr_unreadable", messageOf(error)))
      .finally(() => {
        kept.running = null;
      });
  }

  async #read(server: string, kept: Kept): Promise<void> {
    kept.path ??= await this.#pathOf(server);
    const end = await endOfCdr(kept.path);
    if (end.file === "") this.#complain(server, kept, "cdr_missing", missing(kept.path));
    else kept.complaint = "";
    kept.place ??= (await readPlace(this.#placeFile(server))) ?? end;
    const { seenAgain } = kept;
    const urgent = kept.caughtUp < seenAgain;
    const until = urgent ? end : this.#delayed(kept, end);
    if (until === null) return;
    // What fell into our absence is read in any case: the one that listens may have been away as well, or be dead, with a
    // listening that has not run out yet.
    const passedOver = !urgent && this.#options.leaves(server);
    const rows = passedOver ? this.#skip(kept, until) : await this.#readUntil(server, kept, until);
    if (this.#stopped) return;
    kept.caughtUp = seenAgain;
    await keepPlace(this.#placeFile(server), kept.place);
    if (urgent && rows > 0) this.#options.log.info({ event: "cdr.read", server, rows });
  }

  /** Where the file ended a while ago. */
  #delayed(kept: Kept, end: CdrPlace): CdrPlace | null {
    const now = performance.now();
    kept.seen.push({ at: now, place: end });
    let until: CdrPlace | null = null;
    while ((kept.seen[0]?.at ?? now) <= now - this.#timings.delayMs) until = kept.seen.shift()?.place ?? null;
    return until;
  }

  #skip(kept: Kept, until: CdrPlace): number {
    kept.place = until;
    return 0;
  }

  async #readUntil(server: string, kept: Kept, until: CdrPlace): Promise<number> {
    let rows = 0;
    while (!this.#stopped && kept.path !== null && kept.place !== null) {
      const limit = kept.place.file === until.file || kept.place.file === "" ? until.offset : undefined;
      const piece = await nextPiece(kept.path, kept.place, limit);
      if (piece === null) return rows;
      rows += piece.lines.length;
      const lost = piece.lost + this.#tell(server, piece.lines);
      if (lost > 0) this.#options.log.warn({ event: "cdr.refused", server, lines: lost }, REFUSED);
      if (piece.gone === true) this.#options.log.warn({ event: "cdr.gone", code: "cdr_gone", server }, GONE);
      // As fast as the records can be written, and no faster: the file may hold weeks.
      await this.#options.store.flush();
      if (this.#stopped) return rows;
      kept.place = piece.place;
      if (!piece.more) return rows;
      await keepPlace(this.#placeFile(server), kept.place);
    }
    return rows;
  }

  /** How many lines were none of ours. */
  #tell(server: string, lines: readonly string[]): number {
    const snapshot = this.#options.snapshot();
    const news: CdrNews[] = [];
    let refused = 0;
    for (const line of lines) {
      const row = readCdrRow(line);
      if (row === null) refused++;
      else {
        const said = newsOfRow(row, server, snapshot);
        if (said !== null) news.push(said);
      }
    }
    this.#options.watcher.reported(server, news, Date.now());
    return refused;
  }

  async #pathOf(server: string): Promise<string> {
    const target = this.#options.snapshot().system.switches.find((each) => each.server === server);
    return target?.cdr ?? cdrPath(await this.#options.logDirectory(server));
  }

  #placeFile(server: string): string {
    return join(this.#options.variables, `cdr-${server}.place`);
  }

  /** Said once, until it is something else. */
  #complain(server: string, kept: Kept, code: string, why: string): void {
    if (kept.complaint === code || this.#stopped) return;
    kept.complaint = code;
    this.#options.log.warn({ event: "cdr.not_read", code, server }, why);
  }
}

const REFUSED =
  "lines of the call detail records are no rows of ours: does something else write to this file?";

const GONE =
  "the call detail records that were being read are gone from their folder before their end: calls in what was left of them have no record of it; let logrotate pack them a day later (delaycompress)";

export function cdrPath(logDirectory: string): string {
  return join(logDirectory, "cdr-custom", CDR_FILE);
}

function missing(path: string): string {
  return `there is no ${path} yet: calls that end while Signalbox is away stay unknown_end; include cdr_custom_signalbox.conf in cdr_custom.conf, under [mappings], and see with \`module show like cdr_custom\` that it runs`;
}
