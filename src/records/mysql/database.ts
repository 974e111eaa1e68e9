import { Kysely, MysqlDialect } from "kysely";
import { RecordError } from "../../calls/record-port.ts";
import { openMysqlPool } from "../../platform/mysql-pool.ts";
import type { Database, Tables } from "../tables.ts";

export type MysqlOptions = {
  readonly url: string;
  readonly connections: number;
  /** True: the server itself refuses to write, on every connection. */
  readonly forReading?: boolean;
};

export type MysqlDatabase = Database & {
  /** Cuts every connection at once; a server that hangs would not let them be closed politely. */
  abandon(): void;
};

/** Connects at the first query. Rejects nothing itself; throws `records_bad_url` for text that is no such URL. */
export function openMysql({ url, connections, forReading = false }: MysqlOptions): MysqlDatabase {
  const access = forReading ? ", read only" : "";
  const { pool, abandon } = openMysqlPool(parse(url), {
    charset: "utf8mb4_bin",
    connectionLimit: connections,
    connectTimeout: 5000,
    // Without gap locks two nodes that store different calls never wait for one another.
    // A session that cannot be had as asked for is none: it might write, or wait for others.
    onConnection: (connection) => {
      const orders = [
        // A server with skip-character-set-client-handshake takes what is said at the login for its own character set.
        "set names utf8mb4 collate utf8mb4_bin",
        `set session transaction isolation level read committed${access}`,
      ];
      for (const order of orders)
        connection.query(order, (error) => {
          if (error !== null) connection.destroy();
        });
    },
  });
  return { db: new Kysely<Tables>({ dialect: new MysqlDialect({ pool }) }), dialect: "mysql", abandon };
}

function parse(url: string): URL {
  // Commands that only look are given no secret by a node's unit, and the server would say no more than "denied".
  const lacking = /\$\{(\w+)\}/.exec(url)?.[1];
  if (lacking !== undefined) {
    const says = `the environment has no ${lacking}, which \`records\` is opened with: set it for this command`;
    throw new RecordError("records_bad_url", says);
  }
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const usable =
    parsed !== null && /^(mysql|mariadb):$/.test(parsed.protocol) && /^\/[^/]+$/.test(parsed.pathname);
  if (usable) return parsed;
  throw new RecordError(
    "records_bad_url",
    "`records` must be sqlite:FILE or mysql://user:password@host:port/database",
  );
}
