import { describe, expect, test } from "vitest";
import { type InUse, nothingInUse } from "../../../src/simulate/in-use.ts";
import { inboundOffer } from "../../../src/simulate/offers.ts";
import type { Script } from "../../../src/simulate/scripted-switch.ts";
import { type Simulation, simulate } from "../../../src/simulate/simulate.ts";
import type { WrittenTenant } from "../../builders.ts";
import { e164, menuWith, path, snapshotWith, trunkWith } from "../../builders.ts";
import { momentWith } from "../../driving.ts";

const nothing: Script = { digits: [], dials: [], queues: [] };

async function simulated(
  apex: WrittenTenant,
  script: Script = nothing,
  inUse: InUse = nothingInUse,
): Promise<Simulation> {
  const snapshot = snapshotWith({
    tenants: { apex: { dids: { "+12125550100": "main" }, callerIds: [e164("+12125550100")], ...apex } },
    trunks: [trunkWith("pool_a"), trunkWith("pool_b")],
  });
  const moment = momentWith(snapshot);
  const call = { did: "2125550100", from: "3125550123", trunk: null, server: "ast1" };
  const offer = inboundOffer(call, moment);
  if ("problem" in offer) throw new Error(offer.problem);
  return simulate(offer, {
    moment,
    script,
    inUse,
    doNotCall: { listed: () => null },
    spend: () => ({ within: true }),
  });
}

const forwarding: WrittenTenant = {
  plan: {
    targets: {
      "routes.main": {
        type: "forward",
        number: "+13125550199",
        ringSeconds: 20,
        noAnswer: path("routes.main.no_answer"),
        busy: null,
      },
      "routes.main.no_answer": { type: "voicemail", mailbox: "100", greeting: "unavailable" },
    },
  },
};

describe("forward", () => {
  test("every_attempt_is_named_and_the_first_answers", async () => {
    const { verdict } = await simulated(forwarding);
    expect(verdict).toMatchObject({
      outcome: "routed",
      target: { forward: "+13125550199" },
      number: "+12125550100",
      caller_id: "+12125550100",
      attempts: [
        { trunk: "pool_a", dial: "PJSIP/+13125550199@pool_a" },
        { trunk: "pool_b", dial: "PJSIP/+13125550199@pool_b" },
      ],
    });
  });

  test("without_an_answer_it_goes_on_as_configured", async () => {
    const { verdict } = await simulated(forwarding, { ...nothing, dials: ["noanswer"] });
    expect(verdict).toMatchObject({ outcome: "routed", target: { voicemail: "100" } });
    expect(verdict.attempts).toHaveLength(1);
  });

  test("somebody_who_is_busy_is_not_rung_over_the_next_trunk", async () => {
    const { verdict } = await simulated(forwarding, { ...nothing, dials: ["busy"] });
    expect(verdict).toMatchObject({ outcome: "routed", target: { voicemail: "100" } });
    expect(verdict.attempts).toEqual([{ trunk: "pool_a", dial: "PJSIP/+13125550199@pool_a" }]);
  });

  test("its_leg_needs_room_beside_the_caller's_own", async () => {
    const { verdict } = await simulated({ ...forwarding, limits: { channels: 1 } });
    expect(verdict).toMatchObject({ outcome: "routed", target: { voicemail: "100" }, attempts: [] });
    expect(verdict.trace.map(({ rule }) => rule)).toContain("tenant_full");
  });
});

test("a_caller_who_never_stops_is_refused_after_a_hundred_steps", async () => {
  const again = menuWith({ choices: new Map([["*", path("routes.main")]]) });
  const plan = { targets: { "routes.main": { type: "menu", menu: "again" } }, menus: { again } } as const;
  const { verdict, steps } = await simulated({ plan }, { ...nothing, digits: ["*".repeat(200)] });
  expect(verdict).toMatchObject({ outcome: "refused", reason: "too_many_steps", treatment: { cause: 25 } });
  expect(steps.length).toBeLessThanOrEqual(101);
});

test("a_prompt_in_a_treatment_has_its_configured_name", async () => {
  const full = { kind: "hangup", cause: 17, announce: "full" } as const;
  const { verdict } = await simulated({
    limits: { channels: 0, whenFull: { inbound: full, outbound: full } },
    plan: { sounds: { full: "signalbox/shared/file-of-another-name" } },
  });
  expect(verdict.treatment).toEqual({ cause: 17, announce: "full" });
});

test("the_clock_and_the_numbers_alone_decide_twice_the_same", async () => {
  const [first, second] = [await simulated(forwarding), await simulated(forwarding)];
  expect(first.verdict).toEqual(second.verdict);
});

test("a_number_comes_in_on_a_trunk_whose_carrier_writes_it_so", () => {
  const snapshot = snapshotWith({
    tenants: { apex: { dids: { "+442071838750": "main" } } },
    trunks: [trunkWith("pool_a"), trunkWith("pool_b", { country: "GB" })],
  });
  const comesOn = (did: string) =>
    inboundOffer({ did, from: "", trunk: null, server: "ast1" }, momentWith(snapshot));
  expect(comesOn("02071838750")).toMatchObject({ channel: "PJSIP/pool_b-00000001" });
  expect(comesOn("+442071838750")).toMatchObject({ channel: "PJSIP/pool_a-00000001" });
  expect(comesOn("02071838751")).toMatchObject({ channel: "PJSIP/pool_a-00000001" });
  // The dialplan lets nothing in that a carrier appends.
  const ported = { channel: "PJSIP/pool_b-00000001", dialled: "02071838750" };
  expect(comesOn("02071838750;npdi;rn=+442079460000")).toMatchObject(ported);
});
