// The thread that looks at recordings dies, of its memory say, and its node is stopped before another one is started.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, test, vi } from "vitest";

import { startRecordingKeeper } from "../../../src/records/recordings/keeper.ts";

test("a_node_ends_though_the_thread_has_died", async () => {
  const variables = mkdtempSync(join(tmpdir(), "signalbox-"));
  const died: unknown[] = [];
  const log = pino({}, { write: (line) => void died.push(JSON.parse(line).event) });
  try {
    const keeper = startRecordingKeeper({
      ...{ records: "sqlite:calls.db", variables, log },
      directory: null as unknown as string, // no folder at all: the thread throws when it begins
    });
    await vi.waitFor(() => expect(died).toContain("recordings.thread_died"), { timeout: 10_000 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await keeper.close();
    expect(died).toEqual(["recordings.thread_died"]);
  } finally {
    rmSync(variables, { recursive: true });
  }
}, 15_000);
