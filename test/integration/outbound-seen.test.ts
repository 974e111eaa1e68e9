import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { caller, expectOk, headerOf, refusingCallee } from "../../load/sipp-runner.ts";
import { answering, withCarriers } from "./support/carriers.ts";
import { CALLED, legOn, talk } from "./support/outbound-callers.ts";
import { NIGHT_DESK } from "./support/outbound-configuration.ts";
import { type OutboundWorld, startOutboundWorld } from "./support/outbound-world.ts";

describe.each(["22", "16"] as const)("what carriers see of a call through Asterisk %s", (version) => {
  let world: OutboundWorld;

  beforeAll(async () => {
    world = await startOutboundWorld(version);
  });
  afterAll(() => world?.stop());
  afterEach(() => world.quiet());

  const shownAs = (asserted: string, privacy?: string) => ({
    name: "Anonymous",
    from: "anonymous",
    asserted,
    ...(privacy === undefined ? {} : { privacy }),
  });

  it("a_withheld_number_is_the_carriers_alone", async () => {
    const seen = await withCarriers({}, async () => {
      expectOk(await world.dial("withheld", CALLED, talk()));
    });
    expect(seen).toEqual({ apex_sip: [{ number: CALLED, ...shownAs("+12125550100", "id") }] });
  });

  it("as_the_trunk_has_it_whatever_the_caller_wants", async () => {
    const seen = await withCarriers({ shy_sip: answering(), open_sip: answering() }, async () => {
      const first = world.dial("manners", CALLED, talk({ holdMs: 2500 }));
      await legOn(world, "shy_sip");
      expectOk(await world.dial("manners", CALLED, talk()));
      expectOk(await first);
    });
    expect(seen).toEqual({
      shy_sip: [{ number: CALLED, ...shownAs("+13035550196", "id") }],
      open_sip: [{ number: CALLED, name: "", from: "+13035550196", asserted: "" }],
    });
  });

  it("whose_call_it_is_only_by_a_host_of_the_house", async () => {
    const seen = await withCarriers({ house_pbx: answering() }, async () => {
      const first = world.dial("house", CALLED, talk({ holdMs: 2500 }));
      await legOn(world, "house_pbx");
      expectOk(await world.dial("house", CALLED, talk()));
      expectOk(await first);
    });
    const sent = { number: CALLED, name: "", from: "+13035550197", asserted: "+13035550197" };
    const stamp = ["X-Signalbox-Tenant: house", expect.stringMatching(/^X-Signalbox-Call: ast1-[0-9.]+$/)];
    // The carrier saw no such header, or it would stand here.
    expect(seen).toEqual({ house_pbx: [{ ...sent, stamp }], pool_a: [sent] });
  });

  it("no_number_that_the_call_was_diverted_by_before", async () => {
    const headers = { Diversion: "<sip:+13035550120@127.0.0.1>;reason=unconditional;counter=1" };
    const seen = await withCarriers({}, async () => {
      expectOk(await world.dial("apex", CALLED, talk({ headers })));
      expectOk(await world.dial("pool_a", "+12125550100", caller({ headers, from: "+13035559876" })));
    });
    const sent = { name: "", from: "+12125550100", asserted: "+12125550100" };
    expect(seen).toEqual({
      apex_sip: [
        { number: CALLED, ...sent },
        { number: NIGHT_DESK, ...sent },
      ],
    });
  });

  it("no_name_of_a_caller_who_withholds_it_where_his_call_goes_on", async () => {
    const who = { display: "Secret Sue", from: "+13035559876", holdMs: 400 };
    const seen = await withCarriers({}, async () => {
      expectOk(await world.dial("visitor", "12125550100", caller(who)));
    });
    const sent = { name: "", from: "+12125550100", asserted: "+12125550100" };
    expect(seen).toEqual({ apex_sip: [{ number: NIGHT_DESK, ...sent }] });
  });

  it("and_the_phone_sees_the_number_that_it_has_called", async () => {
    await withCarriers({}, async () => {
      const { messages } = await world.dial("shown", CALLED, talk(), { traceMessages: true });
      const answer = messages.find(({ status }) => status === 200);
      expect(answer && headerOf(answer, "P-Asserted-Identity")).toContain(`<sip:${CALLED}@`);
      // Asterisk may tell it once more, in a re-INVITE that ends SIPp before it hangs up.
      await world.world.asterisk.cli("channel request hangup all");
    });
  });

  it("a_carrier_after_a_host_of_the_house_that_failed_is_told_nothing", async () => {
    const seen = await withCarriers({ house_pbx: refusingCallee(503) }, async () => {
      expectOk(await world.dial("house", CALLED, talk()));
    });
    expect(seen.house_pbx?.[0]?.stamp).toHaveLength(2);
    expect(seen.pool_a).toEqual([
      { number: CALLED, name: "", from: "+13035550197", asserted: "+13035550197" },
    ]);
  });
});
