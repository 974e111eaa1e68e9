// What presses on a node from outside while calls pass: thousands of connections that say nothing, and a full disk.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterEach, describe, expect, it } from "vitest";
import { runCommand } from "../../load/lab/processes.ts";
import { crowd } from "../../load/run/faults/connections.ts";
import { fillDisk } from "../../load/run/faults/on-machine.ts";
import { Floor } from "../../load/run/floor.ts";
import { addressesOf, NUMBERS } from "../../load/run/floor-configuration.ts";
import { content, quiet } from "../../load/run/people.ts";
import { agree, closeBooks } from "../../load/run/profile.ts";
import { expectOk } from "../../load/sipp-runner.ts";

const PORTS = 27_000;
const CALLS = 20;

let floor: Floor | null = null;
let folder = "";
let mounted = "";

afterEach(async () => {
  await floor?.stop();
  floor = null;
  if (mounted !== "") await runCommand("umount", [mounted]);
  mounted = "";
  rmSync(folder, { recursive: true, force: true });
});

/** `varBytes`: what the node writes goes to a file system of this size. */
async function start(varBytes?: number): Promise<Floor> {
  folder = mkdtempSync(join(tmpdir(), "sb-pressure-"));
  if (varBytes !== undefined) {
    const place = join(folder, "var");
    mkdirSync(place);
    const { code, stderr } = await runCommand("mount", [
      "-t",
      "tmpfs",
      "-o",
      `size=${varBytes}`,
      "none",
      place,
    ]);
    expect(code, `a small file system has to be mounted, which takes root: ${stderr}`).toBe(0);
    mounted = place;
  }
  floor = await Floor.start({ folder, ports: PORTS });
  return floor;
}

describe("a node under pressure", () => {
  it("outlives_ten_thousand_dripping_connections_while_calls_pass", async () => {
    const here = await start();
    const up = here.callers(quiet(9000), { service: NUMBERS.direct, calls: 4, rate: 50 });
    const many = crowd(addressesOf(PORTS).fastagi, "slow");
    const during = here.callers(content(500), {
      ...{ service: NUMBERS.direct, calls: CALLS, rate: 10, receiveTimeoutMs: 6000 },
    });
    // Everybody is answered: by a decision, or by the number's fallback after three seconds.
    expectOk(await during.done);
    // Headers that do not come in two seconds end the connection, so nothing is held for long.
    await expect.poll(() => many.open(), { timeout: 15_000 }).toBe(0);
    many.close();
    const after = here.callers(content(300), { service: NUMBERS.direct, calls: CALLS, rate: 20 });
    expect(expectOk(await after.done).rtt?.p95).toBeLessThan(1000);
    expectOk(await up.done);
    expect(await agree(here, 20_000, 0)).toEqual([]);
    expect((await closeBooks(here)).broken).toEqual([]);
  });

  it("answers_in_time_while_redis_is_slow", async () => {
    const here = await start();
    const redis = new Redis(addressesOf(PORTS).redisPort, "127.0.0.1");
    // Three in four milliseconds it answers nobody, this connection included.
    let slow = true;
    const pauses = (async () => {
      while (slow) {
        await redis.call("CLIENT", "PAUSE", "300", "ALL");
        await sleep(100);
      }
    })();
    const calls = here.callers(quiet(500), { service: NUMBERS.direct, calls: 60, rate: 10 });
    const { rtt } = expectOk(await calls.done);
    expect(rtt?.max).toBeLessThan(1500);
    slow = false;
    await pauses;
    await redis.quit();
    expect(await agree(here, 20_000, 0)).toEqual([]);
    expect((await closeBooks(here)).broken).toEqual([]);
  });

  it("decides_on_with_a_full_disk_and_records_all_once_there_is_room", async () => {
    const here = await start(12_000_000);
    const filler = join(folder, "var/filler");
    const place = (calls: number) =>
      here.callers(quiet(500), { service: NUMBERS.direct, calls, rate: 20, receiveTimeoutMs: 6000 }).done;
    expectOk(await place(5));
    fillDisk(filler);
    const result = expectOk(await place(60));
    expect(result.rtt?.p95).toBeLessThan(1000);
    // No call was left to its fallback for want of a disk.
    expect(here.decided.size).toBe(65);
    rmSync(filler);
    const { broken, figures } = await closeBooks(here);
    expect(broken).toEqual([]);
    expect(figures.records).toBe(65);
  });
});
