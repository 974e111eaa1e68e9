import { defineConfig } from "vitest/config";

// Two groups: `fast` needs nothing but Node; `real` starts Asterisk, SIPp, Redis or MariaDB.
// Real parts share two cores and fixed ports, so their files run one after another.
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
          fileParallelism: false,
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
