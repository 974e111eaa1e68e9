import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { createAmiConnection } from "../../src/ami/connection.ts";
import { FULLY_BOOTED, watch } from "./ami-peer.ts";
import { names, peerWith, started, until, untilUp, up } from "./ami-rig.ts";

describe("login", () => {
  test("asks for events and is up after FullyBooted", async () => {
    const { session, states, events } = await up();
    expect(session.actions[0]).toMatchObject({ Action: "Login", Username: "signalbox", Events: "on" });
    expect(states.map((entry) => entry.state)).toEqual(["connecting", "authenticating", "up"]);
    expect(events.map((event) => event.name)).toEqual(["FullyBooted"]);
  });

  test("FullyBooted before the answer to the login counts too", async () => {
    await up({
      onLogin: (session, action) => {
        session.send(...FULLY_BOOTED);
        session.send("Response: Success", `ActionID: ${action.ActionID}`);
      },
    });
  });

  test("every byte in a write of its own", async () => {
    const peer = await peerWith({
      onLogin: async (session, action) => {
        const text = `Response: Success\r\nActionID: ${action.ActionID}\r\n\r\n${FULLY_BOOTED.join("\r\n")}\r\n\r\n`;
        for (const byte of text) {
          session.write(byte);
          await sleep(0);
        }
      },
    });
    await untilUp(started(peer.address));
  });

  test("without FullyBooted it stays authenticating, names the missing right, and is up when it comes", async () => {
    const peer = await peerWith({
      onLogin: (session, action) => session.send("Response: Success", `ActionID: ${action.ActionID}`),
    });
    const watched = started(peer.address, { timings: { bootedMs: 30 } });
    await until(() => expect(watched.states.at(-1)?.why).toContain("read = system"));
    expect(watched.connection.state).toBe("authenticating");
    await expect(watched.connection.action("CoreStatus")).rejects.toMatchObject({ code: "ami_not_up" });
    peer.sessions[0]?.send(...FULLY_BOOTED);
    await untilUp(watched);
  });

  test("a wrong secret is retried slowly, says what to mend and never shows the secret", async () => {
    const peer = await peerWith({
      onLogin: (session, action) => {
        session.send("Response: Error", `ActionID: ${action.ActionID}`, "Message: Authentication failed");
        session.socket.end();
      },
    });
    const watched = started(peer.address, { timings: { loginRefusedRetryMs: 1000 } });
    await until(() => expect(watched.states.at(-1)?.state).toBe("down"));
    await sleep(80);
    expect(peer.sessions).toHaveLength(1);
    await until(() => expect(peer.sessions.length).toBeGreaterThan(1));
    expect(watched.states.find((entry) => entry.state === "down")?.why).toMatch(
      /\[signalbox\] in manager.conf/,
    );
    expect(watched.log[0]).toMatchObject({
      level: 50,
      event: "ami.down",
      reason: "login_refused",
      server: "ast1",
    });
    expect(JSON.stringify([watched.log, watched.states])).not.toContain("s3cr3t-word");
  });

  test("an address that is none is refused at once", () => {
    for (const address of ["127.0.0.1", "::1:5038", "host:0", "host:70000", "a b:5038", ":5038"]) {
      expect(() => watch(address), address).toThrow(expect.objectContaining({ code: "ami_bad_address" }));
    }
    expect(() => watch("[::1]:5038")).not.toThrow();
  });
});

describe("events", () => {
  test("a handler that throws loses nothing but its own event", async () => {
    const seen: string[] = [];
    const { session, log, connection } = await up(
      {},
      {
        onEvent: (message) => {
          seen.push(message.fields.get("Uniqueid") ?? message.name);
          throw new Error("broken handler");
        },
      },
    );
    session.send("Event: Hangup", "Uniqueid: 1.1");
    session.send("Event: Hangup", "Uniqueid: 1.2");
    await until(() => expect(seen).toEqual(["FullyBooted", "1.1", "1.2"]));
    expect(log.filter((line) => line.event === "ami.handler_failed")).toHaveLength(3);
    expect(connection.up).toBe(true);
    expect(connection.stats().lastEventAt).toBeGreaterThan(Date.now() - 5_000);
  });

  test("a state handler that throws stops nothing", async () => {
    const peer = await peerWith({});
    const onState = vi.fn(() => {
      throw new Error("broken handler");
    });
    await untilUp(started(peer.address, { onState }));
    expect(onState).toHaveBeenCalledTimes(3);
  });

  test("those of another session's action are events, a stray response is nothing", async () => {
    const { session, watched } = await up();
    session.send("Event: OriginateResponse", "ActionID: 17", "Response: Failure");
    session.send("Response: Success", "ActionID: 17");
    session.send("Response: Error", "Message: Missing action in request");
    session.send("Event: Hangup", "Uniqueid: 1.1");
    await until(() => expect(names(watched)).toEqual(["FullyBooted", "OriginateResponse", "Hangup"]));
  });

  test("stop from inside a handler ends the stream there", async () => {
    const peer = await peerWith({});
    const seen: string[] = [];
    const connection = createAmiConnection({
      ...{ server: "ast1", address: peer.address, username: "u", secret: "s", onState: () => {} },
      log: (await import("pino")).pino({ enabled: false }),
      onEvent: (message) => {
        seen.push(message.name);
        if (message.name === "Hangup") void connection.stop();
      },
    });
    connection.start();
    await until(() => expect(seen).toEqual(["FullyBooted"]));
    peer.sessions[0]?.write("Event: Hangup\r\n\r\nEvent: Newchannel\r\n\r\n");
    await until(() => expect(connection.state).toBe("down"));
    expect(seen).toEqual(["FullyBooted", "Hangup"]);
  });
});

describe("stop", () => {
  test("says goodbye, settles what waits, stays down and can be repeated", async () => {
    const { connection, session, peer } = await up();
    const waiting = expect(connection.action("CoreStatus")).rejects.toMatchObject({ code: "ami_stopped" });
    await Promise.all([connection.stop(), connection.stop()]);
    await waiting;
    await connection.stop();
    expect(session.actions.at(-1)).toEqual({ Action: "Logoff" });
    await sleep(60);
    expect(peer.sessions).toHaveLength(1);
    expect(connection.state).toBe("down");
    await expect(connection.action("Ping")).rejects.toMatchObject({ code: "ami_not_up" });
    expect(() => connection.start()).toThrow(expect.objectContaining({ code: "ami_stopped" }));
  });

  test("while connecting and while waiting to connect again", async () => {
    const silent = await peerWith({ greeting: null });
    const first = started(silent.address);
    await until(() => expect(silent.sessions).toHaveLength(1));
    await first.connection.stop();
    const refusing = await peerWith({ greeting: "no\r\n" });
    const second = started(refusing.address, { timings: { backoffMinMs: 50_000, backoffMaxMs: 50_000 } });
    await until(() => expect(second.connection.state).toBe("down"));
    await second.connection.stop();
    expect(first.states.at(-1)).toEqual({ state: "down", why: "stopped", silentMs: 0 });
    expect(refusing.sessions).toHaveLength(1);
  });
});
