/**
 * VICIdial's own database. It is read and never written: each session is set to read only besides what the account may
 * do, and a statement that takes too long is ended by the server. Few connections, made when they are needed: a
 * dialler's database has work of its own.
 */
import { Kysely, MysqlDialect } from "kysely";
import { SignalboxError } from "../platform/errors.ts";
import { openMysqlPool } from "../platform/mysql-pool.ts";
import type { VicidialTables } from "./tables.ts";

export type VicidialDatabase = {
  readonly db: Kysely<VicidialTables>;
  /** Cuts every connection at once, as a server that hangs would not let them be closed. */
  abandon(): void;
};

export type VicidialDatabaseOptions = {
  /** `mysql://user:password@host:port/database` */
  readonly url: string;
  readonly connections: number;
  /** The most seconds that the server spends on one statement. */
  readonly statementSeconds: number;
};

/** Connects at the first query. Throws `vicidial_bad_url` for text that is no such URL. */
export function openVicidial(options: VicidialDatabaseOptions): VicidialDatabase {
  // A server that does not know one of these settings does without it: the account may only read in any case.
  const ignored = (): void => undefined;
  const { pool, abandon } = openMysqlPool(parse(options.url), {
    connectionLimit: options.connections,
    connectTimeout: 2000,
    dateStrings: true,
    onConnection(connection) {
      connection.query("set session transaction read only", ignored);
      connection.query(`set session max_statement_time = ${options.statementSeconds}`, ignored);
    },
  });
  return { db: new Kysely<VicidialTables>({ dialect: new MysqlDialect({ pool }) }), abandon };
}

function parse(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed !== null && parsed.protocol === "mysql:" && /^\/[^/]+$/.test(parsed.pathname)) return parsed;
  const says = "vicidial.database must be mysql://user:password@host:port/database";
  throw new SignalboxError("vicidial_bad_url", says);
}
