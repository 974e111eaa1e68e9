/**
 * The spend guard of one node, in a file: what was counted stays counted over a restart and a kill. It writes on the
 * thread that decides, since an answer given before it is kept would not be exact; so it writes little, waits for no
 * fsync but at checkpoints, and says `unknown` sooner than it waits for a file that is locked or full.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Logger } from "pino";
import { RecordError } from "../calls/record-port.ts";
import type { KeptSpending, Spent } from "../calls/spend-port.ts";
import type { SpendAnswer, SpendRequest } from "../core/callflow/commands.ts";
import type { CallId } from "../core/tenant/stamp.ts";
import { messageOf } from "../platform/errors.ts";

export type SqliteSpendOptions = {
  /** Made when it is not there; its folder has to be. */
  readonly file: string;
  readonly log: Logger;
};

/** A file that somebody else has locked is waited for this long: the port's answer is due within 150 ms. */
const BUSY_MS = 100;
/** Days kept, for calls that last past midnight anywhere on Earth and for a look back. */
const DAYS_KEPT = 7;

const TABLES = `
create table if not exists spent (
  tenant text not null, day text not null, prefix text not null, calls integer not null, seconds integer not null,
  primary key (tenant, day, prefix)
) strict, without rowid;
create table if not exists counted (
  call text primary key, tenant text not null, day text not null, prefixes text not null, ended integer not null,
  placing integer not null default 1
) strict, without rowid;
create index if not exists counted_day on counted (day);
`;

/** A file from when every call had one number. */
const SINCE_PLACINGS = "alter table counted add column placing integer not null default 1";

/** Throws RecordError `spending_unreadable`. */
export function openSqliteSpending(options: SqliteSpendOptions): SqliteSpendLedger {
  const { file } = options;
  try {
    return new SqliteSpendLedger(options);
  } catch (error) {
    const remedy =
      "let this node's user write it and its folder, or move it away to begin the day's count anew";
    throw new RecordError(
      "spending_unreadable",
      `${file} cannot be used: ${messageOf(error)}; ${remedy}`,
      error,
    );
  }
}

export class SqliteSpendLedger implements KeptSpending {
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  readonly #log: Logger;
  #newestDay = "";

  constructor({ file, log }: SqliteSpendOptions) {
    this.#log = log;
    this.#database = new DatabaseSync(file, { timeout: BUSY_MS });
    this.#database.exec("pragma journal_mode = wal");
    this.#database.exec("pragma synchronous = normal");
    this.#database.exec(TABLES);
    const columns = this.#database.prepare("select name from pragma_table_info('counted')").all();
    if (!columns.some(({ name }) => name === "placing")) this.#database.exec(SINCE_PLACINGS);
    this.#statements = prepare(this.#database);
  }

