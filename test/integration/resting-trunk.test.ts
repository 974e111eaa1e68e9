// The shared pool while one of its trunks rests: what is up on it, what still comes in on it, what is left for whom, and
// what becomes of the rest when it is back with more calls up than the reserves leave room for.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { caller, type SippRun, startSipp } from "../../load/sipp-runner.ts";
import { answerProbes, type ProbedCarrier } from "./support/probed-carrier.ts";
import { SLOTS_AT, SlotWorld } from "./support/slot-world.ts";

const OK = "200 OK";
const FAR = "16465550123";

const tenant = (did: string, limits: string): string => `timezone: UTC
country: US
limits: {${limits}}
trunks: {strategy: shared}
caller_ids: ["${did}"]
ingroups: [IN_${did.slice(2)}]
dids: {"${did}": {route: main}}
routes: {main: {ingroup: IN_${did.slice(2)}}}
`;
const BEST_DID = "+13125550100";
const TENANTS = {
  apex: tenant("+12125550100", "channels: 8, reserved: 2"),
  best: tenant(BEST_DID, "channels: 8, reserved: 3"),
  chat: tenant("+14155550100", "channels: 8"),
};
const TRUNKS = `trunks:
  pool_a: {address: "${SLOTS_AT.pool}:${SLOTS_AT.carrierPort}", shared: true, channels: 4, qualify_seconds: 1}
  pool_b: {address: "${SLOTS_AT.other}:${SLOTS_AT.carrierPort}", shared: true, channels: 4}
overflow: [pool_a, pool_b]
`;

type Owner = keyof typeof TENANTS;

