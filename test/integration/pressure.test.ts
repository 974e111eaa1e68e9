// What presses on a node from outside while calls pass: thousands of connections that say nothing, and a full disk.
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Floor } from "../../load/run/floor.ts";
import { addressesOf, NUMBERS } from "../../load/run/floor-configuration.ts";
import { content, quiet } from "../../load/run/people.ts";
import { agree, closeBooks } from "../../load/run/profile.ts";
import { expectOk } from "../../load/sipp-runner.ts";

const PORTS = 27_000;
const CONNECTIONS = 10_000;
const CALLS = 20;

let floor: Floor | null = null;
let folder = "";

afterEach(async () => {
  await floor?.stop();
  floor = null;
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<Floor> {
  folder = mkdtempSync(join(tmpdir(), "sb-pressure-"));
  floor = await Floor.start({ folder, ports: PORTS });
  return floor;
}

/** Connections that stay; some send a piece of a header now and then. */
function openMany(count: number): { readonly open: () => number; close(): void } {
  const [, port = ""] = addressesOf(PORTS).fastagi.split(":");
  const sockets = new Set<Socket>();
  for (let nth = 0; nth < count; nth++) {
    const socket = connect({
      port: Number(port),
      host: "127.0.0.1",
      localAddress: `127.0.1.${(nth % 200) + 1}`,
    });
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    if (nth % 2 === 0) socket.on("connect", () => void socket.write("agi_network: yes\nagi_cha"));
  }
  const drip = setInterval(() => {
    for (const socket of sockets) if (socket.writable) socket.write("n");
  }, 500);
  return {
    open: () => sockets.size,
    close: () => {
      clearInterval(drip);
      for (const socket of sockets) socket.destroy();
    },
  };
}

describe("a node under pressure", () => {
  it("outlives_ten_thousand_idle_and_dripping_connections_while_calls_pass", async () => {
    const here = await start();
    const up = here.callers(quiet(9000), { service: NUMBERS.direct, calls: 4, rate: 50 });
    const many = openMany(CONNECTIONS);
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
});
