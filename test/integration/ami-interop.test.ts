import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type RunningAsterisk, startAsterisk } from "../../load/lab/asterisk.ts";
import type { AmiMessage } from "../../src/ami/connection.ts";
import { type Watched, watch } from "../wire/ami-peer.ts";

type PeerEvent = Readonly<Record<string, unknown>>;
type PeerManager = {
  on(name: string, handler: (event: PeerEvent) => void): void;
  disconnect(): void;
};
// asterisk-manager 0.2.0 ships no types.
const createPeerManager = createRequire(import.meta.url)("asterisk-manager") as (
  port: number,
  host: string,
  username: string,
  password: string,
  events: boolean,
) => PeerManager;

const MANAGER = (port: number) => `[general]
enabled=yes
bindaddr=127.0.0.1
port=${port}
channelvars=SB_CALL,SB_DIRECTION

[signalbox]
secret=interop
read=call,system
write=reporting

[blind]
secret=interop
read=call
write=reporting

[caller]
secret=interop
read=system
write=originate
`;

const DIALPLAN = `[callee]
exten => _X.,1,Set(__SB_CALL=c-\${EXTEN})
 same => n,Set(CHANNEL(peeraccount)=apex)
 same => n,Dial(Local/\${EXTEN}@phone,5)
 same => n,Hangup()
[phone]
exten => _1.,1,Answer()
 same => n,Wait(0.3)
 same => n,Hangup()
exten => _2.,1,Hangup(17)
[caller]
exten => s,1,Answer()
 same => n,Wait(2)
 same => n,Hangup()
[held]
exten => _X.,1,Answer()
 same => n,Wait(30)
 same => n,Hangup()
`;

const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 50 });