  async begin(request: SpendRequest): Promise<SpendAnswer> {
    try {
      this.#prune(request.day);
      return this.#transaction(() => this.#count(request));
    } catch (error) {
      this.#log.error(
        { event: "spending.not_counted", code: "spending_not_counted", call: request.call },
        messageOf(error),
      );
      return { within: false, prefix: "", limit: "unknown" };
    }
  }

  async ended(call: CallId, seconds: number): Promise<boolean> {
    const { last, add, close } = this.#statements;
    try {
      return this.#transaction(() => {
        const counted = last.get(call);
        if (counted === undefined) return false;
        const { tenant, day, prefixes, ended } = counted;
        if (ended === 1) return true;
        for (const prefix of JSON.parse(String(prefixes)) as string[])
          add.run(Math.ceil(seconds), String(tenant), String(day), prefix);
        close.run(call);
        return true;
      });
    } catch (error) {
      throw notKept(call, error);
    }
  }

  knows({ call, placing }: Pick<SpendRequest, "call" | "placing">): boolean {
    return this.#statements.known.get(call, placing) !== undefined;
  }

  /** Throws RecordError `spending_not_kept`. */
  note(request: SpendRequest): void {
    try {
      this.#prune(request.day);
      const limits = request.limits.map((each) => ({ ...each, callsPerDay: null, minutesPerDay: null }));
      this.#transaction(() => this.#count({ ...request, limits }));
    } catch (error) {
      throw notKept(request.call, error);
    }
  }

  /** Throws RecordError `spending_not_kept`. */
  noteEnd(
    call: CallId,
    { tenant, day, seconds }: Omit<Spent, "prefix" | "calls">,
    prefixes: readonly string[],
  ): void {
    const { addNew, close } = this.#statements;
    try {
      this.#transaction(() => {
        for (const prefix of prefixes) addNew.run(tenant, day, prefix, Math.ceil(seconds));
        close.run(call);
      });
    } catch (error) {
      throw notKept(call, error);
    }
  }

  own(day: string): readonly Spent[] {
    return this.#statements.own.all(day).map((row) => ({
      tenant: String(row.tenant),
      day: String(row.day),
      prefix: String(row.prefix),
      calls: Number(row.calls),
      seconds: Number(row.seconds),
    }));
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  #count(request: SpendRequest): SpendAnswer {
    const { call, placing, tenant, day, limits } = request;
    const { used, count, remember } = this.#statements;
    if (this.knows(request)) return { within: true };
    const answer = weighSpent(request, used);
    if (!answer.within) return answer;
    for (const { prefix } of limits) count.run(tenant, day, prefix);
    remember.run(call, tenant, day, JSON.stringify(limits.map(({ prefix }) => prefix)), placing);
    return answer;
  }

  #transaction<T>(work: () => T): T {
    this.#database.exec("begin immediate");
    try {
      const done = work();
      this.#database.exec("commit");
      return done;
    } catch (error) {
      // What SQLite has rolled back by itself would hide its reason behind a second error.
      if (this.#database.isTransaction) this.#database.exec("rollback");
      throw error;
    }
  }

  /** Once a day. */
  #prune(day: string): void {
    if (day <= this.#newestDay) return;
    this.#newestDay = day;
    for (const table of ["spent", "counted"])
      this.#database.prepare(`delete from ${table} where day < date(?, '-${DAYS_KEPT} days')`).run(day);
  }
}

function weighSpent({ tenant, day, limits }: SpendRequest, used: StatementSync): SpendAnswer {
  for (const { prefix, callsPerDay, minutesPerDay } of limits) {
    const { calls = 0, seconds = 0 } = used.get(tenant, day, prefix) ?? {};
    if (callsPerDay !== null && Number(calls) >= callsPerDay)
      return { within: false, prefix, limit: "calls" };
    if (minutesPerDay !== null && Number(seconds) >= minutesPerDay * 60)
      return { within: false, prefix, limit: "minutes" };
  }
  return { within: true };
}

/** What the ledger in `file` would say to a number, which it does not count. */
export function askSpending(file: string, request: SpendRequest): SpendAnswer {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS });
    return weighSpent(request, database.prepare(USED));
  } catch {
    return { within: false, prefix: "", limit: "unknown" };
  } finally {
    database?.close();
  }
}

const USED = "select calls, seconds from spent where tenant = ? and day = ? and prefix = ?";

function notKept(call: CallId, error: unknown): RecordError {
  const says = `what ${call} has used is not counted: ${messageOf(error)}`;
  return new RecordError("spending_not_kept", says, error);
}

type Statements = Readonly<
  Record<"known" | "last" | "used" | "count" | "remember" | "add" | "addNew" | "close" | "own", StatementSync>
>;

function prepare(database: DatabaseSync): Statements {
  return {
    known: database.prepare("select 1 from counted where call = ? and placing >= ?"),
    last: database.prepare("select tenant, day, prefixes, ended from counted where call = ?"),
    used: database.prepare(USED),
    count: database.prepare(
      "insert into spent values (?, ?, ?, 1, 0) on conflict do update set calls = calls + 1",
    ),
    remember: database.prepare("insert or replace into counted values (?, ?, ?, ?, 0, ?)"),
    add: database.prepare(
      "update spent set seconds = seconds + ? where tenant = ? and day = ? and prefix = ?",
    ),
    addNew: database.prepare(
      "insert into spent values (?1, ?2, ?3, 0, ?4) on conflict do update set seconds = seconds + ?4",
    ),
    own: database.prepare("select * from spent where day >= ?"),
    close: database.prepare("update counted set ended = 1 where call = ?"),
  };
}
