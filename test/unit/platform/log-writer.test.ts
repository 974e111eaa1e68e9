// A log whose disk is full or that nobody reads: calls go on, and whoever reads it again is told what is missing.
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";

const LOG = join(import.meta.dirname, "../../../src/platform/log.ts");
const FLAGS = ["--input-type=module", "--wasm-wrapper-tiering-budget=1000000000", "-e"];

function logging(script: string, stderr: "pipe" | number) {
  const whole = `
    const { createLog, createStepLog, standardError } = await import(${JSON.stringify(LOG)});
    const destination = standardError();
    const log = createStepLog("info", destination);
    const pause = (ms) => new Promise((done) => setTimeout(done, ms));
    ${script}`;
  const child = spawn(process.execPath, [...FLAGS, whole], { stdio: ["ignore", "pipe", stderr] });
  const ended = new Promise<number | string | null>((done) =>
    child.once("exit", (code, signal) => done(code ?? signal)),
  );
  if (child.stdout === null) throw new Error("it has no output");
  return { ended, out: text(child.stdout), stderr: child.stderr };
}

test.each([
  ["while_it_runs", "await pause(200); log.info({ call: '2' }); await pause(200); console.log('alive');"],
  ["at_its_end", "console.log('alive'); process.exit(0);"],
  ["fatally", "createLog('info', destination).fatal('over'); console.log('alive');"],
])("a_full_disk_ends_no_process_%s", async (_, then) => {
  const full = openSync("/dev/full", "w");
  const { ended, out } = logging(`log.info({ call: "1" }); ${then}`, full);
  closeSync(full);
  expect([await ended, await out]).toEqual([0, "alive\n"]);
});

const LINES = 60_000;
const LOGS = `
  const before = process.memoryUsage.rss();
  for (let n = 0; n < ${LINES}; n++) {
    log.info({ call: String(n), channel: "x".repeat(300) });
    if (n % 1000 === 0) await pause(1);
  }
  await pause(1500);
  console.log(Math.round((process.memoryUsage.rss() - before) / 2 ** 20));`;

test("what_nobody_reads_is_lost_beyond_a_bound_and_told", async () => {
  const { ended, out, stderr } = logging(`${LOGS} process.stdout.end();`, "pipe");
  const grownMb = Number(await out);
  const lines = (stderr === null ? "" : await text(stderr)).split("\n").filter((line) => line !== "");
  expect(await ended).toBe(0);
  const read = lines.map((line) => JSON.parse(line));
  const told = read.filter(({ event }) => event === "log.lines_lost");
  expect(told).toHaveLength(1);
  expect(read.filter(({ call }) => call !== undefined).length + told[0].lines).toBe(LINES);
  // 20 MB were logged.
  expect(told[0].lines).toBeGreaterThan(LINES / 3);
  expect(grownMb).toBeLessThan(80);
}, 30_000);

test("a_process_ends_though_nobody_reads_what_it_logs", async () => {
  const { ended, out } = logging(`${LOGS} process.exit(0);`, "pipe");
  const end = await Promise.race([ended, sleep(15_000).then(() => "still there")]);
  expect(["SIGKILL", 0]).toContain(end);
  expect(Number(await out)).toBeGreaterThan(0);
}, 30_000);

// Each write wakes a thread, which was a fifth of what a busy node did.
const BUSY = `
  const { readFileSync } = await import("node:fs");
  const writes = () => Number(/syscw: (\\d+)/.exec(readFileSync("/proc/self/io", "utf8"))[1]);
  const before = writes();
  let lines = 0;
  for (const until = performance.now() + 1000; performance.now() < until && lines < 20_000; lines += 1) {
    log.info({ call: String(lines) });
    await new Promise(setImmediate);
  }
  console.log(JSON.stringify({ lines, writes: writes() - before }));`;

test("lines_of_a_busy_node_go_out_many_at_a_time", async () => {
  const { ended, out, stderr } = logging(BUSY, "pipe");
  const logged = stderr === null ? "" : text(stderr);
  const { lines, writes } = JSON.parse(await out);
  expect(await ended).toBe(0);
  expect((await logged).split("\n")).toHaveLength(lines + 1);
  expect(lines).toBeGreaterThan(500);
  // One in 50 ms or for 64 KB, and as many wakings of the loop.
  expect(writes).toBeLessThan(60 + lines / 200);
}, 30_000);
