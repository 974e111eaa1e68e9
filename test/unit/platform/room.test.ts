import { expect, test } from "vitest";
import { lackOf } from "../../../src/platform/room.ts";

const GB = 1e9 / 4096;

test.each([
  ["half_of_a_disk", 50, 100, null],
  ["a_twentieth_of_a_small_one", 4.9, 100, "bytes"],
  ["a_twentieth_of_a_large_one_in_which_weeks_have_room", 400, 10_000, null],
  ["the_last_of_a_large_one", 19, 10_000, "bytes"],
])("%s", (_, free, total, lack) => {
  const room = { bavail: free * GB, blocks: total * GB, bsize: 4096, files: 1e6, ffree: 5e5 };
  expect(lackOf(room)).toBe(lack);
});

test("a_disk_that_has_room_for_bytes_and_for_no_file", () => {
  const room = { bavail: 50 * GB, blocks: 100 * GB, bsize: 4096, files: 1e6, ffree: 100 };
  expect(lackOf(room)).toBe("files");
  expect(lackOf({ ...room, files: 0, ffree: 0 })).toBeNull();
});
