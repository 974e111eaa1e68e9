import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { caller, expectOk, refusedCaller, refusingCallee, silentCallee } from "../../load/sipp-runner.ts";
import { wallClock } from "../../src/core/schedule/wall-clock.ts";
import { answering, type Seen, withCarriers } from "./support/carriers.ts";
import { type CarrierName, NIGHT_DESK, type PhoneName } from "./support/outbound-configuration.ts";
import { type OutboundWorld, startOutboundWorld } from "./support/outbound-world.ts";

const CALLED = "+12125550142";

describe.each(["22", "16"] as const)("calls that leave through Asterisk %s", (version) => {
  let world: OutboundWorld;

  beforeAll(async () => {
    world = await startOutboundWorld(version);
  });
  afterAll(() => world?.stop());
  afterEach(() => world.quiet());

  type Talk = Parameters<typeof caller>[0];
  const talk = (options: Talk = {}) => caller({ from: "200", holdMs: 400, ...options });
  const refused = (code: number, from = "200") => refusedCaller(code, { from });

  /** Dials with every carrier there, is answered, and what the carriers saw. */
  const reaches = async (phone: PhoneName, number: string, options: Talk = {}): Promise<Seen> =>
    withCarriers({ globex_sip: answering() }, async () => {
      expectOk(await world.dial(phone, number, talk(options)));
    });

  /** Dials, is refused with `code` and for `reason`, and reaches no carrier. */
  const isRefused = async (phone: PhoneName, number: string, code: number, reason: string, from?: string) => {
    world.refusals();
    const seen = await withCarriers({ globex_sip: answering() }, async () => {
      expectOk(await world.dial(phone, number, refused(code, from)));
    });
    expect({ seen, reasons: world.refusals() }).toEqual({ seen: {}, reasons: reason === "" ? [] : [reason] });
  };

  const legOn = (trunk: CarrierName) =>
    waitFor(
      `a leg on ${trunk}`,
      async () => {
        const now = await world.onTrunks();
        return now.legs[trunk] === 1 && now.slots[trunk] === 1 ? now : undefined;
      },
      5000,
    );

  describe("which trunk", () => {
    it("the_dedicated_one_first_and_its_slot_is_the_leg", async () => {
      const seen = await withCarriers({}, async () => {
        const call = world.dial("apex", "2125550142", talk({ holdMs: 1500 }));
        expect(await legOn("apex_sip")).toEqual({ slots: { apex_sip: 1 }, legs: { apex_sip: 1 } });
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
        await legOn("apex_sip");
        const second = world.dial("apexAlias", CALLED, talk({ holdMs: 800 }));
        const both = { apex_sip: 1, pool_a: 1 };
        expect(await legOn("pool_a")).toEqual({ slots: both, legs: both });
        for (const call of [first, second]) expectOk(await call);
      });
      expect(Object.keys(seen)).toEqual(["apex_sip", "pool_a"]);
    });

    it("without_overflow_a_full_trunk_refuses_503", async () => {
      const seen = await withCarriers({ globex_sip: answering() }, async () => {
        const first = world.dial("globex", CALLED, talk({ holdMs: 2000 }));
        await legOn("globex_sip");
        world.refusals();
        expectOk(await world.dial("globex", CALLED, refused(503)));
        expect(world.refusals()).toEqual(["no_trunk"]);
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
      [603, 403],
    ])("%i_leads_where_it_should", async (code, heard) => {
      const contact = code === 302 ? { contact: "sip:+12125550160@127.0.0.4:35062" } : {};
      const seen = await withCarriers({ apex_sip: refusingCallee(code, contact) }, async () => {
        expectOk(await world.dial("apex", CALLED, heard === null ? talk() : refused(heard)));
      });
      expect(Object.keys(seen)).toEqual(heard === null ? ["apex_sip", "pool_a"] : ["apex_sip"]);
      await world.quiet();
      // A success in between: it is the answers that are tried here, not the breaker.
      expect(Object.keys(await reaches("apex", CALLED))).toEqual(["apex_sip"]);
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
      await reaches("apex", CALLED);
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
      await reaches("apex", CALLED);
    });

    it("silent_or_dead_costs_one_caller_32_seconds_and_the_next_none", async () => {
      const seen = await withCarriers({ mute_sip: silentCallee(50_000) }, async () => {
        const began = performance.now();
        const waits = (["mute", "dead"] as const).map((phone) => world.dial(phone, CALLED, talk()));
        for (const wait of waits) expectOk(await wait);
        expect(performance.now() - began).toBeGreaterThan(30_000);
        await world.quiet();
        const again = performance.now();
        for (const phone of ["mute", "dead"] as const) expectOk(await world.dial(phone, CALLED, talk()));
        expect(performance.now() - again).toBeLessThan(4000);
      });
      expect([seen.mute_sip?.length, seen.pool_a?.length]).toEqual([1, 4]);
    });
  });

  describe("whose call", () => {
    const onApexTrunk = expect.objectContaining({ number: CALLED, from: "+12125550100" });

    it.each([
      ["nobody", `71${CALLED.slice(2)}`],
      ["nobody", `71${CALLED}`],
      ["apexAlias", CALLED],
      ["apex", `711${CALLED.slice(2)}`],
      ["contextOfApex", CALLED],
      ["office", CALLED],
    ] as const)("%s_dialling_%s_is_apex", async (phone, number) => {
      expect(await reaches(phone, number)).toEqual({ apex_sip: [onApexTrunk] });
    });

    it("two_signs_that_differ_are_refused", async () => {
      await isRefused("apex", `72${CALLED}`, 403, "tenant_conflict");
      await isRefused("crossed", CALLED, 403, "tenant_conflict");
      await isRefused("contextOfApex", `72${CALLED}`, 403, "tenant_conflict");
    });

    it("nobodys_is_refused", () => isRefused("nobody", CALLED, 403, "unknown_tenant"));

    it("an_operators_own_extensions_come_before_the_way_out", async () => {
      await isRefused("apex", "100", 484, "bad_number");
      const seen = await withCarriers({}, async () => {
        expectOk(await world.dial("office", "100", talk()));
        expectOk(await world.dial("office", "234", talk()));
      });
      expect(seen).toEqual({});
    });
  });

  describe("may it go", () => {
    it("do_not_call_lists_hold_for_their_own_and_for_all", async () => {
      await isRefused("apex", "+12125550170", 403, "do_not_call");
      await isRefused("apex", "2125550171", 403, "do_not_call");
      await isRefused("globex", "+12125550171", 403, "do_not_call");
      expect(Object.keys(await reaches("globex", "+12125550170"))).toEqual(["globex_sip"]);
    });

    it.each(["+12685550100", "+19005550100", "+442079460000", "011442079460000"])(
      "%s_is_no_destination",
      (number) => isRefused("apex", number, 403, "destination_not_allowed"),
    );

    it.each(["*72", "411", "555-0142", "500&PJSIP/pool_a/911", "21255501"])("%s_is_no_number", (number) =>
      isRefused("apex", number, 484, /^[0-9*]+$/.test(number) ? "bad_number" : ""),
    );

    it("the_calling_window_is_the_called_partys", async () => {
      const places = [
        ["America/New_York", CALLED],
        ["Europe/London", "+442079460000"],
        ["Asia/Tokyo", "+81312345678"],
        ["Asia/Kolkata", "+912212345678"],
      ] as const;
      const minuteIn = (zone: string) => wallClock(zone, Date.now())?.minute ?? 0;
      const asleep = places.find(([zone]) => minuteIn(zone) < 470 || minuteIn(zone) > 1270)?.[1] ?? "";
      const awake = places.find(([zone]) => minuteIn(zone) > 490 && minuteIn(zone) < 1250)?.[1] ?? "";
      const from = "+13035550120";
      await isRefused("strict", asleep, 403, "outside_calling_window", from);
      expect(await reaches("strict", awake, { from })).toMatchObject({ pool_a: [{ number: awake, from }] });
    });
  });

  describe("which caller ID", () => {
    it("one_of_the_clients_own_is_kept", async () => {
      const from = "+12125550101";
      expect(await reaches("apex", CALLED, { from })).toMatchObject({ apex_sip: [{ from, asserted: from }] });
    });

    it("another_clients_is_replaced_or_refused", async () => {
      const seen = await reaches("apex", CALLED, { from: "+13035550120" });
      expect(seen).toMatchObject({ apex_sip: [{ from: "+12125550100", asserted: "+12125550100" }] });
      await isRefused("choosy", CALLED, 403, "caller_id_not_owned", "+12125550100");
    });

    it("the_name_is_left_alone", async () => {
      const name = "V1121230001000000123";
      expect(await reaches("apex", CALLED, { display: name })).toMatchObject({ apex_sip: [{ name }] });
    });
  });

  describe("an emergency number", () => {
    it("goes_out_at_the_cap_and_behind_a_prefix", async () => {
      const seen = await withCarriers({}, async () => {
        const first = world.dial("tiny", CALLED, talk({ holdMs: 3500 }));
        await legOn("pool_a");
        world.refusals();
        expectOk(await world.dial("tiny", CALLED, refused(503)));
        expect(world.refusals()).toEqual(["tenant_full"]);
        expectOk(await world.dial("tiny", "911", talk()));
        expectOk(await world.dial("tiny", "74911", talk()));
        expectOk(await world.dial("nobody", "74911", talk()));
        expectOk(await first);
      });
      const from = "+13035550130";
      expect(seen.pool_a).toMatchObject([
        { number: CALLED },
        { number: "911", from },
        { number: "911", from },
        { number: "911", from },
      ]);
    });

    it("is_the_clients_whose_context_it_is_dialled_in", async () => {
      const seen = await reaches("contextOfApex", "911");
      expect(seen).toMatchObject({ apex_sip: [{ number: "911", from: "+12125550101" }] });
    });

    it("of_a_machine_is_refused_and_of_a_person_is_not", async () => {
      const originate = (context: string) =>
        world.world.asterisk.cli(`channel originate Local/911@${context}/n application Wait 1`);
      expect(
        await withCarriers({}, async () => {
          await originate("machine");
          await world.observer.silence();
        }),
      ).toEqual({});
      const seen = await withCarriers({}, async () => {
        await originate("manual");
        await world.observer.silence();
      });
      expect(seen).toMatchObject({ apex_sip: [{ number: "911" }] });
    });

    it("that_no_trunk_takes_ends_with_42", async () => {
      await withCarriers({ apex_sip: refusingCallee(503), pool_a: refusingCallee(503) }, async () => {
        const { messages } = expectOk(await world.dial("apex", "911", refused(503)));
        const reasons = messages.flatMap(({ headers }) => headers.filter(([name]) => name === "Reason"));
        expect(reasons).toEqual([["Reason", "Q.850;cause=42"]]);
      });
    });
  });

  it("the_longest_call_is_a_limit_of_the_trunk_leg", async () => {
    await withCarriers({}, async () => {
      const call = world.dial("apex", CALLED, talk({ holdMs: 1500 }));
      await legOn("apex_sip");
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

  describe("a forward", () => {
    const inbound = (number: string, holdMs: number) =>
      world.dial("pool_a", number, caller({ from: "+13035559876", holdMs }));

    it("goes_out_over_the_clients_trunk_with_a_slot_of_its_own", async () => {
      const seen = await withCarriers({}, async () => {
        const call = inbound("+12125550100", 1500);
        expect(await legOn("apex_sip")).toEqual({
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
