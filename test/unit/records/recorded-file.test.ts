import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { silentWav } from "../../../load/lab/wav.ts";
import { lengthOf, lookAtFile } from "../../../src/records/recordings/file.ts";

const folder = mkdtempSync(join(tmpdir(), "sb-file-"));
const LARGE = "apex/2026/11/01/large.wav";
mkdirSync(join(folder, "apex/2026/11/01"), { recursive: true });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const length = (file: Buffer) => lengthOf(file.subarray(0, 64), file.length);

describe("lengthOf", () => {
  test.each([0, 20, 1000, 61_500])("a_wav_file_of_%i_ms", (ms) => {
    expect(length(silentWav(ms))).toBe(ms);
  });
  test("a_header_that_was_never_completed_is_not_believed", () => {
    const file = silentWav(3000);
    file.writeUInt32LE(0, 40);
    expect(length(file)).toBe(3000);
  });
  test("gsm_is_50_frames_a_second", () => {
    expect(length(Buffer.alloc(33 * 50, 0xd0))).toBe(1000);
  });
  test("half_a_frame_is_no_sound", () => {
    expect(length(Buffer.alloc(33 + 16, 0xd0))).toBe(20);
  });
  test("wav49_packs_two_frames_into_65_bytes", () => {
    const head = Buffer.alloc(60);
    head.write("RIFF");
    head.write("WAVEfmt ", 8);
    head.writeUInt32LE(20, 16);
    head.writeUInt16LE(49, 20);
    head.write("fact", 40);
    head.write("data", 52);
    expect(length(Buffer.concat([head, Buffer.alloc(65 * 25)]))).toBe(1000);
    expect(length(head)).toBe(0);
  });
  test("an_empty_file_is_no_sound", () => {
    expect(length(Buffer.alloc(0))).toBe(0);
  });
});

describe("lookAtFile", () => {
  test("tells_size_checksum_and_length_of_a_file_larger_than_one_read", () => {
    const file = silentWav(100_000);
    writeFileSync(join(folder, LARGE), file);
    expect(lookAtFile(folder, { file: LARGE, tenant: "apex" })).toMatchObject({
      bytes: file.length,
      lengthMs: 100_000,
      sha256: createHash("sha256").update(file).digest("hex"),
      atRest: true,
    });
  });
  test("throws_what_the_file_system_says", () => {
    const none = { file: "apex/2026/11/01/none.wav", tenant: "apex" };
    expect(() => lookAtFile(folder, none)).toThrow(/ENOENT/);
  });
  test.each([
    ["another_clients_file", LARGE, "green"],
    ["a_folder_above", "apex/2026/11/01/../../../../x.wav", "apex"],
    ["a_client_with_a_longer_name", "apex2/2026/11/01/large.wav", "apex"],
    ["no_recording_at_all", "apex/2026/11/01/passwd", "apex"],
    ["a_name_with_a_line_break", "apex/2026/11/01/a\nb.wav", "apex"],
    ["a_hidden_file", "apex/2026/11/01/.wav", "apex"],
  ])("refuses_%s", (_, file, tenant) => {
    expect(() => lookAtFile(folder, { file, tenant })).toThrow(/is no file of/);
  });
  test("follows_no_link_and_waits_for_no_pipe", () => {
    const link = "apex/2026/11/01/link.wav";
    symlinkSync(join(folder, LARGE), join(folder, link));
    expect(() => lookAtFile(folder, { file: link, tenant: "apex" })).toThrow(/ELOOP/);
    symlinkSync(join(folder, "apex/2026"), join(folder, "apex/2027"));
    expect(() => lookAtFile(folder, { file: LARGE.replace("2026", "2027"), tenant: "apex" })).toThrow(
      /ENOTDIR|ELOOP/,
    );
    const pipe = "apex/2026/11/01/pipe.wav";
    execFileSync("mkfifo", [join(folder, pipe)]);
    expect(() => lookAtFile(folder, { file: pipe, tenant: "apex" })).toThrow(/no plain file/);
  });
  test("the_clients_folder_may_be_a_link_to_another_disk", () => {
    symlinkSync(join(folder, "apex"), join(folder, "moved"));
    const file = LARGE.replace("apex", "moved");
    expect(lookAtFile(folder, { file, tenant: "moved" }).lengthMs).toBe(100_000);
  });
});
