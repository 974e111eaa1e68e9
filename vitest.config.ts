import { defineConfig } from "vitest/config";
import { networksCanBeMade, ownNetwork } from "./test/own-network.ts";

// Two groups: `fast` needs nothing but Node; `real` starts Asterisk, SIPp, Redis or MariaDB on fixed ports. Its files
// run two at a time where each can have a network of its own, and one after another where not (not root, say): most of
// their time is spent in calls that last as long as calls do.
const real = networksCanBeMade() ? { pool: ownNetwork, maxWorkers: 2 } : { fileParallelism: false };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "fast",
          include: ["test/**/*.test.ts"],
          exclude: ["test/integration/**", "test/contract/**"],
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "real",
          include: ["test/integration/**/*.test.ts", "test/contract/**/*.test.ts"],
          ...real,
          // After the others, so that Asterisk and SIPp have the machine to themselves; a real part that a busy
          // machine kept waiting is asked again, and vitest says so.
          sequence: { groupOrder: 1 },
          retry: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