describe.each(["22", "16"] as const)("a pool of which one trunk rests, Asterisk %s", (version) => {
  let world: SlotWorld;
  let first: ProbedCarrier | null = null;
  let second: ProbedCarrier;
  const callers: SippRun[] = [];

  beforeAll(async () => {
    world = await SlotWorld.start({ version, tenants: TENANTS, trunks: TRUNKS });
    second = await answerProbes(SLOTS_AT.other, SLOTS_AT.carrierPort, OK);
  });
  afterAll(async () => {
    await second?.close();
    await world?.stop();
  });

  beforeEach(async () => {
    first = await answerProbes(SLOTS_AT.pool, SLOTS_AT.carrierPort, OK);
    await takesCalls("pool_a", true);
  });
  afterEach(async () => {
    await world.switch().asterisk.cli("channel request hangup all");
    try {
      await world.agree(10_000, 0);
    } finally {
      await Promise.all(callers.splice(0).map((run) => run.stop(0)));
      await first?.close();
      first = null;
    }
  });

  async function takesCalls(trunk: string, does: boolean): Promise<void> {
    const up = () => world.metric("signalbox_trunk_up", `trunk="${trunk}"`);
    await waitFor(
      `${trunk} ${does ? "up" : "at rest"}`,
      async () => (await up()) === Number(does) || undefined,
      25_000,
    );
  }

  /** Places a call out of a client, as a dialler does, and how it was decided: the trunk, or why not. */
  async function out(owner: Owner): Promise<unknown> {
    const seen = decisions().length;
    await world.manager().action("Originate", {
      ...{ Channel: `Local/${FAR}@signalbox-outbound`, Account: owner, Async: "true" },
      ...{ Application: "Wait", Data: "120" },
    });
    const line = await waitFor("a decision", () => decisions()[seen], 5000, 20);
    if (line.event === "call.refused") return line.reason;
    return waitFor("the leg to be up", () => trunkOf(line.call), 5000, 20);
  }

  /** The trunk on which a call was answered; undefined until then. */
  async function trunkOf(call: unknown): Promise<string | undefined> {
    const { events } = await world.manager().list("CoreShowChannels");
    const leg = events.find(
      ({ fields, variables }) =>
        variables.get("SB_CALL") === call &&
        fields.get("ChannelStateDesc") === "Up" &&
        /^PJSIP/.test(fields.get("Channel") ?? ""),
    );
    return /^PJSIP\/(\w+)-/.exec(leg?.fields.get("Channel") ?? "")?.[1];
  }

  /** A call comes in on pool_a, and the reason for which it was refused, null when it was not. */
  async function comesIn(did: string): Promise<unknown> {
    const seen = decisions().length;
    const scenario = caller({ holdMs: 60_000 });
    const { sip } = SLOTS_AT.ast1;
    callers.push(
      startSipp({ scenario, service: did, localIp: SLOTS_AT.pool, remote: sip, artefacts: world.folder }),
    );
    const line = await waitFor("a decision", () => decisions()[seen], 5000, 20);
    return line.reason ?? null;
  }

  function decisions() {
    const isFirst = (line: Readonly<Record<string, unknown>>) =>
      line.event === "call.refused" || (line.event === "call.decided" && line.do !== "hangup");
    return world.node().log().filter(isFirst);
  }

  /** What is up, once switch and store say the same. */
  async function up(): Promise<readonly string[]> {
    const { legs, slots } = await world.agree(8000);
    const listed = legs.map(({ account, trunk }) => `${account} ${trunk}`).sort();
    expect(slots.map((slot) => `${slot.tenant} ${slot.trunk}`).sort()).toEqual(listed);
    return listed;
  }

  async function hangUpOne(owner: Owner, trunk: string): Promise<void> {
    const { events } = await world.manager().list("CoreShowChannels");
    const leg = events.find(
      ({ fields }) =>
        fields.get("AccountCode") === owner && fields.get("Channel")?.startsWith(`PJSIP/${trunk}-`),
    );
    const before = (await world.look()).legs.length;
    await world.manager().action("Hangup", { Channel: leg?.fields.get("Channel") ?? "" });
    await world.agree(8000, before - 1);
  }

  it("shares_out_what_is_left_and_goes_back_to_all_of_it", async () => {
    // Of eight channels five are promised, so that chat has three.
    expect([await out("chat"), await out("chat"), await out("chat"), await out("apex")]).toEqual(
      Array.from({ length: 4 }, () => "pool_a"),
    );
    expect(await out("chat")).toBe("pool_full");
    await first?.close();
    first = null;
    await takesCalls("pool_a", false);
    // Four are left: of five promised ones one is kept for apex, which has it on the trunk that rests, and two for best.
    expect([await out("chat"), await out("chat"), await out("chat")]).toEqual([
      "pool_b",
      "pool_b",
      "pool_full",
    ]);
    expect(await out("apex")).toBe("pool_full");
    expect([await out("best"), await out("best"), await out("best")]).toEqual([
      "pool_b",
      "pool_b",
      "pool_full",
    ]);
    const resting = [
      "apex pool_a",
      "best pool_b",
      "best pool_b",
      "chat pool_a",
      "chat pool_a",
      "chat pool_a",
    ];
    expect(await up()).toEqual([...resting, "chat pool_b", "chat pool_b"].sort());

    // What comes in on the trunk that rests is weighed with all eight, which are taken.
    expect(await comesIn(BEST_DID)).toBe("pool_full");
    await waitFor("the refused one to be gone", async () => (await up()).length === 8 || undefined, 10_000);
    await hangUpOne("chat", "pool_a");
    await hangUpOne("chat", "pool_a");
    expect(await comesIn(BEST_DID)).toBe(null);
    expect((await up()).filter((leg) => leg === "best pool_a")).toHaveLength(1);

    // It is back: seven are up, one is free, and one is still promised to apex.
    first = await answerProbes(SLOTS_AT.pool, SLOTS_AT.carrierPort, OK);
    await takesCalls("pool_a", true);
    expect([await out("chat"), await out("best")]).toEqual(["pool_full", "pool_full"]);
    expect(await out("apex")).toBe("pool_a");
    await hangUpOne("chat", "pool_b");
    expect(await out("chat")).toBe("pool_b");
  });

  it("is_shut_by_failing_calls_and_tried_again_by_one", async () => {
    expect(await out("apex")).toBe("pool_a");
    first?.answer("503 Service Unavailable");
    // The fifth failure in a row shuts it, under the call that fails over.
    for (let failures = 0; failures < 5; failures++) {
      expect(await out("chat")).toBe("pool_b");
      await hangUpOne("chat", "pool_b");
    }
    await takesCalls("pool_a", false);
    const seen = first?.invites();
    expect([await out("best"), await out("best"), await out("chat"), await out("chat")]).toEqual([
      ...["pool_b", "pool_b", "pool_b", "pool_b"],
    ]);
    expect(await out("apex")).toBe("pool_full");
    expect(first?.invites()).toBe(seen);
    expect(await up()).toEqual(["apex pool_a", "best pool_b", "best pool_b", "chat pool_b", "chat pool_b"]);
    first?.answer(OK);
    await takesCalls("pool_a", true);
    expect([await out("apex"), await out("best"), await out("chat")]).toEqual(["pool_a", "pool_a", "pool_a"]);
    expect(await out("chat")).toBe("pool_full");
  });
});
