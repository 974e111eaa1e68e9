import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { startTcpLine, type TcpLine } from "../../load/lab/tcp-line.ts";
import { caller, expectOk, impatientCaller, runSipp } from "../../load/sipp-runner.ts";
import { answered, hopefulCaller } from "./support/slot-calls.ts";
import { Stage } from "./support/slot-stage.ts";
import { type NodeName, SLOTS_AT, SlotWorld } from "./support/slot-world.ts";

const DID = "+12125550100";
const CALLS = 5;
/** The promise: after any fault the store holds what the switch has within this time. */
const HEALED_MS = 30_000;
const PROXY = "127.0.0.1:13041";

const APEX = `timezone: UTC
country: US
limits: {channels: 40, when_full: {inbound: busy, outbound: congestion}}
trunks: {strategy: dedicated, dedicated: [apex_sip]}
caller_ids: ["${DID}"]
ingroups: [APEX_MAIN]
dids: {"${DID}": {route: main}, "+12125550101": {route: phone}}
routes:
  main: {ingroup: APEX_MAIN}
  phone: {dial: PJSIP/100, ring_seconds: 20}
fallback: {ingroup: APEX_MAIN}
`;
const TRUNKS = `trunks:
  apex_sip: {address: "${SLOTS_AT.apex}:${SLOTS_AT.carrierPort}", tenant: apex, channels: 50}
`;

const apexes = (many: number): string[] => Array.from({ length: many }, () => "apex");

