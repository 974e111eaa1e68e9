import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { type AddressInfo, connect, type Server } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { HEADER, openPeer, startRig } from "../wire/agi-peer.ts";

// ding-dong carries no types; this is what is used of it.
type DingDongContext = {
  onEvent(name: string): Promise<unknown>;
  exec(application: string, argument: string): Promise<{ code: number; result: string }>;
  end(): Promise<void>;
};
type DingDong = (
  handler: (context: DingDongContext) => void,
  options: { logger: () => void },
) => { start(port: number, host: string): Server };
const require = createRequire(import.meta.url);
const dingDong: DingDong = require("ding-dong");

const closers: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function startDingDong(handler: (context: DingDongContext) => void): Promise<number> {
  const server = dingDong(handler, { logger: () => {} }).start(0, "127.0.0.1");
  closers.push(() => server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function startOurs(variables: readonly (readonly [string, string])[]) {
  const rig = await startRig({ handler: async () => ({ variables }) });
  closers.push(() => rig.server.drain(0));
  return rig;
}

const MSET = '"__SB_TENANT=apex,CHANNEL(accountcode)=apex,SB_ACTION=dial"';
const VARIABLES = [
  ["__SB_TENANT", "apex"],
  ["CHANNEL(accountcode)", "apex"],
  ["SB_ACTION", "dial"],
] as const;
const theirHandler = (context: DingDongContext): void => {
  context
    .onEvent("variables")
    .then(() => context.exec("MSet", MSET))
    .then(() => context.end());
};

/** What an Asterisk sees of one session, the header written in pieces of `size`. */
async function seen(port: number, size: number, reply: string): Promise<string[]> {
  const peer = await openPeer(port);
  const events: string[] = [];
  for (let at = 0; at < HEADER.length; at += size) {
    if (peer.socket.bytesRead > 0) events.push("spoke too early");
    peer.send(HEADER.slice(at, at + size));
    await wait(1);
  }
  events.push(await peer.line());
  peer.send(reply);
  const all = await peer.closed();
  return [...events, all, "closed"];
}

describe("a well-behaved session looks the same from Asterisk's side", () => {
  test.each([
    ["header in one write", 10_000, "200 result=0\n"],
    ["header in small writes", 9, "200 result=0\n"],
    ["a reply with a value", 10_000, "200 result=1 (x)\n"],
  ])("%s", async (_, size, reply) => {
    const theirs = await seen(await startDingDong(theirHandler), size, reply);
    const ours = await seen((await startOurs(VARIABLES)).port, size, reply);
    expect(ours).toEqual(theirs);
    expect(ours).toEqual([`EXEC MSet ${MSET}\n`, `EXEC MSet ${MSET}\n`, "closed"]);
  });

  test("50 sessions at once", async () => {
    const run = (port: number) =>
      Promise.all(Array.from({ length: 50 }, () => seen(port, 40, "200 result=0\n")));
    const theirs = await run(await startDingDong(theirHandler));
    expect(await run((await startOurs(VARIABLES)).port)).toEqual(theirs);
  });
});

const CHILD = `
  const handler = (context) => context.onEvent("variables").then(() => context.exec("MSet", "A=1"));
  const server = require("ding-dong")(handler, { logger() {} }).start(0, "127.0.0.1");
  server.on("listening", () => console.log(server.address().port));
`;

describe("where ding-dong falls, ours stands", () => {
  test("a reset ends ding-dong's process; ours serves the next session", async () => {
    const child = spawn(process.execPath, ["-e", CHILD], { stdio: ["ignore", "pipe", "ignore"] });
    const exited = once(child, "exit");
    const [port] = await once(child.stdout, "data");
    const ours = await startOurs(VARIABLES);
    for (const target of [Number(String(port)), ours.port]) {
      const socket = connect(target, "127.0.0.1", () => socket.write(HEADER));
      socket.once("data", () => socket.resetAndDestroy());
    }
    expect((await exited)[0]).toBe(1);
    expect(await ours.outcome()).toBe("hangup");
    expect(await seen(ours.port, 100, "200 result=0\n")).toContain("closed");
  });

  test("a newline in a value is a second command from ding-dong and no command from ours", async () => {
    const value = "dial\nEXEC System touch";
    const theirs = await startDingDong((context) => {
      context.onEvent("variables").then(() => context.exec("MSet", `SB_ACTION=${value}`));
    });
    const peer = await openPeer(theirs);
    peer.send(HEADER);
    expect((await peer.line()).split("\n")).toHaveLength(3);
    peer.socket.destroy();

    const ours = await startOurs([["SB_ACTION", value]]);
    const other = await openPeer(ours.port);
    other.send(HEADER);
    expect(await other.closed()).toBe("");
    expect(await ours.outcome()).toBe("error");
  });

  test("a close in mid-command leaves ding-dong's promise open and settles ours", async () => {
    let settled = false;
    const asked = Promise.withResolvers<void>();
    const theirs = await startDingDong((context) => {
      const reply = context.onEvent("variables").then(() => context.exec("MSet", "A=1"));
      asked.resolve();
      reply.finally(() => {
        settled = true;
      });
    });
    const ours = await startOurs(VARIABLES);
    for (const port of [theirs, ours.port]) {
      const peer = await openPeer(port);
      peer.send(HEADER);
      await peer.line();
      peer.socket.end();
    }
    await asked.promise;
    expect(await ours.outcome()).toBe("hangup");
    await wait(200);
    expect(settled).toBe(false);
  });

  test("a multi-line refusal is a hangup to ding-dong and a refused command to ours", async () => {
    const hangup = Promise.withResolvers<void>();
    const theirs = await startDingDong((context) => {
      context.onEvent("hangup").then(() => hangup.resolve());
      theirHandler(context);
    });
    const ours = await startOurs(VARIABLES);
    const usage = "520-Invalid command syntax.  Proper usage follows:\nUsage\n520 End of proper usage.\n";
    for (const port of [theirs, ours.port]) {
      const peer = await openPeer(port);
      peer.send(HEADER);
      await peer.line();
      peer.send(usage);
    }
    await hangup.promise;
    expect(await ours.outcome()).toBe("error");
    expect(ours.logged).toMatchObject([{ code: "agi_command_refused", agiCode: 520 }]);
  });
});
