import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import type { Logger } from "pino";
import type { VicidialDirectory } from "../calls/vicidial-port.ts";
import type { CallCode } from "../core/callflow/call-code.ts";
import type { VicidialAnswer, VicidialSign } from "../core/callflow/commands.ts";
import { messageOf } from "../platform/errors.ts";
import { openVicidial, type VicidialDatabase } from "./database.ts";
import { readSigns } from "./owner-queries.ts";

export type DirectoryOptions = {
  readonly url: string;
  /** True for a sign that names a client: later tables are not asked then. */
  readonly leads: (sign: VicidialSign) => boolean;
  readonly log: Logger;
  /** Epoch milliseconds; for ages only. */
  readonly now?: () => number;
};

/** The most that a call waits for the database. */
const DEADLINE_MS = 50;
const CONNECTIONS = 4;
/** More calls than this at a time are not even asked for: each would only wait for the others. */
const MOST_ASKED = 200;
/** So many failures in a row, and the database is left alone until connections to it are ready again. */
const FAILURES = 3;
const LEFT_ALONE_MS = 5000;
/** A database that needs longer to get ready hangs. */
const READY_MS = 4000;
const MOST_KEPT = 20_000;
const KEPT_MS = 10 * 60_000;
/** VICIdial may write a call down a moment after it has placed it. */
const UNKNOWN_KEPT_MS = 1000;

type Kept = { readonly signs: readonly VicidialSign[]; readonly until: number };

/**
 * Looks call codes up, each at most once at a time and never for longer than the deadline. A database that fails is
 * left alone and its connections are cut. It is tried again without a call: to connect may take longer than one waits.
 */
export class VicidialBook implements VicidialDirectory {
  readonly #options: DirectoryOptions;
  readonly #now: () => number;
  readonly #kept = new Map<string, Kept>();
  readonly #asked = new Map<string, Promise<VicidialAnswer>>();
  #database: VicidialDatabase | null = null;
  #failures = 0;
  /** When the database last answered. */
  #wellAt = 0;
  #closed = false;
  #trial: NodeJS.Timeout | null = null;

  constructor(options: DirectoryOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  signsOf(code: CallCode): Promise<VicidialAnswer> {
    const kept = this.#kept.get(code.code);
    if (kept !== undefined && kept.until > this.#now()) return Promise.resolve({ signs: kept.signs });
    const asked = this.#asked.get(code.code);
    if (asked !== undefined) return asked;
    if (this.#closed || this.#failures >= FAILURES || this.#asked.size >= MOST_ASKED)
      return Promise.resolve({ signs: null });
    const answer = this.#ask(code).finally(() => this.#asked.delete(code.code));
    this.#asked.set(code.code, answer);
    return answer;
  }

  /**
   * Keeps the connections ready, since making one may take longer than a call waits. Never rejects; a database that is back
   * is asked again from here on.
   */
  async warm(): Promise<void> {
    if (this.#closed) return;
    const late = new AbortController();
    try {
      const { db } = this.#opened();
      const ready = Promise.all(Array.from({ length: CONNECTIONS }, () => sql`select 1`.execute(db)));
      const hangs = sleep(READY_MS, null, { signal: late.signal, ref: false });
      if ((await Promise.race([ready, hangs])) === null) throw new Error(`no answer within ${READY_MS} ms`);
      this.#well();
    } catch (error) {
      this.#options.log.warn({ event: "vicidial.not_ready" }, messageOf(error));
    } finally {
      late.abort();
    }
  }

  /** Cuts the connections; whoever asks afterwards gets no answer. */
  close(): void {
    this.#closed = true;
    if (this.#trial !== null) clearTimeout(this.#trial);
    this.#cut();
  }

  #cut(): void {
    this.#database?.abandon();
    this.#database = null;
  }

  #tryLater(): void {
    this.#trial ??= setTimeout(() => {
      void this.warm().then(() => {
        this.#trial = null;
        if (this.#closed || this.#failures < FAILURES) return;
        this.#cut();
        this.#tryLater();
      });
    }, LEFT_ALONE_MS).unref();
  }

  async #ask(code: CallCode): Promise<VicidialAnswer> {
    let timer: NodeJS.Timeout | undefined;
    const since = this.#now();
    const question = { late: false };
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => {
        question.late = true;
        resolve(null);
      }, DEADLINE_MS);
    });
    try {
      const signs = await Promise.race([this.#read(code, question), late]);
      // A database that answered others meanwhile is busy, not gone.
      if (signs === null && this.#wellAt <= since) this.#failed(`no answer within ${DEADLINE_MS} ms`);
      return { signs };
    } catch (error) {
      this.#failed(messageOf(error));
      return { signs: null };
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * An answer that comes too late for its call is kept for the next attempt. A connection belongs to one code until that
   * is answered: in a burst the first codes are then answered in time, and not all of them half. A code that is too
   * late before it has its turn is not asked for.
   */
  #read(code: CallCode, question: { readonly late: boolean }): Promise<readonly VicidialSign[] | null> {
    return this.#opened()
      .db.connection()
      .execute(async (db) => {
        if (question.late) return null;
        const signs = await readSigns(db, code, this.#options.leads);
        this.#well();
        this.#keep(code.code, signs);
        return signs;
      });
  }

  #opened(): VicidialDatabase {
    const { url } = this.#options;
    this.#database ??= openVicidial({ url, connections: CONNECTIONS, statementSeconds: 1 });
    return this.#database;
  }

  #well(): void {
    this.#failures = 0;
    this.#wellAt = this.#now();
  }

  #keep(code: string, signs: readonly VicidialSign[]): void {
    this.#kept.delete(code);
    const known = signs.some(this.#options.leads);
    this.#kept.set(code, { signs, until: this.#now() + (known ? KEPT_MS : UNKNOWN_KEPT_MS) });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT) break;
      this.#kept.delete(oldest);
    }
  }

  #failed(why: string): void {
    this.#failures++;
    // What was asked before it was cut fails after it.
    if (this.#failures !== FAILURES) return;
    this.#cut();
    this.#tryLater();
    this.#options.log.error(
      { event: "vicidial.unreachable", code: "vicidial_unreachable" },
      `VICIdial's database gives no answer (${why}); calls that only their call code could place are refused`,
    );
  }
}
