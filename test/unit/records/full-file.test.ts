import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kysely, sql } from "kysely";
import { expect, onTestFinished, test } from "vitest";
import { sqliteDialect } from "../../../src/records/sqlite/dialect.ts";
import { openForWriting } from "../../../src/records/sqlite/file.ts";

test("a_file_that_may_not_grow_says_so_and_takes_what_fits_afterwards", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sb-full-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = openForWriting(join(folder, "calls.db"), 100);
  const db = new Kysely<{ calls: { id: number; facts: string } }>({ dialect: sqliteDialect(file) });
  await sql`create table calls (id integer primary key, facts text)`.execute(db);
  // Room for nothing in memory, so that it meets the end of the file within the transaction.
  file.exec("pragma cache_size = 1; pragma max_page_count = 40");
  const put = (count: number) =>
    db.transaction().execute(async (transaction) => {
      for (let number = 0; number < count; number++)
        await transaction
          .insertInto("calls")
          .values({ facts: "x".repeat(4000) } as { id: number; facts: string })
          .execute();
    });
  await expect(put(200)).rejects.toMatchObject({ errcode: 13 });
  await put(3);
  expect(await db.selectFrom("calls").select("id").execute()).toHaveLength(3);
  await db.destroy();
});
