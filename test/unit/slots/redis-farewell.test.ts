// A node that is stopped while Redis is away: what it has left of its connections must not keep its process, since
// callers wait for the next one, and systemd would take a process that had to be killed for one that failed.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const SLOTS = join(import.meta.dirname, "../../../src/slots");

/** Port 1 of the loopback has nobody: it is knocked at until the connection is given up. */
const PROCESS = `
import { connectRedis } from ${JSON.stringify(join(SLOTS, "redis-client.ts"))};
import { parseRedisUrl } from ${JSON.stringify(join(SLOTS, "redis-url.ts"))};
const client = connectRedis(parseRedisUrl(process.argv[1]));
client.on("error", () => {});
setTimeout(() => {
  const closed = performance.now();
  client.disconnect();
  process.on("exit", () => console.log(Math.round(performance.now() - closed)));
}, 400);
`;

// A Sentinel's own connections are ioredis' to close, which takes two seconds: serve waits for those.
test.each(["redis://127.0.0.1:1/0", "redis+cluster://127.0.0.1:1"])(
  "a_process_that_gives_up_%s_ends_at_once",
  async (url) => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--input-type=module",
      "-e",
      PROCESS,
      url,
    ]);
    expect(Number(stdout)).toBeLessThan(1500);
  },
  30_000,
);
