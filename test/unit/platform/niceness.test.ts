import { spawnSync } from "node:child_process";
import { constants, getPriority } from "node:os";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { takePlace } from "../../../src/platform/niceness.ts";

const BEHIND = resolve(import.meta.dirname, "../../../src/platform/niceness.ts");
const { PRIORITY_BELOW_NORMAL: LATER } = constants.priority;

/** As `nice -n MORE` puts a program, from where this one stands. */
const nicer = (more: number) => Math.min(19, getPriority(0) + more);

/** How nice its threads are after it has run: those of a program, then a thread that it started. */
function niceAfter(more: number, call: string): { readonly program: number[]; readonly thread: number } {
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
    ["-n", String(more), process.execPath, "--input-type=module", "-e", program],
    { encoding: "utf8", timeout: 20_000 },
  );
  expect(ran.status, ran.stderr).toBe(0);
  const { whole, ...found } = JSON.parse(ran.stdout);
  // The thread alone: whoever started it stands where it stood.
  expect(whole).toBe(nicer(more));
  return found;
}

describe("stepBehind", () => {
  it("goes_behind_the_rest_of_the_machine_with_all_threads", () => {
    const behind = Math.max(LATER, nicer(3));
    expect(niceAfter(3, 'stepBehind("later")')).toEqual({ program: [behind], thread: behind });
  });

  it("never_goes_forward", () => {
    expect(niceAfter(3, "stepBehind()")).toEqual({ program: [nicer(3)], thread: nicer(3) });
    const far = nicer(LATER + 5);
    expect(niceAfter(LATER + 5, 'stepBehind("later")')).toEqual({ program: [far], thread: far });
  });
});

describe("takePlace", () => {
  it("asks_for_nothing_where_none_is_given", () => {
    expect([takePlace(undefined), takePlace("")]).toEqual([null, null]);
  });

  it.each(["first", "-21", "20", "1.5", "-10;"])("says_that_%s_is_none", (niceness) => {
    expect(takePlace(niceness)).toBe("SIGNALBOX_NICE is no whole number from -20 to 19");
  });

  it("takes_what_it_may", () => {
    const here = getPriority(0);
    expect(takePlace(String(here))).toBeNull();
    expect(getPriority(0)).toBe(here);
  });
});
