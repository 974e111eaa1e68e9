import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { caller, expectOk, impatientCaller, refusingCallee, silentCallee } from "../../load/sipp-runner.ts";
import { answering, withCarriers } from "./support/carriers.ts";
import { CALLED, hasRefused, legOn, reaches, refused, talk } from "./support/outbound-callers.ts";
import { CARRIER_PORT, CARRIERS, NIGHT_DESK } from "./support/outbound-configuration.ts";
import { type OutboundWorld, startOutboundWorld } from "./support/outbound-world.ts";
import { answerProbes } from "./support/probed-carrier.ts";

describe.each(["22", "16"] as const)("trunks of calls that leave through Asterisk %s", (version) => {
  let world: OutboundWorld;

  beforeAll(async () => {
    world = await startOutboundWorld(version);
  });
  afterAll(() => world?.stop());
  afterEach(() => world.quiet());

  describe("which trunk", () => {
    it("the_dedicated_one_first_and_its_slot_is_the_leg", async () => {
      const seen = await withCarriers({}, async () => {
        const call = world.dial("apex", "2125550142", talk({ holdMs: 1500 }));
        expect(await legOn(world, "apex_sip")).toEqual({ slots: { apex_sip: 1 }, legs: { apex_sip: 1 } });
        expect(await world.slots()).toMatchObject([
          { tenant: "apex", direction: "outbound", state: "bound" },
        ]);
        expectOk(await call);
      });
      const callerId = { from: "+12125550100", asserted: "+12125550100" };
      expect(seen).toEqual({ apex_sip: [{ number: CALLED, name: "", ...callerId }] });
    });

    it("overflow_when_the_dedicated_one_is_full", async () => {
      const seen = await withCarriers({}, async () => {
        const first = world.dial("apex", CALLED, talk({ holdMs: 2500 }));
        await legOn(world, "apex_sip");
        const second = world.dial("apexAlias", CALLED, talk({ holdMs: 800 }));
        const both = { apex_sip: 1, pool_a: 1 };
        expect(await legOn(world, "pool_a")).toEqual({ slots: both, legs: both });
        for (const call of [first, second]) expectOk(await call);
      });
      expect(Object.keys(seen)).toEqual(["apex_sip", "pool_a"]);
    });

    it("without_overflow_a_full_trunk_refuses_503", async () => {
      const seen = await withCarriers({ globex_sip: answering() }, async () => {
        const first = world.dial("globex", CALLED, talk({ holdMs: 2000 }));
        await legOn(world, "globex_sip");
        world.refusals();
        expectOk(await world.dial("globex", CALLED, refused(503)));
        await hasRefused(world, ["no_trunk"]);
        expectOk(await first);
      });
      // Its own form of number, and the caller ID that is nearest to it.
      const callerId = { from: "+12125550180", asserted: "+12125550180" };
      expect(seen).toEqual({ globex_sip: [{ number: "002125550142", name: "", ...callerId }] });
    });
  });

  describe("a carrier that does not take the call", () => {
    // The second column is what the phone hears when the next trunk is not tried.
    it.each([
      [503, null],
      [480, 480],
      [486, 486],
      [404, 404],
      [302, null],
      [402, null],
      [408, null],
      [603, 403],
    ])("%i_leads_where_it_should", async (code, heard) => {
      const contact = code === 302 ? { contact: "sip:+12125550160@127.0.0.4:15062" } : {};
      const seen = await withCarriers({ apex_sip: refusingCallee(code, contact) }, async () => {
        expectOk(await world.dial("apex", CALLED, heard === null ? talk() : refused(heard)));
      });
      expect(Object.keys(seen)).toEqual(heard === null ? ["apex_sip", "pool_a"] : ["apex_sip"]);
      await world.quiet();
      // A success in between: it is the answers that are tried here, not the breaker.
      expect(Object.keys(await reaches(world, "apex", CALLED))).toEqual(["apex_sip"]);
    });

    it("408_after_ringing_rings_nobody_again", async () => {
      const seen = await withCarriers({ apex_sip: refusingCallee(408, { ringMs: 1500 }) }, async () => {
        expectOk(await world.dial("apex", CALLED, refused(408)));
      });
      expect(Object.keys(seen)).toEqual(["apex_sip"]);
    });

    it("number_and_caller_id_are_each_carriers_own", async () => {
      const scenarios = { apex_sip: refusingCallee(503), pool_a: refusingCallee(503) };
      const seen = await withCarriers(
        scenarios,
        async () => void expectOk(await world.dial("apex", CALLED, talk())),
      );
      const sent = { from: "+12125550100", name: "", asserted: "+12125550100" };
      expect(seen).toEqual({
        apex_sip: [{ number: CALLED, ...sent }],
        pool_a: [{ number: CALLED, ...sent }],
        pool_b: [{ number: "912125550142", ...sent }],
      });
      await reaches(world, "apex", CALLED);
    });

    it("all_of_them_and_the_phone_hears_503_and_never_34", async () => {
      const none = {
        apex_sip: refusingCallee(503),
        pool_a: refusingCallee(503),
        pool_b: refusingCallee(503),
      };
      await withCarriers(none, async () => {
        const { messages } = expectOk(await world.dial("apex", CALLED, refused(503)));
        const reasons = messages.flatMap(({ headers }) => headers.filter(([name]) => name === "Reason"));
        expect(reasons).toEqual([["Reason", "Q.850;cause=42"]]);
      });
      await reaches(world, "apex", CALLED);
    });

    it("silent_or_dead_costs_one_caller_32_seconds_and_the_next_none", async () => {
      // A switch that has told of ringing is believed when it tells of none.
      await withCarriers({ apex_sip: answering(300) }, async () => {
        expectOk(await world.dial("apex", CALLED, talk()));
      });
      const scenarios = { mute_sip: silentCallee(50_000) };
      const seen = await withCarriers(scenarios, async () => {
        const began = performance.now();
        const waits = (["mute", "dead"] as const).map((phone) => world.dial(phone, CALLED, talk()));
        const givesUp = impatientCaller(21_000, { from: "200", provisional: 100 });
        waits.push(world.dial("left", CALLED, givesUp));
        for (const wait of waits) expectOk(await wait);
        expect(performance.now() - began).toBeGreaterThan(30_000);
        await world.quiet();
        const again = performance.now();
        for (const phone of ["mute", "dead", "left"] as const)
          expectOk(await world.dial(phone, CALLED, talk()));
        expect(performance.now() - again).toBeLessThan(5000);
      });
      expect([seen.mute_sip?.length, seen.pool_a?.length]).toEqual([1, 5]);
    });
  });

  it("a_silent_carrier_costs_a_forward_less_than_its_ringing", async () => {
    const inbound = (number: string) =>
      world.dial("pool_a", number, caller({ from: "+13035559876", holdMs: 400 }));
    const seen = await withCarriers({ hush_sip: silentCallee(50_000) }, async () => {
      const began = performance.now();
      expectOk(await inbound("+13035550195"));
      // 22 gives a silent carrier up by itself; before 18.18 it is given up when the ringing is over.
      expect(Math.round((performance.now() - began) / 1000)).toBeLessThan(version === "22" ? 6 : 10);
      expectOk(await world.dial("hush", CALLED, talk({}), { deadlineMs: 60_000 }));
    });
    expect(seen.hush_sip?.[0]).toMatchObject({ number: NIGHT_DESK });
    expect(seen.pool_a).toMatchObject([{ number: NIGHT_DESK, from: "+13035550195" }, { number: CALLED }]);
  });

  it("a_caller_who_gives_up_leaves_nothing_behind", async () => {
    const seen = await withCarriers({ apex_sip: answering(20_000) }, async () => {
      const call = world.dial("apex", CALLED, impatientCaller(700, { from: "200" }));
      expect(await legOn(world, "apex_sip")).toEqual({ slots: { apex_sip: 1 }, legs: { apex_sip: 1 } });
      expectOk(await call);
    });
    expect(Object.keys(seen)).toEqual(["apex_sip"]);
  });

  it("a_probed_carrier_that_is_gone_is_skipped_before_a_caller_meets_it_and_comes_back", async () => {
    const began = performance.now();
    await waitFor("the switch to miss it", () => world.probed("watched_sip", false), 15_000);
    // A node that comes later has not heard of it and asks.
    await world.replaceNode();
    await sleep(500);
    const skipped = performance.now();
    expect(Object.keys(await reaches(world, "watched", CALLED))).toEqual(["pool_a"]);
    expect(performance.now() - skipped).toBeLessThan(4000);
    const carrier = await answerProbes(CARRIERS.watched_sip, CARRIER_PORT);
    try {
      await waitFor("the switch to find it", () => world.probed("watched_sip", true), 15_000);
      await waitFor(
        "a call over it",
        async () => {
          // The node may hear of it after the switch's command line: pool_a refuses too, or the call would stay up.
          await withCarriers({ pool_a: refusingCallee(486) }, async () => {
            expectOk(await world.dial("watched", CALLED, refused(486)));
          });
          return carrier.invites() > 0 || undefined;
        },
        5000,
      );
    } finally {
      await carrier.close();
    }
    expect(performance.now() - began).toBeLessThan(40_000);
  });

  it("the_longest_call_is_a_limit_of_the_trunk_leg", async () => {
    await withCarriers({}, async () => {
      const call = world.dial("apex", CALLED, talk({ holdMs: 1500 }));
      await legOn(world, "apex_sip");
      const legs = (await world.observer.live()).map(({ channel }) => channel);
      const ends = await Promise.all(
        legs.map(async (channel) => {
          const shown = await world.world.asterisk.cli(`core show channel ${channel}`);
          const at = Number(/Time to Hangup: (\d+)/.exec(shown)?.[1]);
          return [channel.includes("apex_sip") ? "trunk" : "phone", at] as const;
        }),
      );
      const limits = new Map(ends);
      // Seconds since 1970, whatever the command calls it.
      const left = (limits.get("trunk") ?? 0) - Date.now() / 1000;
      expect(left).toBeGreaterThan(400);
      expect(left).toBeLessThanOrEqual(420);
      expect(limits.get("phone")).toBe(0);
      expectOk(await call);
    });
  });

  it("and_it_holds_a_leg_that_was_redirected", async () => {
    const trunkLeg = async () =>
      (await world.observer.live()).find(({ channel }) => channel.includes("apex_sip"))?.channel ?? "";
    await withCarriers({}, async () => {
      const call = world.dial("apex", CALLED, talk({ holdMs: 4000 }));
      await legOn(world, "apex_sip");
      const leg = await trunkLeg();
      await world.world.asterisk.cli(`channel redirect ${leg} office,100,1`);
      const moved = async () => {
        const text = await world.world.asterisk.cli(`core show channel ${leg}`);
        return /Context: office/.test(text) ? text : undefined;
      };
      const shown = await waitFor("the leg in its new place", moved, 3000);
      const left = Number(/Time to Hangup: (\d+)/.exec(shown)?.[1]) - Date.now() / 1000;
      expect(left).toBeGreaterThan(400);
      expect(left).toBeLessThanOrEqual(420);
      expect(await world.slots()).toMatchObject([{ tenant: "apex", trunk: "apex_sip", state: "bound" }]);
      await call;
    });
  });

  describe("a forward", () => {
    const inbound = (number: string, holdMs: number) =>
      world.dial("pool_a", number, caller({ from: "+13035559876", holdMs }));

    it("goes_out_over_the_clients_trunk_with_a_slot_of_its_own", async () => {
      const seen = await withCarriers({}, async () => {
        const call = inbound("+12125550100", 1500);
        expect(await legOn(world, "apex_sip")).toEqual({
          slots: { apex_sip: 1, pool_a: 1 },
          legs: { apex_sip: 1, pool_a: 1 },
        });
        const slots = await world.slots();
        expect(slots.map(({ trunk, direction, tenant }) => [trunk, direction, tenant]).sort()).toEqual([
          ["apex_sip", "outbound", "apex"],
          ["pool_a", "inbound", "apex"],
        ]);
        const legs = await world.observer.live();
        expect(legs.map(({ channel, stamp }) => [/\/(\w+)-/.exec(channel)?.[1], stamp]).sort()).toMatchObject(
          [
            ["apex_sip", { account: "apex", tenant: "apex", direction: "outbound", trunk: "apex_sip" }],
            ["pool_a", { account: "apex", tenant: "apex", direction: "inbound", trunk: "pool_a" }],
          ],
        );
        expectOk(await call);
      });
      expect(seen).toMatchObject({ apex_sip: [{ number: NIGHT_DESK, from: "+12125550100" }] });
    });

    it("that_nobody_answers_goes_on_with_the_callers_own_number", async () => {
      const log = () => world.arrivals().filter(({ at }) => at === "ingroup APEX_LATE");
      await withCarriers({ apex_sip: answering(20_000) }, async () => {
        expectOk(await inbound("+12125550102", 4000));
      });
      expect(log()).toMatchObject([{ from: "+13035559876", tenant: "apex", direction: "inbound" }]);
    });

    it("that_is_refused_reaches_the_mailbox", async () => {
      await withCarriers({ apex_sip: refusingCallee(486) }, async () => {
        expectOk(await inbound("+12125550100", 4000));
      });
      const box = join(world.world.asterisk.folder, "spool/voicemail/apex/100/INBOX/msg0000.txt");
      await waitFor("the message", () => existsSync(box) || undefined, 5000);
    });
  });
});
