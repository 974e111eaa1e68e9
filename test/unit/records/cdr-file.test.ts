import { appendFile, mkdtemp, rename, rm, truncate, unlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type CdrPlace, endOfCdr, keepPlace, nextPiece, readPlace } from "../../../src/records/cdr-file.ts";

let folder = "";
let file = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sb-cdr-file-"));
  file = join(folder, "signalbox.csv");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** Everything from `place` on, and where that ends. */
async function readAll(from: CdrPlace, limit?: number) {
  const lines: string[] = [];
  let place = from;
  let lost = 0;
  let gone = false;
  for (;;) {
    const piece = await nextPiece(file, place, limit);
    if (piece === null) return { lines, place, lost, gone };
    lines.push(...piece.lines);
    lost += piece.lost;
    gone ||= piece.gone === true;
    place = piece.place;
    if (!piece.more) return { lines, place, lost, gone };
  }
}

const absent: CdrPlace = { file: "", offset: 0 };
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `"row ${index}"`);
const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");

describe("a file that grows", () => {
  test("is_read_on_from_where_it_was_left", async () => {
    await writeFile(file, "one\ntwo\n");
    const first = await readAll(absent);
    expect(first.lines).toEqual(["one", "two"]);
    expect((await readAll(first.place)).lines).toEqual([]);
    await appendFile(file, "three\n");
    expect((await readAll(first.place)).lines).toEqual(["three"]);
  });

  test("ends_in_half_a_line", async () => {
    await writeFile(file, "one\ntw");
    const first = await readAll(absent);
    expect(first.lines).toEqual(["one"]);
    await appendFile(file, "o\nthree\n");
    expect((await readAll(first.place)).lines).toEqual(["two", "three"]);
  });

  test("is_read_in_pieces_whatever_its_size", async () => {
    const lines = numbered(30_000);
    await writeFile(file, text(lines));
    const piece = await nextPiece(file, absent);
    expect(piece?.lines.length).toBeLessThan(10_000);
    expect(piece?.more).toBe(true);
    expect((await readAll(absent)).lines).toEqual(lines);
  });

  test("is_read_no_further_than_asked", async () => {
    await writeFile(file, "one\ntwo\n");
    const { offset } = await endOfCdr(file);
    await appendFile(file, "three\n");
    const read = await readAll(absent, offset);
    expect(read.lines).toEqual(["one", "two"]);
    expect((await readAll(read.place)).lines).toEqual(["three"]);
  });
});

describe("a file that is another one by now", () => {
  test("rotated_by_name_is_read_to_its_end_first", async () => {
    await writeFile(file, "one\n");
    const { place } = await readAll(absent);
    await appendFile(file, "two\nhalf a li");
    await rename(file, `${file}.1`);
    await writeFile(file, "three\n");
    const rest = await readAll(place);
    expect(rest).toMatchObject({ lines: ["two", "three"], lost: 0, gone: false });
  });

  /** The file as it was rotated so many days ago. */
  async function rotated(name: string, lines: string, daysAgo: number): Promise<void> {
    const then = Date.now() / 1000 - daysAgo * 86_400;
    await writeFile(`${file}${name}`, lines);
    await utimes(`${file}${name}`, then, then);
  }

  test("rotated_several_times_over_is_read_with_all_that_came_after_it", async () => {
    await writeFile(file, "one\n");
    const { place } = await readAll(absent);
    await appendFile(file, "two\n");
    await rename(file, `${file}.2`);
    await utimes(`${file}.2`, 1, Date.now() / 1000 - 2 * 86_400);
    await rotated(".3", "before\n", 3);
    await rotated(".1", text(numbered(9000)), 1);
    await rotated(".4.gz", "packed\n", 0);
    await writeFile(file, "three\n");
    expect(await readAll(place)).toMatchObject({ lines: ["two", ...numbered(9000), "three"], gone: false });
  });

  test("gone_by_now_is_said_to_be_and_what_was_rotated_since_is_read", async () => {
    await writeFile(file, "one\n");
    const { place } = await readAll(absent);
    const kept = join(folder, "place");
    await keepPlace(kept, place);
    await utimes(kept, 1, Date.now() / 1000 - 2 * 86_400);
    await rename(file, `${file}.2.gz`);
    await rotated(".3", "before\n", 3);
    await rotated(".1", "two\n", 1);
    await writeFile(file, "three\n");
    const left = await readPlace(kept);
    expect(await readAll(left ?? absent)).toMatchObject({ lines: ["two", "three"], gone: true });
  });

  test("rotated_and_not_begun_anew_waits_for_the_next", async () => {
    await writeFile(file, "one\n");
    const { place } = await readAll(absent);
    await rename(file, `${file}.1`);
    expect(await nextPiece(file, place)).toBeNull();
    await writeFile(file, "two\n");
    expect((await readAll(place)).lines).toEqual(["two"]);
  });

  test("deleted_meanwhile_is_said_to_be_gone", async () => {
    await writeFile(file, "one\n");
    const { place } = await readAll(absent);
    await writeFile(`${file}.new`, "two\n");
    await unlink(file);
    await rename(`${file}.new`, file);
    expect(await readAll(place)).toMatchObject({ lines: ["two"], lost: 0, gone: true });
  });

  test("cut_off_and_begun_anew_is_read_from_its_beginning", async () => {
    await writeFile(file, "one\ntwo\n");
    const { place } = await readAll(absent);
    await truncate(file, 0);
    await appendFile(file, "new\n");
    expect((await readAll(place)).lines).toEqual(["new"]);
  });
});

describe("what is no row", () => {
  test("a_line_without_end_is_passed_over", async () => {
    await writeFile(file, `one\n${"x".repeat(300_000)}\ntwo\n`);
    const read = await readAll(absent);
    expect(read.lines).toEqual(["one", "two"]);
    expect(read.lost).toBeGreaterThan(0);
  });

  test("a_long_line_is_passed_over", async () => {
    await writeFile(file, `one\n${"x".repeat(5000)}\ntwo\n`);
    expect(await readAll(absent)).toMatchObject({ lines: ["one", "two"], lost: 1 });
  });

  test("a_folder_in_its_place_is_an_error", async () => {
    file = folder;
    await expect(nextPiece(file, absent)).rejects.toMatchObject({ code: "EISDIR" });
  });
});

describe("the place", () => {
  test("is_kept_and_read", async () => {
    await writeFile(file, "one\n");
    const { place } = await readAll(absent);
    const kept = join(folder, "place");
    await keepPlace(kept, place);
    const { at, ...read } = (await readPlace(kept)) ?? absent;
    expect(read).toEqual(place);
    expect(Math.abs(Date.now() - (at ?? 0))).toBeLessThan(60_000);
    await keepPlace(kept, absent);
    expect(await readPlace(kept)).toMatchObject(absent);
  });

  test("that_cannot_be_read_is_none", async () => {
    const kept = join(folder, "place");
    expect(await readPlace(kept)).toBeNull();
    await writeFile(kept, "1:2 -5\n");
    expect(await readPlace(kept)).toBeNull();
  });
});
