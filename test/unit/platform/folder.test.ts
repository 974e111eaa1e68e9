import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeFolder } from "../../../src/platform/folder.ts";

const folder = mkdtempSync(join(tmpdir(), "sb-folder-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("missing_folders_are_made_down_to_the_last_for_its_owner_and_group", () => {
  const path = join(folder, "a/b/c");
  makeFolder(path);
  expect(statSync(path).mode & 0o007).toBe(0);
  makeFolder(path);
});

test("what_cannot_be_made_is_refused_at_once_with_what_to_do", () => {
  const refused = { code: "folder_refused", message: expect.stringMatching(/name another folder/) };
  expect(() => makeFolder("/proc/nope")).toThrow(expect.objectContaining(refused));
  expect(() => makeFolder("/proc/nope/deeper")).toThrow(expect.objectContaining(refused));
});

test("a_file_in_its_place_is_refused", () => {
  mkdirSync(join(folder, "d"));
  writeFileSync(join(folder, "d/file"), "");
  expect(() => makeFolder(join(folder, "d/file/below"))).toThrow(/cannot be written to/);
  expect(() => makeFolder(join(folder, "d/file"))).toThrow(/cannot be written to/);
});
