import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { acceptLogin, type Script, startPeer } from "./ami-peer.ts";
import { names, peerWith, started, until, untilUp, up } from "./ami-rig.ts";

describe("bad peers", () => {
  test("half an event, then a reset: the half is gone and the next session is clean", async () => {
    const peer = await peerWith(
      {
        onLogin: (session, action) => {
          acceptLogin(session, action);
          session.write("Event: Hangup\r\nUniqueid: 1.1\r\nCallerIDName: ha");
          setTimeout(() => session.socket.resetAndDestroy(), 80);
        },
      },
      {
        onLogin: (session, action) => {
          acceptLogin(session, action);
          session.send("Event: Newchannel", "Uniqueid: 2.2");
        },
      },
    );
    const watched = started(peer.address);
    await until(() => expect(names(watched)).toContain("Newchannel"));
    expect(names(watched)).toEqual(["FullyBooted", "FullyBooted", "Newchannel"]);
    expect(watched.events.at(-1)?.fields).toEqual(
      new Map([
        ["Event", "Newchannel"],
        ["Uniqueid", "2.2"],
      ]),
    );
    expect(watched.connection.stats()).toMatchObject({ received: 3, lost: 1, reconnects: 1, malformed: 0 });
  });

  test("a greeting of another service", async () => {
    const peer = await peerWith({ greeting: "HTTP/1.1 400 Bad Request\r\n\r\n" }, {});
    const watched = started(peer.address);
    await untilUp(watched);
    expect(watched.states.find((entry) => entry.state === "down")?.why).toContain("manager port");
    expect(peer.sessions[0]?.actions).toEqual([]);
  });

  test("silence instead of a greeting, then instead of the answer to the login", async () => {
    const peer = await peerWith({ greeting: null }, { onLogin: () => {} }, {});
    const watched = started(peer.address, { timings: { loginMs: 40 } });
    await untilUp(watched);
    const reasons = watched.states.filter((entry) => entry.state === "down").map((entry) => entry.why);
    expect(reasons).toEqual([
      "it sent no manager greeting within 40 ms",
      "it did not answer the login within 40 ms",
    ]);
  });

  test.each([
    ["before the next", { pingEveryMs: 200, pingAnswerMs: 150 }],
    ["though the next is sent meanwhile", { pingEveryMs: 150, pingAnswerMs: 250 }],
  ])("a half-open connection is found by a ping %s, and any byte is a sign of life", async (_, timings) => {
    const talkative: Script = { onPing: (session) => session.send("Event: Newstate", "Uniqueid: 1.1") };
    const peer = await peerWith({ onPing: () => {} }, talkative);
    const watched = started(peer.address, { timings });
    await until(() => expect(watched.connection.stats().reconnects).toBe(1));
    const down = watched.states.find((entry) => entry.state === "down");
    expect(down?.why).toContain("did not answer a ping");
    expect(down?.silentMs).toBeGreaterThan(timings.pingAnswerMs - 2);
    await sleep(1000);
    expect(watched.connection.stats()).toMatchObject({ lost: 1, lagMs: null });
    expect(watched.connection.up).toBe(true);
  });

  test("a peer that closes after a quiet while was there until then", async () => {
    const peer = await peerWith({});
    const watched = started(peer.address);
    await until(() => expect(watched.connection.up).toBe(true));
    await sleep(100);
    peer.sessions[0]?.socket.destroy();
    await until(() => expect(watched.states.find(({ state }) => state === "down")?.silentMs).toBe(0));
  });

  test("a message without end is refused before it fills the memory", async () => {
    const peer = await peerWith(
      {
        onLogin: (session, action) => {
          acceptLogin(session, action);
          session.write(`Event: Newchannel\r\nCallerIDName: ${"x".repeat(2_000_000)}`);
        },
      },
      {},
    );
    const watched = started(peer.address);
    await until(() => expect(watched.connection.stats().reconnects).toBe(1));
    expect(watched.states.find((entry) => entry.state === "down")?.why).toContain("larger than 524288 bytes");
  });

  test("nobody listens: longer and longer delays with full jitter", async () => {
    const peer = await startPeer({});
    await peer.close();
    const random = vi.fn(() => 0.5);
    const watched = started(peer.address, { random });
    await until(() => expect(watched.log.length).toBeGreaterThan(5));
    expect(watched.log.slice(0, 6).map((line) => line.retryMs)).toEqual([3, 5, 10, 20, 20, 20]);
    expect(watched.states.find((entry) => entry.state === "down")?.why).toContain("ECONNREFUSED");
  });

  test("after a stable time the next loss starts at the shortest delay", async () => {
    const peer = await peerWith({ greeting: "no\r\n" }, { greeting: "no\r\n" }, {});
    const watched = started(peer.address, { random: () => 0.5, timings: { stableMs: 50 } });
    await untilUp(watched);
    await sleep(60);
    peer.sessions[2]?.socket.destroy();
    await until(() => expect(watched.connection.stats().reconnects).toBe(1));
    const delays = watched.log.filter((line) => line.event === "ami.down").map((line) => line.retryMs);
    expect(delays).toEqual([3, 5, 3]);
  });

  test("one switch that fails harms no other", async () => {
    const good = await up();
    const flapping = await peerWith({ greeting: "no\r\n" });
    started(flapping.address);
    await until(() => expect(flapping.sessions.length).toBeGreaterThan(5));
    good.session.send("Event: Newchannel", "Uniqueid: 1.1");
    await until(() => expect(names(good.watched)).toEqual(["FullyBooted", "Newchannel"]));
    expect(good.connection.stats()).toMatchObject({ lost: 0, reconnects: 0 });
  });
});
