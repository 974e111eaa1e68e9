// The local file cannot be opened when a node starts: of another user's, say. On a night without calls nothing is
// written to it, and nobody would hear of it but from what the node says of its health.
import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, test } from "vitest";
import { createRecordStore } from "../../../src/records/store.ts";
import { stampedCall } from "../../record-builders.ts";

test("a_file_that_cannot_be_opened_is_no_ready_one_though_nothing_is_written", async () => {
  const variables = mkdtempSync(join(tmpdir(), "sb-unopened-"));
  const file = join(variables, "signalbox.db");
  const log = pino({ level: "silent" });
  const store = createRecordStore({ records: "sqlite:signalbox.db", variables, log });
  try {
    mkdirSync(file);
    await expect(store.openCalls()).rejects.toMatchObject({ code: "records_cannot_open" });
    expect(store.health()).toMatchObject({ ready: false, code: "records_cannot_open" });
    expect(store.health().why).toContain(
      "let this node's user write that file, its -wal and -shm, and its folder",
    );
    rmdirSync(file);
    expect(await store.openCalls()).toEqual([]);
    expect(store.health()).toEqual({ ready: true, code: null, why: "" });
    store.put(stampedCall({ number: 1 }));
    await store.flush();
    expect(store.pending()).toMatchObject({ queued: 0, lost: 0 });
  } finally {
    await store.close();
    rmSync(variables, { recursive: true });
  }
});
