import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { sessionsAtOnce } from "../../../src/commands/node-fastagi.ts";

const MODULE = fileURLToPath(new URL("../../../src/platform/open-files.ts", import.meta.url));

test("a_process_knows_how_many_files_it_may_open", () => {
  const script = `import { mostOpenFiles } from ${JSON.stringify(MODULE)}; console.log(mostOpenFiles())`;
  const args = [
    "-c",
    'ulimit -n 123; exec "$@"',
    "sh",
    process.execPath,
    "--input-type=module",
    "-e",
    script,
  ];
  expect(spawnSync("/bin/sh", args, { encoding: "utf8" }).stdout).toBe("123\n");
});

test("steps_leave_half_of_them_to_switches_and_stores", () => {
  expect([65_536, 4000, 3999, 256].map(sessionsAtOnce)).toEqual([2000, 2000, 1999, 128]);
  expect(sessionsAtOnce(Number.POSITIVE_INFINITY)).toBe(2000);
});
