import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { networksCanBeMade, ownNetwork } from "./test/own-network.ts";

// Three groups: `fast` needs nothing but Node; `real` starts Asterisk, SIPp, Redis or MariaDB on fixed ports. Its files
// run beside one another where each can have a network of its own, one more than there are cores, since most of their
// time is spent in calls that last as long as calls do; and one after another where not (not root, say). `crowd` is the
// same for files that fill the machine by themselves: they run one after another, when all others are done.
const real = networksCanBeMade()
  ? { pool: ownNetwork, maxWorkers: availableParallelism() + 1 }
  : { fileParallelism: false };

const CROWDS = ["test/integration/slots.test.ts", "test/integration/slots-thousand.test.ts"];

/** Threads that read TypeScript share what V8 ends a process with when two of them compile it anew (bin/signalbox). */
const NODE_FLAGS = ["--wasm-wrapper-tiering-budget=1000000000"];

/** Nodes and commands that tests start take half as long where Node keeps what it has translated for them. */
const env = { NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules/.cache/translated") };

const realParts = {
  execArgv: NODE_FLAGS,
  env,
  // A real part that a busy machine kept waiting is asked again, twice at most, and vitest says so.
  retry: 2,
  testTimeout: 120_000,
  hookTimeout: 120_000,
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "fast",
          include: ["test/**/*.test.ts"],
          exclude: ["test/integration/**", "test/contract/**"],
          testTimeout: 20_000,
          // Vitest leaves one core to itself, which two cores cannot spare.
          maxWorkers: availableParallelism(),
          // Half of their time would go into reading the same modules again for each file.
          isolate: false,
          execArgv: NODE_FLAGS,
          env,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "real",
          include: ["test/integration/**/*.test.ts", "test/contract/**/*.test.ts"],
          exclude: CROWDS,
          ...real,
          ...realParts,
          // After the others, so that Asterisk and SIPp have the machine to themselves.
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "crowd",
          include: CROWDS,
          ...real,
          ...realParts,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
