import { spawnSync } from "node:child_process";
import { constants } from "node:os";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const BEHIND = resolve(import.meta.dirname, "../../../src/platform/behind.ts");
const { PRIORITY_BELOW_NORMAL: LATER } = constants.priority;

/** How nice its threads are after it has run: those of a program, then a thread that it started. */
function niceAfter(before: number, call: string): { readonly program: number[]; readonly thread: number } {
  const program = `
    import { readdirSync } from "node:fs";
    import { getPriority } from "node:os";
    import { isMainThread, parentPort, Worker } from "node:worker_threads";
    import { stepBehind } from ${JSON.stringify(BEHIND)};
    const worker = new Worker(new URL("data:text/javascript," + encodeURIComponent(\`
      import { getPriority } from "node:os";
      import { parentPort } from "node:worker_threads";
      import { stepBehind } from ${JSON.stringify(`file://${BEHIND}`)};
      ${call};
      parentPort.postMessage(getPriority(0));\`)));
    worker.once("message", (thread) => {
      const whole = getPriority(0);
      ${call};
      const program = readdirSync("/proc/self/task").map(Number).map((id) => getPriority(id));
      process.stdout.write(JSON.stringify({ whole, program: [...new Set(program)], thread }));
    });`;
  const ran = spawnSync(
    "nice",
    ["-n", String(before), process.execPath, "--input-type=module", "-e", program],
    { encoding: "utf8", timeout: 20_000 },
  );
  expect(ran.status, ran.stderr).toBe(0);
  const { whole, ...found } = JSON.parse(ran.stdout);
  // The thread alone: whoever started it stands where it stood.
  expect(whole).toBe(before);
  return found;
}

describe("stepBehind", () => {
  it("goes_behind_the_rest_of_the_machine_with_all_threads", () => {
    expect(niceAfter(3, 'stepBehind("later")')).toEqual({ program: [LATER], thread: LATER });
  });

  it("never_goes_forward", () => {
    expect(niceAfter(3, "stepBehind()")).toEqual({ program: [3], thread: 3 });
    expect(niceAfter(LATER + 5, 'stepBehind("later")')).toEqual({ program: [LATER + 5], thread: LATER + 5 });
  });
});
