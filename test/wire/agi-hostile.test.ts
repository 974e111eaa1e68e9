import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { goodSession, HEADER, type Rig, startRig } from "./agi-peer.ts";

const rigs: Rig[] = [];
afterEach(async () => {
  await Promise.all(rigs.splice(0).map((rig) => rig.server.drain(0)));
});

describe("bad peers beside good ones", () => {
  const attacks: Record<string, (port: number) => void> = {
    connect_and_close: (port) => connect(port, "127.0.0.1").end(),
    silence: (port) => void connect(port, "127.0.0.1").on("error", () => {}),
    reset_at_once: (port) => {
      const socket = connect(port, "127.0.0.1", () => socket.resetAndDestroy());
    },
    reset_after_the_header: (port) => {
      const socket = connect(port, "127.0.0.1", () => socket.write(HEADER, () => socket.resetAndDestroy()));
    },
    reset_in_mid_command: (port) => {
      const socket = connect(port, "127.0.0.1", () => socket.write(HEADER));
      socket.once("data", () => socket.resetAndDestroy());
    },
    close_in_mid_command: (port) => {
      const socket = connect(port, "127.0.0.1", () => socket.write(HEADER));
      socket.once("data", () => socket.end());
    },
    close_in_mid_header: (port) => void connect(port, "127.0.0.1").end(HEADER.slice(0, 50)),
    garbage: (port) =>
      void connect(port, "127.0.0.1")
        .on("error", () => {})
        .write(Buffer.alloc(4096, 0xff)),
    flood: (port) =>
      void connect(port, "127.0.0.1")
        .on("error", () => {})
        .write(Buffer.alloc(8_000_000, 0x61)),
    http: (port) =>
      void connect(port, "127.0.0.1")
        .on("error", () => {})
        .end("GET / HTTP/1.1\r\n\r\n"),
  };

  test.each(Object.keys(attacks))("%s", async (name) => {
    const rig = await startRig({ limits: { headerMs: 300, replyMs: 300 } });
    rigs.push(rig);
    for (let count = 0; count < 20; count += 1) attacks[name]?.(rig.port);
    const commands = await Promise.all(Array.from({ length: 20 }, () => goodSession(rig.port)));
    expect(new Set(commands)).toEqual(new Set(['EXEC MSet "SB_ACTION=dial"\n']));
    const outcomes: string[] = [];
    for (let count = 0; count < 40; count += 1) outcomes.push(await rig.outcome());
    expect(outcomes.filter((outcome) => outcome === "decided")).toHaveLength(20);
    expect(rig.server.sessions).toBe(0);
  });
});
