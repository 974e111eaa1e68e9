import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  callee,
  caller,
  expectOk,
  headerOf,
  impatientCaller,
  refusedCaller,
  refusingCallee,
  runSipp,
  type Scenario,
  type SippOptions,
  silentCallee,
  startSipp,
  typist,
} from "../../load/sipp-runner.ts";

const artefacts = mkdtempSync(join(tmpdir(), "sipp-test-"));
afterAll(() => rmSync(artefacts, { recursive: true, force: true }));

const UAS_IP = "127.0.0.12";
const UAC_IP = "127.0.0.11";

/** Runs `from` against `to` on the loopback and gives both results. */
async function meet(from: Scenario, to: Scenario, options: Partial<SippOptions> = {}) {
  const answering = startSipp({ scenario: to, localIp: UAS_IP, artefacts });
  await answering.ready;
  const remote = `${UAS_IP}:${answering.localPort}`;
  const calling = await runSipp({
    scenario: from,
    remote,
    localIp: UAC_IP,
    service: "100",
    artefacts,
    ...options,
  });
  return { calling, answering: await answering.stop() };
}

const codes = (messages: readonly { status: number | null; method: string | null; direction: string }[]) =>
  messages.map(({ status, method, direction }) => `${direction[0]} ${method ?? status}`);

describe("a call that goes well", () => {
  it("counts calls and gives percentiles of the time to the answer", async () => {
    const { calling, answering } = await meet(caller({ holdMs: 100 }), callee({ ringMs: 200 }), {
      calls: 5,
      rate: 50,
    });
    expect(expectOk(calling)).toMatchObject({
      exitCode: 0,
      created: 5,
      successful: 5,
      failed: 0,
      problem: "",
    });
    expect(calling.rtt?.count).toBe(5);
    expect(calling.rtt?.p50).toBeGreaterThanOrEqual(200);
    expect(calling.rtt?.p99).toBeLessThan(1000);
    expect(expectOk(answering)).toMatchObject({ successful: 5, failed: 0, rtt: null });
    expect(existsSync(calling.folder)).toBe(false);
  });

  it("shows every message of both ends", async () => {
    const from = caller({ holdMs: 100, from: "12125550199", headers: { "X-Test": "one, two" } });
    const { calling, answering } = await meet(from, callee({ ringMs: 50 }));
    expect(codes(calling.messages)).toEqual(["s INVITE", "r 180", "r 200", "s ACK", "s BYE", "r 200"]);
    const invite = answering.messages[0];
    if (invite === undefined) throw new Error("no INVITE");
    expect(invite).toMatchObject({ direction: "received", method: "INVITE", status: null });
    expect(invite.startLine).toMatch(/^INVITE sip:100@127\.0\.0\.12:\d+ SIP\/2\.0$/);
    expect(headerOf(invite, "x-test")).toBe("one, two");
    expect(headerOf(invite, "from")).toContain("<sip:12125550199@");
    expect(invite.body).toContain("a=rtpmap:101 telephone-event/8000");
  });

  it("takes one row per call", async () => {
    const from = caller({ holdMs: 50, from: "[field0]", to: "[field1]" });
    const rows = [
      ["alice", "201"],
      ["bob", "202"],
    ];
    const { answering } = await meet(from, callee(), { rows, calls: 2 });
    const invites = answering.messages.filter(({ method }) => method === "INVITE");
    expect(invites.map(({ startLine }) => /sip:(\d+)@/.exec(startLine)?.[1])).toEqual(["201", "202"]);
    expect(invites.map((invite) => /sip:(\w+)@/.exec(headerOf(invite, "From") ?? "")?.[1])).toEqual([
      "alice",
      "bob",
    ]);
  });

  it.each<[string, Scenario, Scenario]>([
    ["the callee hangs up", caller({ waitForByeMs: 3000 }), callee({ holdMs: 200 })],
    [
      "early media comes first",
      caller({ earlyMedia: true, holdMs: 100 }),
      callee({ earlyMedia: true, ringMs: 100 }),
    ],
    ["keys are typed", typist([100, "12*#"], { holdMs: 100 }), callee()],
    ["the call is refused with 486", refusedCaller(486), refusingCallee(486, { ringMs: 50 })],
    ["the call is refused with 503", refusedCaller(503), refusingCallee(503)],
    ["the call is moved", refusedCaller(302), refusingCallee(302, { contact: "sip:x@127.0.0.9:5060" })],
    ["the caller gives up", impatientCaller(100), callee({ ringMs: 5000 })],
  ])("is good at both ends when %s", async (_name, from, to) => {
    const { calling, answering } = await meet(from, to);
    expectOk(calling);
    expect(expectOk(answering).successful).toBe(1);
  });
});

