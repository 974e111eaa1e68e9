import { describe, expect, test } from "vitest";
import type { SlotAnswer } from "../../../../src/core/admission/admission.ts";
import { advance, begin } from "../../../../src/core/callflow/callflow.ts";
import { calmConditions } from "../../../../src/core/snapshot/conditions.ts";
import { path, snapshotWith, tenantId, trunkWith, type WrittenTenant } from "../../../builders.ts";
import { drive, inboundOffer, momentWith, returnWith, stateWith } from "../../../driving.ts";

const apex: WrittenTenant = {
  accountcodes: ["apex"],
  dids: { "+12125550100": "main", "+12125550101": { route: "main", language: "fr" } },
  plan: {
    targets: {
      "routes.main": { type: "ingroup", ingroup: "APEX_INBOUND" },
      "routes.vip": { type: "dial", endpoint: "PJSIP/1", ringSeconds: 20, noAnswer: null, busy: null },
      "blocked_callers.then": { type: "hangup", cause: 17 },
      "limits.when_full": { type: "announce", prompt: "busy", then: null },
    },
    sounds: { "all-busy": "signalbox/apex/all-busy", "fr/all-busy": "signalbox/apex/fr/all-busy" },
  },
};
const recordsAll: NonNullable<WrittenTenant["recording"]> = {
  ...{ inbound: 100, outbound: 100, format: "wav", notice: null, keepDays: null },
  ...{ legs: false, campaigns: new Map() },
};
const zen: WrittenTenant = { dids: { "+13125550100": "main" }, limits: { reserved: 20 } };
const trunks = [
  trunkWith("apex_sip", { shared: false, tenant: "apex", channels: 60 }),
  trunkWith("pool_a", { channels: 100 }),
  trunkWith("pool_b", { channels: 50 }),
  trunkWith("prefixed", { didPrefix: "7777", endpoint: "carrier-7" }),
  trunkWith("starred", { didPrefix: "*55#", shared: false, tenant: "apex" }),
  trunkWith("longest", { didPrefix: "777777777777", shared: false, tenant: "apex" }),
];

const snapshot = (tenant: WrittenTenant = {}) =>
  snapshotWith({ tenants: { apex: { ...apex, ...tenant }, zen }, trunks });
const run = (
  offer: Parameters<typeof inboundOffer>[0] = {},
  tenant: WrittenTenant = {},
  answer?: () => SlotAnswer,
) => drive(begin(inboundOffer(offer), momentWith(snapshot(tenant))), answer);

describe("whose call it is", () => {
  test.each([
    ["e164", { dialled: "+12125550100" }],
    ["ten_digits", { dialled: "2125550100" }],
    ["eleven_digits", { dialled: "12125550100" }],
    ["carrier_prefix", { dialled: "77772125550100", channel: "PJSIP/carrier-7-0000000a" }],
    ["carrier_prefix_before_e164", { dialled: "7777+12125550100", channel: "PJSIP/carrier-7-0000000a" }],
    ["carrier_prefix_of_keys", { dialled: "*55#2125550100", channel: "PJSIP/starred-0000000a" }],
    ["longest_carrier_prefix", { dialled: "77777777777712125550100", channel: "PJSIP/longest-0000000a" }],
  ])("%s", (_name, offer) => {
    const { decision } = run(offer);
    expect(decision.stamp).toMatchObject({ tenant: "apex", did: "+12125550100", direction: "inbound" });
    expect(decision.instruction).toMatchObject({ do: "goto", extension: "APEX_INBOUND" });
    expect(decision).toMatchObject({
      refusal: null,
      state: null,
      target: { shown: { ingroup: "APEX_INBOUND" } },
    });
  });

  test.each([
    ["unknown_did", { dialled: "+12125550199" }, 1],
    ["bad_number", { dialled: "s" }, 28],
    ["bad_number", { dialled: "" }, 28],
    ["bad_number", { dialled: "*21" }, 28],
    ["bad_number", { dialled: "*55#", channel: "PJSIP/starred-0000000a" }, 28],
    ["bad_number", { dialled: "*55#2125550100" }, 28],
    ["tenant_conflict", { accountcode: "zen" }, 21],
  ])("%s %j stamps nobody and takes no slot", (reason, offer, cause) => {
    const { decision, commands } = run(offer);
    expect(decision).toMatchObject({ refusal: { reason }, stamp: null, state: null });
    expect(decision.instruction).toEqual({ do: "hangup", cause, announce: null });
    expect(commands).toEqual([]);
  });

  test.each(["", "apex", "somebody-else"])("account code %j is no conflict", (accountcode) => {
    expect(run({ accountcode }).decision.refusal).toBeNull();
  });

  test("the_call_id_is_the_channels", () => {
    expect(run().decision.call).toBe("ast1-1764000000.1");
  });

  test("a_did_with_a_language_speaks_it", () => {
    expect(run({ dialled: "+12125550101" }).decision.language).toBe("fr");
    expect(run().decision.language).toBeNull();
  });

  test.each([
    ["12125550100", "signalbox/apex/told"],
    ["12125550101", "signalbox/apex/fr/told"],
  ])("the_notice_of_a_recording_of_calls_to_%s_speaks_their_language", (dialled, notice) => {
    const sounds = { told: "signalbox/apex/told", "fr/told": "signalbox/apex/fr/told" };
    const tenant = { plan: { ...apex.plan, sounds }, recording: { ...recordsAll, notice: "told" } };
    expect(run({ dialled }, tenant).decision.recording).toMatchObject({ notice });
  });

  test("the_longest_call_is_bounded", () => {
    expect(run({}, { limits: { longestCallMinutes: 240 } }).decision.limitSeconds).toBe(14_400);
    expect(run().decision.limitSeconds).toBeNull();
  });
});