describe.each(["22", "16"] as const)("slots after a fault, Asterisk %s", (version) => {
  describe("with two nodes on one Redis", () => {
    let world: SlotWorld;
    let stage: Stage;
    let proxy: TcpLine;

    beforeAll(async () => {
      proxy = await startTcpLine(PROXY, SLOTS_AT.ast1.ami);
      const nodes = ["one", "two"] as const;
      world = await SlotWorld.start({
        version,
        nodes,
        tenants: { apex: APEX },
        trunks: TRUNKS,
        ami: { ast1: PROXY },
      });
    });

    afterAll(async () => {
      await world?.stop();
      await proxy.close();
    });

    beforeEach(async () => {
      stage = new Stage(world);
      for (let calls = 0; calls < CALLS; calls++)
        stage.inbound(DID, SLOTS_AT.apex, caller({ holdMs: 60_000 }));
      await stage.holds(apexes(CALLS));
    });

    afterEach(() => stage.clear(HEALED_MS));

    async function listener(): Promise<NodeName> {
      return waitFor(
        "a node to listen",
        async () => {
          for (const name of world.nodeNames)
            if ((await world.metric("signalbox_switch_listening", "ast1", name).catch(() => 0)) === 1)
              return name;
          return undefined;
        },
        20_000,
      );
    }

    /** Two of the calls end while nobody hears of it, and one begins that no step has seen. */
    async function missed(): Promise<void> {
      const legs = await stage.channelsOf("PJSIP/apex_sip-", CALLS);
      for (const leg of legs.slice(0, 2)) await stage.hangUp(leg);
      await stage.channelsOf("PJSIP/apex_sip-", CALLS - 2);
    }

    async function healed(fault: string, legs: number): Promise<void> {
      const began = performance.now();
      await stage.holds(apexes(legs), HEALED_MS);
      report(version, fault, began);
    }

    it("kill_of_the_listening_node_the_other_takes_over", async () => {
      const dead = await listener();
      world.node(dead).child.kill("SIGKILL");
      const began = performance.now();
      await missed();
      await waitFor(
        "the other to listen",
        async () => ((await listener()) === dead ? undefined : true),
        10_000,
      );
      report(version, "the other node listens", began);
      await healed("kill -9 of the listening node", CALLS - 2);
      await world.startNode(dead);
      await world.ready();
      await stage.holds(apexes(CALLS - 2));
    });

    it("stop_of_the_listening_node", async () => {
      const halted = world.node(await listener());
      halted.child.kill("SIGSTOP");
      await missed();
      await healed("SIGSTOP of the listening node", CALLS - 2);
      halted.child.kill("SIGCONT");
      await sleep(2500);
      await stage.holds(apexes(CALLS - 2));
    });

    it("a_step_whose_caller_has_gone_while_the_node_stood_still_is_no_refusal", async () => {
      // The switch asks node one first; the other hears of the hangup meanwhile.
      const late = world.node("one");
      const left = () => world.metric("signalbox_agi_sessions_total", 'outcome="hangup"', "one");
      const before = await left();
      late.child.kill("SIGSTOP");
      const listening = () => world.metric("signalbox_switch_listening", "ast1", "two");
      await waitFor("node two to listen", async () => (await listening()) === 1 || undefined, 20_000);
      stage.inbound(DID, SLOTS_AT.apex, impatientCaller(300, { provisional: 100 }));
      await waitFor(
        "the sixth caller",
        async () => (await world.trunkLegs()) === CALLS + 1 || undefined,
        5000,
        20,
      );
      await stage.holds(apexes(CALLS));
      late.child.kill("SIGCONT");
      const noticed = async () => (await left()) === before + 1 || undefined;
      await waitFor("the late request to be dropped", noticed, 15_000);
      expect(await world.metric("signalbox_refusals_total", "", "one")).toBe(0);
      await stage.holds(apexes(CALLS));
      await world.ready();
    });

    it("redis_killed_and_empty_on_return", async () => {
      world.redis.kill("SIGKILL");
      await world.redis.exited;
      await missed();
      await stage.inbound(DID, SLOTS_AT.apex).ready;
      await stage.channelsOf("PJSIP/apex_sip-", CALLS - 1);
      expect((await world.readiness()).checks.slots).toMatch(/slots_/);
      await world.startRedis();
      const began = performance.now();
      await world.ready(HEALED_MS);
      report(version, "an empty Redis rules again", began);
      await healed("kill -9 of Redis, empty on return", CALLS - 1);
    });

    it("redis_flushed_in_mid_calls_rules_only_over_what_lives", async () => {
      const redis = new Redis(SLOTS_AT.redisPort, "127.0.0.1");
      try {
        // More than once: what was counted for an earlier loss must not pass for this one.
        for (let time = 0; time < 3; time++) {
          await redis.flushall();
          const lost = async () => /slots_/.test((await world.readiness()).checks.slots ?? "") || undefined;
          await waitFor("the loss to be noticed", lost, 5000, 20);
          await world.ready(HEALED_MS);
          expect(await world.look()).toMatchObject({ same: true, legs: { length: CALLS } });
        }
      } finally {
        redis.disconnect();
      }
    });

    it("redis_stopped_for_a_while", async () => {
      world.redis.kill("SIGSTOP");
      await missed();
      await stage.inbound(DID, SLOTS_AT.apex).ready;
      await stage.channelsOf("PJSIP/apex_sip-", CALLS - 1);
      await sleep(4500);
      world.redis.kill("SIGCONT");
      await healed("SIGSTOP of Redis", CALLS - 1);
      await world.ready();
    });

    it("manager_connection_cut", async () => {
      proxy.cut();
      await missed();
      expect((await world.readiness()).ready).toBe(false);
      await sleep(2000);
      proxy.mend();
      await healed("manager connections cut", CALLS - 2);
      await world.ready();
    });

    it("manager_connection_half_open", async () => {
      proxy.silence();
      await missed();
      proxy.mend();
      await healed("manager connections half open", CALLS - 2);
      await world.ready();
    });

    it("asterisk_killed_its_new_boot_frees", async () => {
      world.switch().asterisk.kill("SIGKILL");
      await world.switch().asterisk.exited;
      await stage.forget();
      const began = performance.now();
      await world.startSwitch("ast1");
      report(version, "Asterisk is back", began);
      await healed("kill -9 of Asterisk", 0);
      await world.ready();
    });
  });

  describe("with one node and memory", () => {
    let world: SlotWorld;

    beforeAll(async () => {
      world = await SlotWorld.start({
        version,
        slots: "memory",
        tenants: { apex: APEX.replace("40", "3") },
        trunks: TRUNKS,
      });
    });

    afterAll(() => world?.stop());

    const crowd = (calls: number, holdMs: number) =>
      runSipp({
        scenario: hopefulCaller(486, holdMs),
        service: DID,
        calls,
        rate: 50,
        remote: SLOTS_AT.ast1.sip,
        localIp: SLOTS_AT.apex,
        artefacts: world.folder,
        deadlineMs: 60_000,
      });

    it("kill_and_restart_count_what_lives_before_anybody_is_let_in", async () => {
      const run = crowd(5, 12_000);
      // Who is still being decided when the node dies would come in by the fallback.
      const refused = () => world.metric("signalbox_refusals_total");
      await waitFor("two refusals", async () => (await refused()) === 2 || undefined, 5000);
      await waitFor("three calls", async () => (await world.trunkLegs()) === 3 || undefined, 5000);
      world.node().child.kill("SIGKILL");
      await world.node().child.exited;
      await world.startNode("one");
      const began = performance.now();
      await world.ready(HEALED_MS);
      report(version, "memory is rebuilt", began);
      expect(await world.metric("signalbox_channels{", 'tenant="apex"')).toBe(3);
      const late = expectOk(await crowd(2, 500));
      expect(answered(late, 486)).toBe(2);
      const first = expectOk(await run);
      expect(answered(first, 200)).toBe(3);
      await waitFor(
        "no slot",
        async () => (await world.metric("signalbox_channels{")) === 0 || undefined,
        5000,
      );
    });

    it("a_caller_whom_the_fallback_took_while_the_node_stood_still_is_the_clients", async () => {
      const run = crowd(3, 20_000);
      await waitFor("three calls", async () => (await world.trunkLegs()) === 3 || undefined, 5000);
      const counted = () => world.metric("signalbox_channels{", 'tenant="apex"');
      await waitFor("their slots", async () => (await counted()) === 3 || undefined, 5000);
      const refusals = await world.metric("signalbox_refusals_total");
      world.node().child.kill("SIGSTOP");
      const late = crowd(1, 14_000);
      await waitFor(
        "the fourth, let in by the fallback",
        async () => {
          const { events } = await world.manager().list("CoreShowChannels");
          const up = events.filter(({ fields }) => fields.get("ChannelStateDesc") === "Up");
          return up.length === 4 || undefined;
        },
        8000,
      );
      await sleep(500);
      world.node().child.kill("SIGCONT");
      await waitFor("its slot", async () => (await counted()) === 4 || undefined, 12_000);
      expect(await world.metric("signalbox_refusals_total")).toBe(refusals);
      expect(answered(expectOk(await late), 200)).toBe(1);
      expectOk(await run);
      await waitFor("no slot", async () => (await counted()) === 0 || undefined, 5000);
    });

    it("a_node_that_sees_no_switch_follows_when_slots_unreachable", async () => {
      await world.node().stop();
      const unseen = { ast1: "127.0.0.1:13049" } as const;
      world.writeConfiguration("one", world.options.tenants, unseen);
      await world.startNode("one");
      const { ready, checks } = await world.readiness();
      expect(ready).toBe(false);
      expect(checks["switch ast1"]).not.toBe("ok");
      expect(checks.slots).toMatch(/slots_rebuilding/);
      // Inbound calls are let in then; outbound calls are not.
      expect(answered(expectOk(await crowd(1, 200)), 200)).toBe(1);
      const out = runSipp({
        scenario: hopefulCaller(503, 200),
        service: "12125557777",
        remote: SLOTS_AT.ast1.sip,
        localIp: SLOTS_AT.phone,
        artefacts: world.folder,
        deadlineMs: 20_000,
      });
      expect(answered(expectOk(await out), 503)).toBe(1);
      await world.node().stop();
      world.writeConfiguration("one");
      await world.startNode("one");
      await world.ready();
    });
  });
});

/** What was measured stands in the output of the run. */
function report(version: string, what: string, began: number): void {
  process.stdout.write(
    `Asterisk ${version}: ${what} after ${((performance.now() - began) / 1000).toFixed(1)} s\n`,
  );
}