describe("a call that goes wrong", () => {
  it("is a result that is not ok, with its reason and its artefacts", async () => {
    const { calling, answering } = await meet(caller(), refusingCallee(503));
    expect(calling).toMatchObject({ ok: false, exitCode: 1, failed: 1, successful: 0 });
    expect(calling.failures).toEqual({ FailedUnexpectedMessage: 1 });
    expect(calling.problem).toContain("503 Service Unavailable");
    expect(readdirSync(calling.folder)).toEqual(
      expect.arrayContaining(["caller.xml", "command.txt", "errors.log", "messages.log", "statistics.csv"]),
    );
    expect(() => expectOk(calling)).toThrow(expect.objectContaining({ code: "SIPP_FAILED" }));
    expect(answering.ok).toBe(true);
  });

  it("is found out by the callee too", async () => {
    const { answering } = await meet(caller({ waitForByeMs: 300 }), callee({ waitForByeMs: 100 }));
    expect(answering).toMatchObject({ ok: false, failed: 1 });
  });

  it("fails when nobody says a word", async () => {
    const { calling } = await meet(caller(), silentCallee(1000), { receiveTimeoutMs: 700 });
    expect(calling.failures).toEqual({ FailedTimeoutOnRecv: 1 });
  });

  it("fails at its deadline", async () => {
    const { calling } = await meet(caller({ waitForByeMs: 10_000 }), callee(), { deadlineMs: 1000 });
    expect(calling).toMatchObject({ ok: false, exitCode: 255 });
    expect(calling.problem).toContain("deadline");
  });
});

describe("starting and stopping", () => {
  it.each<[string, SippOptions, string]>([
    [
      "a missing scenario",
      { scenario: "no-such-file.xml", remote: "127.0.0.1:5060" },
      "SIPP_SCENARIO_MISSING",
    ],
    ["a missing program", { scenario: callee(), program: "no-such-sipp" }, "SIPP_MISSING"],
    ["a caller with nobody to call", { scenario: caller() }, "SIPP_OPTIONS"],
    ["a remote without a port", { scenario: caller(), remote: "127.0.0.1" }, "SIPP_OPTIONS"],
    ["a row that would spill over", { scenario: callee(), rows: [["a;b"]] }, "SIPP_OPTIONS"],
    ["no calls", { scenario: callee(), calls: 0 }, "SIPP_OPTIONS"],
  ])("refuses %s at once", (_name, options, code) => {
    expect(() => startSipp({ artefacts, ...options })).toThrow(expect.objectContaining({ code }));
  });

  it("says which port is in use", async () => {
    const socket = createSocket("udp4").bind(0, UAS_IP);
    await once(socket, "listening");
    const { port } = socket.address();
    const run = startSipp({ scenario: callee(), localIp: UAS_IP, localPort: port, artefacts });
    await expect(run.ready).rejects.toMatchObject({ code: "SIPP_PORT_IN_USE" });
    expect(await run.done).toMatchObject({ ok: false, exitCode: 254 });
    expect((await run.done).problem).toContain(`${UAS_IP}:${port} is in use`);
    socket.close();
  });

  it("takes other ports where somebody took the first ones before SIPp did", async () => {
    const program = join(mkdtempSync(join(artefacts, "late-")), "sipp");
    // The first one finds what SIPp finds then.
    const late = 'mkdir "$0.tried" 2>/dev/null && exit 254\nexec sipp "$@"\n';
    writeFileSync(program, `#!/bin/sh\n${late}`, { mode: 0o755 });
    const answering = startSipp({ scenario: callee(), localIp: UAS_IP, program, artefacts });
    const { localPort: first } = answering;
    await answering.ready;
    expect(answering.localPort).not.toBe(first);
    const remote = `${UAS_IP}:${answering.localPort}`;
    expectOk(await runSipp({ scenario: caller(), remote, localIp: UAC_IP, calls: 1, artefacts }));
    expect(await answering.stop()).toMatchObject({ ok: true, successful: 1 });
  });

  it("fails a run whose scenario SIPp cannot read", async () => {
    const nonsense: Scenario = { name: "bad", role: "callee", steps: [{ xml: () => "<nonsense/>" }] };
    expect(await runSipp({ scenario: nonsense, artefacts })).toMatchObject({ ok: false, created: 0 });
  });

  it("stops an idle callee at once", async () => {
    const run = startSipp({ scenario: callee(), localIp: UAS_IP, artefacts });
    await run.ready;
    const before = Date.now();
    expect((await run.stop()).ok).toBe(true);
    expect(Date.now() - before).toBeLessThan(1000);
    expect(() => process.kill(run.pid, 0)).toThrow();
  });

  it("ends a callee that is in a call once the grace is over", async () => {
    const answering = startSipp({ scenario: callee(), localIp: UAS_IP, artefacts });
    await answering.ready;
    const remote = `${UAS_IP}:${answering.localPort}`;
    const calling = startSipp({ scenario: caller({ holdMs: 20_000 }), remote, localIp: UAC_IP, artefacts });
    await calling.ready;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await answering.stop(200)).toMatchObject({ ok: false, unfinished: 1, failed: 0 });
    await calling.stop(0);
    for (const { pid } of [answering, calling]) expect(() => process.kill(pid, 0)).toThrow();
  });

  it("runs carriers side by side on addresses of their own", async () => {
    const carriers = ["127.0.0.13", "127.0.0.14"].map((localIp) =>
      startSipp({ scenario: callee(), localIp, localPort: 27_010, artefacts }),
    );
    await Promise.all(carriers.map(({ ready }) => ready));
    const calls = carriers.map(({ localIp }) =>
      runSipp({
        scenario: caller({ holdMs: 50 }),
        remote: `${localIp}:27010`,
        localIp: UAC_IP,
        calls: 3,
        artefacts,
      }),
    );
    for (const result of await Promise.all(calls)) expect(expectOk(result).successful).toBe(3);
    for (const carrier of carriers) expect((await carrier.stop()).successful).toBe(3);
  });
});
