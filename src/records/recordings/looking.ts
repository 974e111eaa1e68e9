/** What the thread that looks at recorded files reads once there is something to look at. */
import { Kysely } from "kysely";
import { openMysql } from "../mysql/database.ts";
import { sqliteDialect } from "../sqlite/dialect.ts";
import { openForWriting } from "../sqlite/file.ts";
import type { Database, Tables } from "../tables.ts";
import type { WorkerOptions } from "./worker.ts";

export { examine, examineMissing } from "./examine.ts";

export function openDatabase(where: WorkerOptions["database"], busyMs: number): Database {
  if ("url" in where) return openMysql({ url: where.url, connections: 1 });
  return {
    db: new Kysely<Tables>({ dialect: sqliteDialect(openForWriting(where.file, busyMs)) }),
    dialect: "sqlite",
  };
}
