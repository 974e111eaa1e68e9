import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { folderMarks } from "../../../src/config/watch-files.ts";

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