describe.each([
  { version: "22", ami: 25_020, sip: 25_021 },
  { version: "16", ami: 25_022, sip: 25_023 },
] as const)("Asterisk $version", ({ version, ami, sip }) => {
  const address = `127.0.0.1:${ami}`;
  let asterisk: RunningAsterisk;
  const opened: Watched[] = [];

  const start = () =>
    startAsterisk({
      version,
      folder: `var/test/ami-interop-${version}`,
      files: { "manager.conf": MANAGER(ami), "extensions.conf": DIALPLAN },
      ami: address,
      sip: `127.0.0.1:${sip}`,
      rtpStart: 25_030,
      rtpEnd: 25_060,
    });

  async function connected(username: string): Promise<Watched> {
    const watched = watch(address, { username, secret: "interop" });
    opened.push(watched);
    watched.connection.start();
    await until(() => expect(watched.connection.up).toBe(true));
    return watched;
  }

  const originate = (caller: Watched, exten: string, context: string) =>
    caller.connection.action("Originate", {
      Channel: `Local/${exten}@${context}`,
      Context: "caller",
      Exten: "s",
      Priority: "1",
      Async: "true",
      CallerID: '"Ann: \\"B\\" (x)" <+12125550100>',
    });

  beforeAll(async () => {
    asterisk = await start();
  });

  afterAll(async () => {
    await Promise.all(opened.map((watched) => watched.connection.stop()));
    await asterisk.stop();
  });

  test("sees the same events, in the same order, with the same fields as asterisk-manager", async () => {
    const theirs: PeerEvent[] = [];
    const manager = createPeerManager(ami, "127.0.0.1", "signalbox", "interop", true);
    manager.on("managerevent", (event) => theirs.push(event));
    const ours = await connected("signalbox");
    await until(() => expect(theirs).toHaveLength(1));
    const caller = await connected("caller");
    for (let call = 0; call < 10; call += 1) await originate(caller, `${1 + (call % 2)}${call}`, "callee");
    const hangups = (seen: readonly string[]) => seen.filter((name) => name === "Hangup").length;
    await until(() => expect(hangups(ours.events.map((event) => event.name))).toBe(40));
    await until(() => expect(hangups(theirs.map((event) => String(event.event)))).toBe(40));
    await sleep(300);
    manager.disconnect();
    const booted = (lines: readonly string[]) => lines.filter((line) => !line.includes("FullyBooted"));
    const mine = booted(ours.events.map(canonical));
    expect(mine.length).toBeGreaterThan(300);
    expect(mine).toEqual(booted(theirs.map(canonicalTheirs)));
    expect(ours.connection.stats()).toMatchObject({ lost: 0, reconnects: 0, malformed: 0 });
  });

  test("lists the channels with a count that agrees, and asks after one", async () => {
    const ours = await connected("signalbox");
    const caller = await connected("caller");
    await originate(caller, "10", "held");
    await until(() => expect(ours.events.filter((event) => event.name === "Newchannel")).toHaveLength(2));
    const list = await ours.connection.list("CoreShowChannels");
    expect(list).toMatchObject({ complete: true, events: [{ name: "CoreShowChannel" }, {}] });
    const channel = list.events[0]?.fields.get("Channel") ?? "";
    const one = await ours.connection.list("Status", { Channel: channel });
    expect(one).toMatchObject({ complete: true, events: [{ name: "Status" }] });
    const uniqueid = list.events[0]?.fields.get("Uniqueid") ?? "";
    const same = await ours.connection.list("Status", { Channel: uniqueid });
    expect(same.events.map(({ fields }) => fields.get("Uniqueid"))).toEqual([uniqueid]);
    for (const name of ["Local/nobody@nowhere-00000000;1", "1.1"]) {
      const gone = ours.connection.list("Status", { Channel: name });
      await expect(gone).rejects.toMatchObject({
        code: "ami_refused",
        message: expect.stringContaining("No such channel"),
      });
    }
    expect(ours.events.some((event) => event.name === "CoreShowChannel" || event.name === "Status")).toBe(
      false,
    );
    await asterisk.cli("channel request hangup all");
  });

  test("tells a wrong secret, a missing right and a refused action apart", async () => {
    const wrong = watch(address, { username: "signalbox", secret: "nonsense" });
    const blind = watch(address, { username: "blind", secret: "interop", timings: { bootedMs: 200 } });
    opened.push(wrong, blind);
    wrong.connection.start();
    blind.connection.start();
    await until(() => expect(wrong.states.at(-1)?.why).toContain("Authentication failed"));
    await until(() => expect(blind.states.at(-1)?.why).toContain("read = system"));
    const ours = await connected("signalbox");
    await expect(originate(ours, "10", "held")).rejects.toThrow(/Permission denied/);
  });

  test("after a kill -9 it comes back by itself and sees another boot", async () => {
    const ours = await connected("signalbox");
    const boot = async () => {
      const { fields } = await ours.connection.action("CoreStatus");
      return `${fields.get("CoreStartupDate")} ${fields.get("CoreStartupTime")}`;
    };
    const before = await boot();
    asterisk.kill("SIGKILL");
    await asterisk.exited;
    await until(() => expect(ours.connection.up).toBe(false));
    await asterisk.stop();
    asterisk = await start();
    await until(() => expect(ours.connection.up).toBe(true));
    expect(await boot()).not.toBe(before);
    expect(ours.connection.stats()).toMatchObject({ lost: 1, reconnects: 1, malformed: 0 });
  });
});

const isVariable = (key: string) => /chanvariable/i.test(key);

function canonical(event: AmiMessage): string {
  const fields = [...event.fields].filter(([key]) => !isVariable(key));
  const variables = [...event.variables].map(([name, value]) => `${name}=${value}`);
  return [...fields.map(([key, value]) => `${key.toLowerCase()}: ${value}`), ...variables].join("\n");
}

function canonicalTheirs(event: PeerEvent): string {
  const fields = Object.entries(event).filter(([key]) => !isVariable(key));
  const own = event.chanvariable;
  const variables = Object.entries(own === undefined || own === null ? {} : own).map((pair) =>
    pair.join("="),
  );
  return [...fields.map(([key, value]) => `${key}: ${String(value)}`), ...variables].join("\n");
}
