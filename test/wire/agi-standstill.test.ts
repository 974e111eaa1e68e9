import { createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterEach, expect, test } from "vitest";
import { AgiSession, waitsOf } from "../../src/agi/session.ts";
import { Standstill } from "../../src/agi/standstill.ts";
import { HEADER, openPeer } from "./agi-peer.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const each of cleanups.splice(0)) each();
});

/** What becomes of a request that lay in the socket while the process stood still. */
async function waited(leave: boolean): Promise<{ readonly decided: number; readonly outcome: string }> {
  const accepted = Promise.withResolvers<Socket>();
  const server = createServer({ pauseOnConnect: true }, accepted.resolve);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  cleanups.push(() => server.close());
  const address = server.address();
  const peer = await openPeer(typeof address === "object" && address !== null ? address.port : 0);
  cleanups.push(() => peer.socket.destroy());
  peer.send(HEADER);
  if (leave) peer.socket.end();
  const socket = await accepted.promise;
  await sleep(100);
  let decided = 0;
  const outcome = Promise.withResolvers<string>();
  const limits = { headerMs: 5000, handlerMs: 5000, replyMs: 5000 };
  new AgiSession(
    socket,
    { address: "127.0.0.1" },
    {
      handler: () => {
        decided += 1;
        return null;
      },
      log: pino({ level: "silent" }),
      waits: waitsOf(limits),
      isBehind: () => true,
      onEnd: (_, how) => outcome.resolve(how),
    },
  );
  socket.resume();
  return { outcome: await outcome.promise, decided };
}

test("a_switch_that_has_left_meanwhile_is_not_decided_for", async () => {
  expect(await waited(true)).toEqual({ outcome: "hangup", decided: 0 });
});

test("one_that_still_waits_is", async () => {
  expect(await waited(false)).toEqual({ outcome: "no_decision", decided: 1 });
});

test("a_process_that_stood_still_is_behind_for_a_moment", async () => {
  const standstill = new Standstill();
  cleanups.push(() => standstill.stop());
  expect(standstill.isBehind).toBe(false);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1100);
  expect(standstill.isBehind).toBe(true);
  const over = async (): Promise<void> => {
    while (standstill.isBehind) await sleep(100);
  };
  await over();
});
