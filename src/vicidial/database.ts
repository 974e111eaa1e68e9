/**
 * VICIdial's own database. It is read and never written: each session is set to read only besides what the account may
 * do, and a statement that takes too long is ended by the server. Few connections, made when they are needed: a
 * dialler's database has work of its own.
 */
import { Kysely, MysqlDialect } from "kysely";
import { createPool, type PoolConnection } from "mysql2";
import { SignalboxError } from "../platform/errors.ts";
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
  const { hostname, port, username, password, pathname } = parse(options.url);
  const pool = createPool({
    host: hostname,
    port: port === "" ? 3306 : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    connectionLimit: options.connections,
    connectTimeout: 2000,
    enableKeepAlive: true,
    decimalNumbers: true,
    dateStrings: true,
  });
  const connected = new Set<PoolConnection>();
  pool.on("connection", (connection) => {
    connected.add(connection);
    connection.once("end", () => connected.delete(connection));
    // A server that does not know one of these settings does without it: the account may only read in any case.
    const ignored = (): void => undefined;
    connection.query("set session transaction read only", ignored);
    connection.query(`set session max_statement_time = ${options.statementSeconds}`, ignored);
  });
  return {
    db: new Kysely<VicidialTables>({ dialect: new MysqlDialect({ pool }) }),
    abandon() {
      for (const connection of connected) connection.destroy();
      connected.clear();
      pool.end(() => undefined);
    },
  };
}

function parse(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed !== null && parsed.protocol === "mysql:" && /^\/[^/]+$/.test(parsed.pathname)) return parsed;
  const says = "vicidial.database must be mysql://user:password@host:port/database";
  throw new SignalboxError("vicidial_bad_url", says);
}
