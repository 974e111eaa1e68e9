import type { Kysely } from "kysely";
import { expect, test } from "vitest";
import { migrate } from "../../../src/records/migrations.ts";
import { openMysql } from "../../../src/records/mysql/database.ts";

test("a_database_that_is_not_running_is_not_said_to_lack_rights", async () => {
  const { db, abandon } = openMysql({ url: "mysql://user:secret@127.0.0.1:1/signalbox", connections: 1 });
  const failed = await migrate(db as Kysely<unknown>, "mysql").catch((error: Error) => error);
  abandon();
  expect(failed).toMatchObject({ code: "records_migration_failed" });
  expect(String(failed)).toContain("ECONNREFUSED");
  expect(String(failed)).toContain("is the database running, and at that address?");
  expect(String(failed)).not.toContain("secret");
});
