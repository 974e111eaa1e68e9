import { createRequire } from "node:module";
import type { Pool, PoolConnection, PoolOptions } from "mysql2";

/** Read when it is first needed: most nodes have no MySQL, and each thread would hold 12 MB of it. */
function mysql(): typeof import("mysql2") {
  return createRequire(import.meta.url)("mysql2");
}

export type MysqlPool = {
  readonly pool: Pool;
  /** Cuts every connection at once; a server that hangs would not let them be closed politely. */
  abandon(): void;
};

export type MysqlPoolOptions = PoolOptions & {
  /** Called for each new connection before it is used, to put its session in order. */
  readonly onConnection: (connection: PoolConnection) => void;
};

/** Connects at the first query. `url` is `scheme://user:password@host:port/database` with any scheme. */
export function openMysqlPool(url: URL, { onConnection, ...options }: MysqlPoolOptions): MysqlPool {
  const { hostname, port, username, password, pathname } = url;
  const pool = mysql().createPool({
    host: hostname,
    port: port === "" ? 3306 : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    enableKeepAlive: true,
    // Sums come as decimals; all that is read here is whole and far below 2^53.
    decimalNumbers: true,
    ...options,
  });
  const connected = new Set<PoolConnection>();
  pool.on("connection", (connection) => {
    connected.add(connection);
    connection.once("end", () => connected.delete(connection));
    // Values are escaped with backslashes here: a server that takes those for letters would read a text's end into it.
    connection.query("set session sql_mode = 'STRICT_TRANS_TABLES'", (error) => {
      if (error !== null) connection.destroy();
    });
    onConnection(connection);
  });
  return {
    pool,
    abandon() {
      for (const connection of connected) connection.destroy();
      connected.clear();
      pool.end(() => undefined);
    },
  };
}