describe("what it asks for", () => {
  test("one_slot_on_the_trunk_it_came_in_on", () => {
    const { commands } = run({}, { limits: { channels: 100, inbound: 40, callsPerSecond: 10 } });
    expect(commands).toMatchObject([
      {
        type: "acquire",
        request: {
          key: { server: "ast1", uniqueid: "1764000000.1" },
          leg: "own",
          tenant: "apex",
          trunk: "pool_a",
          caps: { tenant: 100, direction: 40, trunk: 100 },
          rates: { tenant: 10, trunk: null },
          pool: { reserves: [{ tenant: "zen", reserved: 20 }] },
          enforce: true,
          whenUnreachable: "allow",
        },
      },
    ]);
  });

  test("nothing_of_the_pool_on_a_dedicated_trunk", () => {
    const { commands } = run({ channel: "PJSIP/apex_sip-00000001" });
    expect(commands).toMatchObject([{ request: { trunk: "apex_sip", pool: null } }]);
  });

  test("an_unhealthy_trunk_adds_nothing_to_the_pool", () => {
    const conditions = { ...calmConditions, unhealthyTrunks: new Set(["pool_b"]) };
    const { commands } = drive(begin(inboundOffer(), momentWith(snapshot(), { conditions })));
    const channels = commands.map((each) => (each.type === "acquire" ? each.request.pool?.channels : null));
    expect(channels).toEqual([200]);
  });

  test.each(["Local/100@office-0000001;2", "PJSIP/phone-100-0000001a", "PJSIP/pool_a"])(
    "no slot for %s, which is on no trunk",
    (channel) => {
      const { decision, commands } = run({ channel });
      expect(commands).toEqual([]);
      expect(decision.stamp).toMatchObject({ tenant: "apex", trunk: null });
    },
  );
});

describe("full", () => {
  const full = (): SlotAnswer => ({ granted: false, scope: "inbound_full" });

  test("hangs_up_as_configured_with_its_announcement", () => {
    const whenFull = {
      inbound: { kind: "hangup", cause: 17, announce: "all-busy" },
      outbound: { kind: "hangup", cause: 42, announce: null },
    } as const;
    const { decision } = run({}, { limits: { whenFull } }, full);
    expect(decision.instruction).toEqual({ do: "hangup", cause: 17, announce: "signalbox/apex/all-busy" });
    expect(decision).toMatchObject({ refusal: { reason: "inbound_full" }, state: null, limitSeconds: 30 });
    expect(decision.stamp).toMatchObject({ tenant: "apex", direction: "refused" });
    const french = run({ dialled: "+12125550101" }, { limits: { whenFull } }, full);
    expect(french.decision.instruction).toMatchObject({ announce: "signalbox/apex/fr/all-busy" });
  });

  test("goes_to_a_target_as_configured_and_stays_refused", () => {
    const whenFull = {
      inbound: { kind: "target", target: path("limits.when_full") },
      outbound: { kind: "hangup", cause: 42, announce: null },
    } as const;
    const { decision } = run({}, { limits: { whenFull } }, full);
    expect(decision.instruction).toMatchObject({ do: "play" });
    expect(decision).toMatchObject({ refusal: { reason: "inbound_full" }, stamp: { direction: "refused" } });
  });

  test.each(["tenant_full", "pool_full", "no_trunk", "too_fast", "slots_unreachable"] as const)(
    "%s is named",
    (scope) => {
      expect(run({}, {}, () => ({ granted: false, scope })).decision.refusal?.reason).toBe(scope);
    },
  );

  test("a_caller_who_has_hung_up_meanwhile_is_not_refused", () => {
    const { decision } = run({}, {}, () => ({ granted: false, scope: "gone" }));
    expect(decision).toMatchObject({
      instruction: { do: "hangup", cause: 16, announce: null },
      refusal: null,
      ended: false,
      state: null,
      stamp: { tenant: "apex", direction: "inbound" },
    });
    expect(decision.trace.at(-1)).toEqual({
      rule: "gone",
      says: "the caller had hung up before this was decided",
    });
  });

  test("watched_is_admitted_and_noted", () => {
    const { decision } = run({}, { limits: { mode: "watch" } }, () => ({
      granted: true,
      wouldRefuse: "tenant_full",
    }));
    expect(decision).toMatchObject({ refusal: null, stamp: { direction: "inbound" } });
    expect(decision.trace).toContainEqual({ rule: "watch", says: "admitted, but tenant_full" });
  });
});

