import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { folderMarks, watchFiles } from "../../../src/config/watch-files.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "signalbox-watch-"));
});
afterEach(() => rmSync(root, { recursive: true }));

test("a_file_in_a_linked_folder_is_seen_to_change", async () => {
  for (const folder of ["config", "shared"]) mkdirSync(join(root, folder));
  writeFileSync(join(root, "shared/apex.yaml"), "tenant: apex\n");
  symlinkSync("../shared", join(root, "config/tenants"));
  symlinkSync("nowhere", join(root, "config/gone"));
  symlinkSync("round", join(root, "config/round"));
  const before = await folderMarks(join(root, "config"));
  writeFileSync(join(root, "shared/apex.yaml"), "tenant: apex\nagents: 5\n");
  expect(await folderMarks(join(root, "config"))).not.toEqual(before);
});

test("a_file_in_a_folder_is_watched_until_it_is_stopped", async () => {
  mkdirSync(join(root, "tenants"));
  let changes = 0;
  const watched = watchFiles({ directory: root, files: () => [] }, () => changes++);
  await sleep(200);
  writeFileSync(join(root, "tenants/apex.yaml"), "tenant: apex\n");
  await vi.waitFor(() => expect(changes).toBe(1), 4000);
  watched.stop();
  writeFileSync(join(root, "tenants/apex.yaml"), "tenant: apex\nagents: 5\n");
  await sleep(1000);
  expect(changes).toBe(1);
});

test("a_file_that_may_be_read_at_last_is_seen_to_change", async () => {
  const file = join(root, "trunks.yaml");
  writeFileSync(file, "trunks: {}\n", { mode: 0o000 });
  let changes = 0;
  const watched = watchFiles({ directory: root, files: () => [] }, () => changes++);
  await sleep(200);
  chmodSync(file, 0o640);
  await vi.waitFor(() => expect(changes).toBe(1), 4000);
  watched.stop();
});

test("no_directory_is_waited_for_in_the_thread_that_decides", () => {
  const source = readFileSync(join(import.meta.dirname, "../../../src/config/watch-files.ts"), "utf8");
  expect(source).not.toMatch(/Sync\b/);
});
