import { Kysely, MysqlDialect } from "kysely";
import { createPool, type PoolConnection } from "mysql2";
import { RecordError } from "../../calls/record-port.ts";
import type { Database, Tables } from "../tables.ts";

export type MysqlOptions = { readonly url: string; readonly connections: number };

export type MysqlDatabase = Database & {
  /** Cuts every connection at once; a server that hangs would not let them be closed politely. */
  abandon(): void;
};

/** Connects at the first query. Rejects nothing itself; throws `records_bad_url` for text that is no such URL. */
export function openMysql({ url, connections }: MysqlOptions): MysqlDatabase {
  const { hostname, port, username, password, pathname } = parse(url);
  const pool = createPool({
    host: hostname,
    port: port === "" ? 3306 : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    charset: "utf8mb4_bin",
    connectionLimit: connections,
    connectTimeout: 5000,
    enableKeepAlive: true,
    // Sums come as decimals; all of ours are whole and far below 2^53.
    decimalNumbers: true,
  });
  const connected = new Set<PoolConnection>();
  pool.on("connection", (connection) => {
    connected.add(connection);
    connection.once("end", () => connected.delete(connection));
    // Without gap locks two nodes that store different calls never wait for one another.
    connection.query("set session transaction isolation level read committed");
  });
  return {
    db: new Kysely<Tables>({ dialect: new MysqlDialect({ pool }) }),
    dialect: "mysql",
    abandon() {
      for (const connection of connected) connection.destroy();
      connected.clear();
      pool.end(() => undefined);
    },
  };
}

function parse(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const usable =
    parsed !== null && /^(mysql|mariadb):$/.test(parsed.protocol) && /^\/[^/]+$/.test(parsed.pathname);
  if (usable) return parsed;
  throw new RecordError(
    "records_bad_url",
    "`records` must be sqlite:FILE or mysql://user:password@host:port/database",
  );
}
