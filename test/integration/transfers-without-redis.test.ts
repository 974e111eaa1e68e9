// A phone consults somebody outside and hands its call on, while Redis stands still or has died: what is dialled then is
// refused, as the configuration says, but what is up stays up, is counted again as soon as Redis is back, and is recorded
// once.
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { caller } from "../../load/sipp-runner.ts";
import type { StoredCall } from "../../src/calls/record-port.ts";
import { openRecords } from "../../src/records/open.ts";
import { Stage } from "./support/slot-stage.ts";
import { SLOTS_AT, SlotWorld } from "./support/slot-world.ts";

const FAR = "12125557777";
const FARTHER = "12125558888";
const DID = "+12125550101";
const HEALED_MS = 30_000;

const APEX = `timezone: UTC
country: US
limits: {channels: 10}
trunks: {strategy: dedicated, dedicated: [apex_sip]}
caller_ids: ["+12125550100"]
dids: {"${DID}": {route: phone}}
routes: {phone: {dial: PJSIP/100, ring_seconds: 20}}
when_slots_unreachable: {inbound: allow, outbound: allow}
fallback: {hangup: "38"}
`;
const TRUNKS = `trunks:
  apex_sip: {address: "${SLOTS_AT.apex}:${SLOTS_AT.carrierPort}", tenant: apex, channels: 50}
`;
const DIALPLAN = `[globals]
BRIDGE_FEATURES=Tt

[onward]
exten => ${FARTHER},1,Goto(signalbox-outbound,${FARTHER},1)
`;

describe.each(["22", "16"] as const)("transfers while Redis is away, Asterisk %s", (version) => {
  let world: SlotWorld;
  let stage: Stage;
  const seen = new Set<string>();

  beforeAll(async () => {
    world = await SlotWorld.start({
      version,
      tenants: { apex: APEX },
      trunks: TRUNKS,
      dialplan: DIALPLAN,
    });
  });
  afterAll(() => world?.stop());
  beforeEach(() => {
    stage = new Stage(world);
  });
  afterEach(() => stage.clear(HEALED_MS));

  const fresh = async (): Promise<readonly StoredCall[]> => {
    const reader = await openRecords("sqlite:signalbox.db", join(world.folder, "one/var")).catch(() => null);
    if (reader === null) return [];
    const calls = await reader.calls({ limit: 1000 }).finally(() => reader.close());
    return calls.filter(({ call }) => !seen.has(call));
  };

  /** These and no others are in the records: a moment later nothing has joined them. */
  async function recorded(count: number): Promise<readonly StoredCall[]> {
    await waitFor("the records", async () => (await fresh()).length >= count || undefined, 15_000, 200);
    await new Promise((done) => setTimeout(done, 3000));
    const calls = await fresh();
    for (const { call } of calls) seen.add(call);
    expect(calls.map(({ outcome, direction, to }) => `${direction} ${to} ${outcome}`)).toHaveLength(count);
    return calls;
  }

  const faults = {
    stands_still: {
      begin: async () => void world.redis.kill("SIGSTOP"),
      end: async () => void world.redis.kill("SIGCONT"),
    },
    has_died: {
      begin: async () => {
        world.redis.kill("SIGKILL");
        await world.redis.exited;
      },
      end: () => world.startRedis(),
    },
  };

  const consult = (phone: string) =>
    stage.order("Atxfer", { Channel: phone, Exten: FARTHER, Context: "onward" });

  const phoneGone = async (phone: string): Promise<void> => {
    await stage.hangUp(phone);
    await waitFor(
      "the phone to be out of it",
      async () => (await stage.channels()).every(({ name }) => name !== phone) || undefined,
      5000,
    );
  };

  describe.each(Object.entries(faults))("that %s", (_, { begin, end }) => {
    it("consults_and_hands_on_without_it", async () => {
      await stage.carrier(SLOTS_AT.apex);
      stage.outbound(FAR);
      const leg = await stage.channelOf("PJSIP/apex_sip-");
      const phone = await stage.channelOf("PJSIP/100-");
      await stage.together(phone, leg);
      await stage.holds(["apex"]);
      await begin();
      try {
        await consult(phone);
        await stage.channelsOf("PJSIP/apex_sip-", 2);
        await new Promise((done) => setTimeout(done, 500));
        await phoneGone(phone);
        await stage.channelsOf("PJSIP/apex_sip-", 2);
      } finally {
        await end();
      }
      await stage.holds(["apex", "apex"], HEALED_MS);
      await world.ready(HEALED_MS);
      await stage.clear(HEALED_MS);
      for (const { tenant, outcome } of await recorded(2))
        expect([tenant, outcome]).toEqual(["apex", "answered"]);
    });

    it("hands_on_what_was_consulted_before", async () => {
      await stage.carrier(SLOTS_AT.apex);
      await stage.phone(SLOTS_AT.phone);
      stage.inbound(DID, SLOTS_AT.apex, caller({ holdMs: 60_000 }));
      const phone = await stage.channelOf("PJSIP/100-");
      const leg = await stage.channelOf("PJSIP/apex_sip-");
      await stage.together(phone, leg);
      await consult(phone);
      await stage.channelsOf("PJSIP/apex_sip-", 2);
      await stage.holds(["apex", "apex"]);
      await begin();
      try {
        await phoneGone(phone);
        await stage.channelsOf("PJSIP/apex_sip-", 2);
        // One of the two goes while nobody can be told.
        await stage.hangUp(leg);
        await waitFor("both legs gone", async () => (await world.trunkLegs()) === 0 || undefined, 5000);
      } finally {
        await end();
      }
      await stage.holds([], HEALED_MS);
      await world.ready(HEALED_MS);
      const calls = await recorded(2);
      expect(calls.map(({ tenant, outcome }) => [tenant, outcome])).toEqual([
        ["apex", "answered"],
        ["apex", "answered"],
      ]);
    });
  });
});
