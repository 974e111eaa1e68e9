import type { Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { caller, expectOk, refusedCaller, type SippResult } from "../../load/sipp-runner.ts";
import { answeringPhone, during, somebody } from "./support/callers.ts";
import { AT } from "./support/configuration.ts";
import type { Arrival } from "./support/destinations.ts";
import { blackHole, listenAs, onHeader, passOn, writeForEver } from "./support/peers.ts";
import { startTestWorld, type TestWorld } from "./support/test-world.ts";

const APEX = `timezone: America/New_York
country: US
trunks: {strategy: hybrid, dedicated: [apex_sip]}
caller_ids: ["+12125550100"]
ingroups: [APEX_MAIN, APEX_EMERGENCY_DESK, APEX_LINE_TWO]
dids:
  "+12125550100": {route: agents}
  "+12125550101": {route: agents, fallback: {ingroup: APEX_LINE_TWO}}
  "+12125550102": {route: phone}
  "+442079460100": {route: agents}
routes:
  agents: {ingroup: APEX_MAIN}
  phone: {dial: PJSIP/100}
fallback: {announce: blip, then: {ingroup: APEX_EMERGENCY_DESK}}
`;

const GREEN = `timezone: America/Chicago
country: US
caller_ids: ["+13125550100"]
ingroups: [GREEN_MAIN, GREEN_DOWN]
dids:
  "+13125550100": {route: agents}
  "+12079460100": {route: agents}
  "+442079460000": {route: agents, fallback: {announce: blip, then: {hangup: normal}}}
routes:
  agents: {ingroup: GREEN_MAIN}
fallback: {ingroup: GREEN_DOWN}
`;

/** What is dialled, from which carrier, and where it has to arrive without Signalbox. */
const STATIC: readonly (readonly [dialled: string, from: string, at: string, tenant: string, did: string])[] =
  [
    ["+12125550100", AT.apexCarrier.ip, "ingroup APEX_EMERGENCY_DESK", "apex", "+12125550100"],
    ["2125550100", AT.poolCarrier.ip, "ingroup APEX_EMERGENCY_DESK", "apex", "+12125550100"],
    ["01112125550101", AT.apexCarrier.ip, "ingroup APEX_LINE_TWO", "apex", "+12125550101"],
    ["12125550101", AT.apexCarrier.ip, "ingroup APEX_LINE_TWO", "apex", "+12125550101"],
    ["8813125550100", AT.britishCarrier.ip, "ingroup GREEN_DOWN", "green", "+13125550100"],
    ["2079460100", AT.britishCarrier.ip, "ingroup APEX_EMERGENCY_DESK", "apex", "+442079460100"],
    ["2079460100", AT.poolCarrier.ip, "ingroup GREEN_DOWN", "green", "+12079460100"],
  ];

/**
 * What a service may do with a request instead of answering it. One thing is not among them because no dialplan can
 * end it: half a line and then silence on an open connection. Asterisk 16 and 22 wait for the rest of the line in a
 * busy loop that looks at nothing else, until the peer closes; so a command must always leave in one write.
 */
const WRONG_WAYS: Readonly<Record<string, (socket: Socket) => void>> = {
  reset: (socket) => socket.resetAndDestroy(),
  silence: () => {},
  garbage_and_close: (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"),
  garbage_for_ever: (socket) => writeForEver(socket, ["what is this?\n"], 20),
  half_a_command_and_close: (socket) => socket.end('EXEC MSet "SB_ACTION='),
  byte_by_byte_for_ever: (socket) => writeForEver(socket, "NOOP\n", 30),
  other_commands_and_no_decision: (socket) => writeForEver(socket, ["SET VARIABLE SB_STATE 1\n"], 200),
};

/** Legs that are up, on either side. */
async function upLegs(world: TestWorld): Promise<number> {
  return [...(await world.world.asterisk.cli("core show channels concise")).matchAll(/!Up!/g)].length;
}

function hungUpByAsterisk({ messages }: SippResult): boolean {
  return messages.some(({ method, direction }) => method === "BYE" && direction === "received");
}

type Timed = { readonly arrival: Arrival; readonly ms: number };

describe.each(["22", "16"] as const)("Asterisk %s with a Signalbox that fails", (version) => {
  let world: TestWorld;

  beforeAll(async () => {
    world = await startTestWorld({ version, tenants: { apex: APEX, green: GREEN } });
  });

  afterAll(() => world?.stop());
  afterEach(() => world.observer.silence());

  /** One call for each row of STATIC, all at once: where it arrived and after how many milliseconds. */
  const callAll = (): Promise<Timed[]> =>
    Promise.all(
      STATIC.map(async ([dialled, localIp]) => {
        const from = somebody();
        const result = await world.call(dialled, caller({ from, holdMs: 500 }), { localIp });
        return { arrival: await world.arrivals.first(from), ms: expectOk(result).rtt?.max ?? 0 };
      }),
    );

  /** Every caller is taken by the static fallback of the number, stamped, in `from` to `to` ms. */
  const expectFallbacks = async (from: number, to: number): Promise<void> => {
    const calls = await callAll();
    for (const [index, [, , at, tenant, did]] of STATIC.entries()) {
      const call = calls[index];
      expect(call?.arrival).toMatchObject({ at, tenant, did, account: tenant, peeraccount: tenant });
      expect(call?.arrival.direction).toBe("inbound");
      expect(call?.arrival.call).toMatch(/^ast1-/);
      expect(call?.ms).toBeGreaterThan(from);
      expect(call?.ms).toBeLessThan(to);
    }
  };

  /** The same with a service of the test's own in Signalbox's place. */
  const expectFallbacksBeside = async (serve: (socket: Socket) => void): Promise<void> => {
    await world.node().stop();
    const peer = await listenAs(AT.fastagi, serve);
    try {
      await expectFallbacks(2000, 4600);
      expect(peer.taken()).toBeGreaterThanOrEqual(STATIC.length);
    } finally {
      await peer.close();
    }
  };

  const expectServed = async (): Promise<void> => {
    const calls = await callAll();
    const mains = calls.map(({ arrival }) => arrival.at);
    expect(mains).toEqual(STATIC.map(([, , , tenant]) => `ingroup ${tenant.toUpperCase()}_MAIN`));
    for (const { ms } of calls) expect(ms).toBeLessThan(1500);
  };

  it("serves_every_call_while_it_is_well", () => expectServed());

  it("stopped", async () => {
    process.kill(world.node().pid, "SIGSTOP");
    try {
      await expectFallbacks(2500, 4600);
    } finally {
      process.kill(world.node().pid, "SIGCONT");
    }
    await expectServed();
  });

  it("killed_while_calls_are_up", async () => {
    const [agent, phone] = [somebody(), somebody()];
    const callee = await during(AT.phone, answeringPhone(), async () => {
      const established = Promise.all([
        world.call("+12125550100", caller({ from: agent, holdMs: 5500 })),
        world.call("+12125550102", caller({ from: phone, holdMs: 5500 })),
      ]);
      await waitFor("three legs", async () => (await upLegs(world)) === 3 || undefined, 5000);
      world.node().child.kill("SIGKILL");
      await world.node().child.exited;
      await expectFallbacks(2500, 4600);
      for (const result of await established) expect(hungUpByAsterisk(expectOk(result))).toBe(false);
    });
    expect(callee.successful).toBe(1);
    expectOk(await world.call("+12125559999", refusedCaller(404, { from: somebody() })));
  });

  it("dead_when_a_phone_dials_an_emergency_number", async () => {
    await world.node().stop();
    const carrier = await during(AT.apexCarrier, answeringPhone(), async () => {
      const scenario = caller({ from: "100", holdMs: 300 });
      expectOk(await world.call("911", scenario, { localIp: AT.phone.ip }));
    });
    expect(carrier.messages[0]?.startLine).toContain("sip:911@");
    await world.startNode();
    await expectServed();
  });

  it("unreachable_like_a_black_hole", async () => {
    await world.node().stop();
    const hole = await blackHole(AT.fastagi);
    try {
      await expectFallbacks(1500, 4600);
    } finally {
      await hole.close();
    }
  });

  it("accepting_and_closing_at_once", () => expectFallbacksBeside((socket) => socket.destroy()));

  it("answering_in_every_wrong_way", async () => {
    await world.node().stop();
    const ways = Object.entries(WRONG_WAYS).map(([name, answer]) => ({ name, answer, from: somebody() }));
    const peer = await listenAs(AT.fastagi, (socket) =>
      onHeader(socket, (header) => ways.find(({ from }) => header.includes(from))?.answer(socket)),
    );
    try {
      const reached = await Promise.all(
        ways.map(async ({ name, from }) => {
          const result = expectOk(await world.call("+12125550101", caller({ from, holdMs: 300 })));
          return { name, at: (await world.arrivals.first(from)).at, ms: result.rtt?.max ?? 0 };
        }),
      );
      for (const { name, at, ms } of reached) {
        expect(at, name).toBe("ingroup APEX_LINE_TWO");
        expect(ms, name).toBeGreaterThan(2000);
        expect(ms, name).toBeLessThan(4600);
      }
    } finally {
      await peer.close();
    }
  });

  it("dying_in_mid_step_and_back_for_the_second_try", async () => {
    const other = await world.startOtherNode();
    const peer = await listenAs(AT.fastagi, (socket, number) => {
      if (number <= STATIC.length) onHeader(socket, () => socket.resetAndDestroy());
      else passOn(socket, AT.otherFastagi);
    });
    try {
      const calls = await callAll();
      for (const { arrival, ms } of calls) {
        expect(arrival.at).toMatch(/^ingroup (APEX|GREEN)_MAIN$/);
        expect(ms).toBeGreaterThan(900);
        expect(ms).toBeLessThan(2800);
      }
    } finally {
      await peer.close();
      await other.stop();
    }
  });

  it("killed_and_started_again_while_callers_wait", async () => {
    await world.startNode();
    world.node().child.kill("SIGKILL");
    await world.node().child.exited;
    const calls = callAll();
    await world.startNode();
    for (const { arrival, ms } of await calls) {
      expect(arrival.tenant).toMatch(/^(apex|green)$/);
      expect(ms).toBeLessThan(4600);
    }
    await expectServed();
  });
});
