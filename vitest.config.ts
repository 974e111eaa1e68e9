import { availableParallelism } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { networksCanBeMade, ownNetwork } from "./test/own-network.ts";

// Two groups: `fast` needs nothing but Node; `real` starts Asterisk, SIPp, Redis or MariaDB on fixed ports. Its files
// run beside one another where each can have a network of its own, one more than there are cores, since most of their
// time is spent in calls that last as long as calls do; and one after another where not (not root, say).
const real = networksCanBeMade()
  ? { pool: ownNetwork, maxWorkers: availableParallelism() + 1 }
  : { fileParallelism: false };

/** Threads that read TypeScript share what V8 ends a process with when two of them compile it anew (bin/signalbox). */
const NODE_FLAGS = ["--wasm-wrapper-tiering-budget=1000000000"];

/** Nodes and commands that tests start take half as long where Node keeps what it has translated for them. */
const env = { NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules/.cache/translated") };

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
          ...real,
          execArgv: NODE_FLAGS,
          env,
          // After the others, so that Asterisk and SIPp have the machine to themselves; a real part that a busy
          // machine kept waiting is asked again, and vitest says so.
          sequence: { groupOrder: 1 },
          retry: 1,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