describe("callers and clients", () => {
  const list = { numbers: new Set(["+13125550123"]), prefixes: [], anonymous: true };

  test.each(["+13125550123", "3125550123", "anonymous"])("blocked %s takes no slot", (callerNumber) => {
    const { decision, commands } = run(
      { callerNumber },
      { blockedCallers: { list, then: path("blocked_callers.then") } },
    );
    expect(decision).toMatchObject({
      refusal: { reason: "caller_blocked" },
      stamp: { direction: "refused" },
    });
    expect(decision.instruction).toMatchObject({ do: "hangup", cause: 17 });
    expect(commands).toEqual([]);
  });

  test.each([
    ["blocked", "+13125550123", false],
    ["anonymous", "anonymous", false],
    ["withheld", "+13125550124", false, true],
    ["let_in", "+13125550124", true],
  ])("%s, then an announcement and an in-group", (_name, callerNumber, recorded, withheld = false) => {
    const targets = {
      "routes.main": { type: "announce", prompt: "closed", then: path("routes.desk") },
      "routes.desk": { type: "ingroup", ingroup: "APEX_INBOUND" },
    } as const;
    const blockedCallers = { list, then: path("routes.main") };
    const tenant = { ...apex, plan: { targets }, recording: recordsAll, blockedCallers };
    const moment = momentWith(snapshot(tenant));
    const first = drive(begin(inboundOffer({ callerNumber, withheld }), moment)).decision;
    expect(first.state).not.toBeNull();
    const step = advance({ ...returnWith({ type: "played" }), withheld }, first.state ?? stateWith(), moment);
    const { decision } = drive(step);
    expect(decision.instruction).toMatchObject({ do: "goto", extension: "APEX_INBOUND" });
    expect(decision.recording !== null).toBe(recorded);
    expect(decision.refusal).toBeNull();
  });

  test.each([
    ["listed_for_it", true, "refused"],
    ["not_listed_for_it", false, "inbound"],
  ])("a_caller_whose_number_is_known_and_withheld_%s", (_name, anonymous, direction) => {
    const blockedCallers = {
      list: { ...list, numbers: new Set<string>(), anonymous },
      then: path("blocked_callers.then"),
    };
    expect(run({ withheld: true }, { blockedCallers }).decision.stamp).toMatchObject({ direction });
    expect(run({}, { blockedCallers }).decision.stamp).toMatchObject({ direction: "inbound" });
  });

  test("vip_takes_its_route_and_a_slot", () => {
    const { decision, commands } = run({}, { vipCallers: { list, route: "vip" } });
    expect(decision.instruction).toMatchObject({ do: "dial", dial: "PJSIP/1" });
    expect(commands).toHaveLength(1);
  });

  test("blocked_comes_before_vip", () => {
    const { decision } = run(
      {},
      { vipCallers: { list, route: "vip" }, blockedCallers: { list, then: path("blocked_callers.then") } },
    );
    expect(decision.refusal?.reason).toBe("caller_blocked");
  });

  test("suspended", () => {
    const conditions = { ...calmConditions, suspendedTenants: new Set([tenantId("apex")]) };
    const { decision, commands } = drive(begin(inboundOffer(), momentWith(snapshot(), { conditions })));
    expect(decision).toMatchObject({
      refusal: { reason: "tenant_suspended" },
      stamp: { direction: "refused" },
    });
    expect(decision.instruction).toMatchObject({ cause: 21 });
    expect(commands).toEqual([]);
  });

  test("a_neighbours_suspension_is_nothing_to_us", () => {
    const conditions = { ...calmConditions, suspendedTenants: new Set([tenantId("zen")]) };
    const { decision } = drive(begin(inboundOffer(), momentWith(snapshot(), { conditions })));
    expect(decision.refusal).toBeNull();
  });
});
