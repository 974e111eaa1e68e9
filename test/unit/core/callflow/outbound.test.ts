import { describe, expect, test } from "vitest";
import { decodeState, encodeState } from "../../../../src/core/callflow/call-state.ts";
import { begin } from "../../../../src/core/callflow/callflow.ts";
import { calmConditions } from "../../../../src/core/snapshot/conditions.ts";
import type { Trunk } from "../../../../src/core/trunk/trunk.ts";
import { at, e164, tenantId, trunkWith } from "../../../builders.ts";
import { momentWith } from "../../../driving.ts";
import {
  asked,
  call,
  comeBack,
  drive,
  fullOn,
  outboundOffer,
  outboundSnapshot,
  policy,
  windowOf,
} from "../../../outbound-builders.ts";

/** VICIdial's mark of a call that an agent dials by hand. */
const AGENTS = "M1123120000000000042";

const apexWith = (outbound: Partial<typeof policy>) =>
  momentWith(outboundSnapshot({ apex: { outbound: { ...policy, ...outbound } } }));

describe("whose call it is", () => {
  test.each([
    ["by_account_code", { accountcode: "apex" }],
    ["by_a_listed_account_code", { accountcode: "apexacct" }],
    ["by_tenant_in_the_address", { accountcode: "", tenantHint: "apex" }],
    ["by_prefix", { accountcode: "", dialled: "716465550123" }],
    ["by_prefix_before_the_long_form", { accountcode: "", dialled: "7116465550123" }],
    ["by_all_three", { tenantHint: "apex", dialled: "716465550123" }],
    ["and_a_phones_extension_as_account_code_is_no_answer", { accountcode: "8001", tenantHint: "apex" }],
  ])("%s", (_, offer) => {
    const { decision } = call(offer);
    expect(decision.refusal).toBeNull();
    expect(decision.stamp).toMatchObject({ tenant: "apex", direction: "outbound", did: null, trunk: null });
    expect(decision.dialled?.number).toBe("+16465550123");
  });

  test.each([
    ["address_and_account_code", { tenantHint: "beta" }, "tenant_conflict"],
    ["prefix_and_account_code", { dialled: "726465550123" }, "tenant_conflict"],
    [
      "prefix_and_address",
      { dialled: "726465550123", accountcode: "", tenantHint: "apex" },
      "tenant_conflict",
    ],
    ["nothing", { accountcode: "" }, "unknown_tenant"],
    ["an_extension_only", { accountcode: "8001" }, "unknown_tenant"],
    ["an_address_that_names_nobody", { tenantHint: "delta" }, "unknown_tenant"],
    ["an_address_that_is_no_name", { tenantHint: "../apex" }, "unknown_tenant"],
  ])("%s_is_refused_without_a_stamp", (_, offer, reason) => {
    const { decision, commands } = call(offer);
    expect(decision).toMatchObject({ stamp: null, state: null, refusal: { reason } });
    expect(commands).toEqual([]);
  });

  test("a_whole_number_is_no_prefix_of_a_client_elsewhere", () => {
    // What is left of it behind 81 is a number in the United Kingdom.
    const british = outboundSnapshot({ gamma: { country: "GB", outboundPrefixes: ["81"] } });
    const { decision } = call({ dialled: "8102345678" }, {}, momentWith(british));
    expect(decision).toMatchObject({ refusal: null, dialled: { number: "+18102345678" } });
    const theirs = call({ dialled: "8102071838750" }, {}, momentWith(british)).decision;
    expect(theirs.refusal?.reason).toBe("tenant_conflict");
  });

  test("a_whole_number_that_begins_like_a_prefix_is_not_cut", () => {
    expect(call({ dialled: "7165550100" }).decision.dialled?.number).toBe("+17165550100");
  });

  test("a_longer_prefix_of_which_no_number_is_left_is_none", () => {
    const moment = momentWith(outboundSnapshot({ apex: { outboundPrefixes: ["71", "716"] } }));
    expect(call({ dialled: "716465550123" }, {}, moment).decision.dialled?.number).toBe("+16465550123");
    expect(call({ dialled: "7166465550123" }, {}, moment).decision.dialled?.number).toBe("+16465550123");
    expect(call({ dialled: "716555" }, {}, moment).decision.refusal?.reason).toBe("bad_number");
  });

  test("the_trace_says_what_was_found_where", () => {
    const says = call({ tenantHint: "beta" }).decision.trace.map((line) => line.says);
    expect(says).toContain("tenant= of the AGI address says beta");
    expect(says).toContain("the account code apex says apex");
  });

  test("a_suspended_client_dials_nothing", () => {
    const conditions = { ...calmConditions, suspendedTenants: new Set([tenantId("apex")]) };
    const { decision } = call({}, {}, momentWith(outboundSnapshot(), { conditions }));
    expect(decision.refusal?.reason).toBe("tenant_suspended");
    expect(decision.stamp?.direction).toBe("refused");
  });

  test("a_trunk_leg_that_is_transferred_out_keeps_its_stamp", () => {
    const { decision } = call({ channel: "PJSIP/apex_sip-0000002a" });
    expect(decision).toMatchObject({ stamp: null, instruction: { do: "dial" } });
  });
});

describe("what may be called", () => {
  test.each([
    "100",
    "*97",
    "8001",
    "123456",
    "65550123",
    "0",
    "+1100",
    "+12125550",
    "12125550100123456789012",
  ])("%s_is_no_number", (dialled) => {
    expect(call({ dialled }).decision.refusal?.reason).toBe("bad_number");
  });

  test("an_injection_is_no_number_and_not_repeated", () => {
    const { decision, commands } = call({ dialled: "500&PJSIP/carrier/911" });
    expect(decision.refusal?.reason).toBe("bad_number");
    expect(JSON.stringify(decision.trace)).not.toContain("&");
    expect(commands).toEqual([]);
  });

  test.each([
    ["of_the_client", {}, "sb-emergency-of-apex"],
    ["behind_its_prefix", { dialled: "71911" }, "sb-emergency-of-apex"],
    ["of_nobody", { accountcode: "" }, "sb-emergency-unowned"],
    [
      "that_an_agent_dials_by_hand",
      { channel: "Local/911@x-1;2", callerName: AGENTS },
      "sb-emergency-of-apex",
    ],
  ])("an_emergency_number %s that the dialplan does not know leaves by its contexts", (_, offer, context) => {
    const { decision, commands } = call({ dialled: "911", ...offer });
    expect(decision).toMatchObject({ refusal: null, state: null, recording: null });
    expect(decision.instruction).toEqual({ do: "goto", context, extension: "911", priority: 1 });
    expect(decision.stamp?.tenant).toBe(context.endsWith("apex") ? "apex" : undefined);
    expect(commands).toEqual([]);
  });

  test("so_does_that_of_a_client_who_is_suspended", () => {
    const conditions = { ...calmConditions, suspendedTenants: new Set([tenantId("apex")]) };
    const { decision } = call({ dialled: "911" }, {}, momentWith(outboundSnapshot(), { conditions }));
    expect(decision.instruction).toMatchObject({ do: "goto", context: "sb-emergency-of-apex" });
  });

  test.each([
    ["911", { channel: "Local/911@x-1;2", callerName: "V1123120000000000042" }],
    ["71911", { channel: "Local/71911@x-1;2", callerName: "V1123120000000000042" }],
    ["911", { campaign: "SURVEY" }],
  ])("%s_is_never_dialled_by_a_machine", (dialled, machine) => {
    expect(call({ dialled, ...machine }).decision.refusal).toMatchObject({
      reason: "destination_not_allowed",
      says: expect.stringContaining("machine"),
    });
  });

  test.each([
    ["011442071838750", "abroad"],
    ["8765550100", "a neighbour that shares the calling code"],
    ["9005550100", "a premium area code"],
    ["2129765550", "a premium exchange"],
  ])("%s_is_refused_by_default: %s", (dialled) => {
    expect(call({ dialled }).decision.refusal?.reason).toBe("destination_not_allowed");
  });

  test("a_listed_number_is_refused_and_both_lists_are_asked_for_this_client", () => {
    const moment = apexWith({ doNotCall: { file: "dnc/apex.txt" } });
    const { decision, commands } = call({}, { listed: () => "system" }, moment);
    expect(decision.refusal).toMatchObject({
      reason: "do_not_call",
      says: expect.stringContaining("system"),
    });
    expect(commands).toEqual([{ type: "do_not_call", tenant: "apex", number: "+16465550123" }]);
  });

  test("without_any_list_none_is_asked", () => {
    expect(call().commands.map((command) => command.type)).toEqual(["acquire"]);
  });

  const window = { from: "08:00", to: "21:00" };
  test.each([
    ["opens_at_its_start", "6465550123", "2026-11-23T08:00:00-05:00", true],
    ["closed_one_minute_before", "6465550123", "2026-11-23T07:59:59-05:00", false],
    ["closed_at_its_end", "6465550123", "2026-11-23T21:00:00-05:00", false],
    ["open_one_minute_before_its_end", "6465550123", "2026-11-23T20:59:59-05:00", true],
    ["goes_by_the_called_zone", "3105550123", "2026-11-23T09:00:00-05:00", false],
    ["goes_by_the_called_zone_at_night", "3105550123", "2026-11-23T23:00:00-05:00", true],
    ["takes_the_strictest_of_two_zones", "8505550123", "2026-11-23T08:30:00-05:00", false],
    ["toll_free_may_be_on_either_coast", "8005550123", "2026-11-23T09:30:00-05:00", false],
    ["the_morning_after_clocks_go_forward", "6465550123", "2026-03-08T08:00:00-04:00", true],
    ["the_hour_before_clocks_went_forward", "6465550123", "2026-03-08T07:30:00-04:00", false],
    ["the_morning_after_clocks_go_back", "6465550123", "2026-11-01T07:30:00-05:00", false],
    ["arizona_keeps_standard_time", "6025550123", "2026-07-06T08:30:00-06:00", false],
  ])("calling_window_%s", (_, dialled, now, open) => {
    const snapshot = outboundSnapshot({ apex: { outbound: { ...policy, callingWindow: windowOf(window) } } });
    const { decision } = call({ dialled }, {}, momentWith(snapshot, { now: at(now) }));
    expect(decision.refusal?.reason ?? null).toBe(open ? null : "outside_calling_window");
  });

  test("calling_window_in_the_clients_own_zone", () => {
    const outbound = { ...policy, callingWindow: windowOf({ ...window, zone: "tenant" }) };
    const snapshot = outboundSnapshot({ apex: { outbound } });
    const moment = momentWith(snapshot, { now: at("2026-11-23T09:00:00-05:00") });
    expect(call({ dialled: "3105550123" }, {}, moment).decision.refusal).toBeNull();
  });
});

describe("the caller ID", () => {
  test.each([
    ["own_is_kept", "2125550101", "+12125550101"],
    ["foreign_is_replaced_by_the_first", "+19175550199", "+12125550100"],
    ["another_clients_is_replaced", "+13125550200", "+12125550100"],
    ["missing_is_replaced", "", "+12125550100"],
    ["nonsense_is_replaced", "8001", "+12125550100"],
  ])("%s", (_, callerNumber, shown) => {
    const { decision } = call({ callerNumber });
    expect(decision.dialled?.callerId).toBe(shown);
    expect(decision.instruction).toMatchObject({ do: "dial", callerId: shown });
  });

  test("foreign_is_refused_where_the_client_wants_it", () => {
    const { decision, commands } = call(
      { callerNumber: "+19175550199" },
      {},
      apexWith({ onForeignCallerId: "refuse" }),
    );
    expect(decision).toMatchObject({
      refusal: { reason: "caller_id_not_owned" },
      dialled: { callerId: null },
    });
    expect(commands).toEqual([]);
  });

  test("foreign_of_a_caller_whom_a_phone_sends_on_is_replaced_all_the_same", () => {
    const sentOn = { channel: "PJSIP/pool_a-0000002a", callerNumber: "+19175550199" };
    const { decision } = call(sentOn, {}, apexWith({ onForeignCallerId: "refuse" }));
    expect(decision).toMatchObject({ refusal: null, instruction: { do: "dial", callerId: "+12125550100" } });
  });

  test("area_code_matches_the_called_one", () => {
    const moment = apexWith({ callerIdChoice: "area_code" });
    expect(call({ dialled: "3105550123" }, {}, moment).decision.dialled?.callerId).toBe("+13105550100");
    expect(call({ dialled: "6465550123" }, {}, moment).decision.dialled?.callerId).toBe("+12125550100");
  });

  test("rotation_uses_all_and_repeats_for_a_repeated_step", () => {
    const moment = apexWith({ callerIdChoice: "rotate" });
    const shown = (uniqueid: string) => call({ uniqueid }, {}, moment).decision.dialled?.callerId;
    const used = new Set(Array.from({ length: 60 }, (_, index) => shown(`1764000000.${index}`)));
    expect(used.size).toBe(3);
    expect(shown("1764000000.7")).toBe(shown("1764000000.7"));
  });

  test("without_any_number_of_its_own_a_client_cannot_call", () => {
    const moment = momentWith(outboundSnapshot({ apex: { callerIds: [], outbound: policy } }));
    expect(call({}, {}, moment).decision.refusal?.reason).toBe("caller_id_not_owned");
  });
});

describe("the trunk", () => {
  test("its_own_first_with_number_limit_and_state", () => {
    const snapshot = outboundSnapshot({ apex: { limits: { longestCallMinutes: 240 }, outbound: policy } });
    const result = call({}, {}, momentWith(snapshot));
    expect(asked(result)).toEqual(["apex_sip"]);
    expect(result.decision).toMatchObject({
      instruction: {
        do: "dial",
        dial: "PJSIP/+16465550123@apex_sip",
        trunk: "apex_sip",
        callerId: "+12125550100",
        limitSeconds: 14_400,
        ringSeconds: 90,
      },
      limitSeconds: null,
      state: { direction: "outbound", did: "", dialling: { tried: ["apex_sip"] } },
    });
  });

  test("a_slot_is_asked_for_the_leg_to_be_dialled", () => {
    expect(call().commands[0]).toMatchObject({
      type: "acquire",
      request: {
        key: { server: "ast1", uniqueid: "1764000000.7" },
        leg: "dialled",
        direction: "outbound",
        tenant: "apex",
        pool: null,
        failedTrunk: null,
      },
    });
  });

  test("a_full_first_trunk_goes_on_to_the_next", () => {
    const result = call({}, fullOn({ apex_sip: "no_trunk" }));
    expect(asked(result)).toEqual(["apex_sip", "pool_a"]);
    expect(result.decision.instruction).toMatchObject({ trunk: "pool_a" });
  });

  test("an_unhealthy_trunk_is_not_even_asked", () => {
    const conditions = { ...calmConditions, unhealthyTrunks: new Set(["apex_sip", "pool_a"]) };
    const result = call({}, {}, momentWith(outboundSnapshot(), { conditions }));
    expect(asked(result)).toEqual(["pool_b"]);
    expect(result.decision.instruction).toMatchObject({ dial: "PJSIP/916465550123@pool_b" });
  });

  test("chan_sip_puts_the_endpoint_first", () => {
    const server = {
      server: "ast1",
      ami: "127.0.0.1:5038",
      username: "signalbox",
      secret: "",
      version: "16",
      technology: "sip" as const,
      addresses: [],
      cdr: null,
    };
    const base = outboundSnapshot();
    const snapshot = { ...base, system: { ...base.system, switches: [server] } };
    const { decision } = call({}, {}, momentWith(snapshot));
    expect(decision.instruction).toMatchObject({ dial: "SIP/apex_sip/+16465550123" });
  });

  test.each(["tenant_full", "outbound_full", "slots_unreachable"] as const)("%s_stops_at_once", (scope) => {
    const result = call({}, fullOn({ "*": scope }));
    expect(asked(result)).toEqual(["apex_sip"]);
    expect(result.decision).toMatchObject({
      refusal: { reason: scope },
      instruction: { do: "hangup", cause: 42 },
    });
  });

  test.each([
    ["all_without_room", { "*": "no_trunk" }, ["apex_sip", "pool_a", "pool_b", "pool_c"], "no_trunk"],
    ["pool_reserved", { apex_sip: "no_trunk", "*": "pool_full" }, ["apex_sip", "pool_a"], "pool_full"],
    ["too_fast_everywhere", { "*": "too_fast" }, ["apex_sip", "pool_a", "pool_b", "pool_c"], "too_fast"],
  ] as const)("%s_names_the_most_telling_scope", (_, full, trunks, reason) => {
    const result = call({}, fullOn(full));
    expect(asked(result)).toEqual(trunks);
    expect(result.decision.refusal?.reason).toBe(reason);
  });

  test("overflow_off_is_refused_when_its_own_is_full", () => {
    const result = call({ accountcode: "beta" }, fullOn({ beta_sip: "no_trunk" }));
    expect(asked(result)).toEqual(["beta_sip"]);
    expect(result.decision.refusal?.reason).toBe("no_trunk");
  });

  test("a_leg_that_a_phone_sends_on_is_another_number_of_its_call_to_pay_for", () => {
    const moment = apexWith({ spending: { callsPerDay: 9, minutesPerDay: null, perPrefix: [] } });
    const placing = (channel: string) => {
      const { commands } = call({ channel }, {}, moment);
      return commands.flatMap((command) => (command.type === "spend" ? [command.request.placing] : []));
    };
    expect(placing("PJSIP/agent100-00000007")).toEqual([1]);
    // A call has a hundred instructions at most, each of which may have been a forward.
    expect(placing("PJSIP/pool_a-0000002a")[0]).toBeGreaterThan(100);
  });

  test("a_day_that_is_used_up_gives_the_slot_back", () => {
    const spending = {
      callsPerDay: 100,
      minutesPerDay: null,
      perPrefix: [
        { prefix: "+1", callsPerDay: 50, minutesPerDay: null },
        { prefix: "+1646", callsPerDay: 5, minutesPerDay: 10 },
      ],
    };
    const spend = () => ({ within: false, prefix: "+1646", limit: "calls" }) as const;
    const { decision, commands } = call({}, { spend }, apexWith({ spending }));
    expect(decision.refusal?.reason).toBe("spend_limit");
    expect(commands.map((command) => command.type)).toEqual(["acquire", "spend", "release"]);
    expect(commands[1]).toMatchObject({
      request: { day: "2026-11-23", limits: [{ prefix: "" }, { prefix: "+1646", callsPerDay: 5 }] },
    });
  });
});

describe("after an attempt", () => {
  const moment = momentWith(outboundSnapshot());
  const first = call({}, {}, moment).decision.state;

  test.each([
    ["CONGESTION", 34],
    ["CONGESTION", 42],
    ["CHANUNAVAIL", 3],
    ["CHANUNAVAIL", 20],
    ["CHANUNAVAIL", 27],
    ["CHANUNAVAIL", 38],
    ["CHANUNAVAIL", 41],
    ["CHANUNAVAIL", 18],
    ["CHANUNAVAIL", null],
    ["CHANUNAVAIL", 58],
    ["CHANUNAVAIL", 102],
    ["BUSY", null],
  ] as const)("%s_%s_goes_on_to_the_next_trunk", (status, cause) => {
    const result = comeBack(first, [status, cause], moment);
    expect(asked(result)).toEqual(["pool_a"]);
    expect(result.commands[0]).toMatchObject({
      request: { failedTrunk: "apex_sip", pool: { channels: 300 }, rates: { tenant: null } },
    });
    expect(result.decision.state?.dialling?.tried).toEqual(["apex_sip", "pool_a"]);
    expect(result.decision.stamp).toBeNull();
  });

  test.each([
    ["BUSY", 17, 17],
    ["BUSY", 19, 19],
    ["NOANSWER", 19, 19],
    ["NOANSWER", null, 19],
    ["CHANUNAVAIL", 1, 1],
    ["CHANUNAVAIL", 21, 21],
    ["CHANUNAVAIL", 28, 28],
    ["CANCEL", null, 16],
    ["ANSWER", 16, 16],
  ] as const)("%s_%s_rings_nobody_again", (status, cause, told) => {
    const result = comeBack(first, [status, cause], moment);
    expect(asked(result)).toEqual([]);
    expect(result.decision).toMatchObject({
      instruction: { do: "hangup", cause: told },
      refusal: null,
      state: null,
    });
    expect(result.commands.map((command) => command.type)).toEqual(status === "ANSWER" ? [] : ["release"]);
  });

  test("no_user_responding_after_a_while_was_somebodys_phone", () => {
    const later = { ...moment, now: moment.now + 40_000 };
    expect(asked(comeBack(first, ["CHANUNAVAIL", 18], later))).toEqual([]);
  });

  test("four_trunks_at_most_and_34_is_never_passed_on", () => {
    let state = first;
    const trunks: string[] = [];
    for (let turn = 0; turn < 3; turn++) {
      const result = comeBack(state, ["CONGESTION", 34], moment);
      trunks.push(...asked(result));
      state = result.decision.state;
    }
    expect(trunks).toEqual(["pool_a", "pool_b", "pool_c"]);
    const last = comeBack(state, ["CONGESTION", 34], moment);
    expect(last.decision).toMatchObject({
      instruction: { do: "hangup", cause: 42 },
      refusal: { reason: "no_trunk" },
      state: null,
    });
    expect(last.commands).toEqual([{ type: "release", key: { server: "ast1", uniqueid: "1764000000.7" } }]);
  });

  test("all_attempts_together_ring_no_longer_than_the_budget", () => {
    const at40 = { ...moment, now: moment.now + 40_000 };
    const second = comeBack(first, ["CONGESTION", 42], at40).decision;
    expect(second.instruction).toMatchObject({ ringSeconds: 50 });
    const at88 = { ...moment, now: moment.now + 88_000 };
    expect(comeBack(second.state, ["CONGESTION", 42], at88).decision.instruction.do).toBe("hangup");
  });

  test("a_trunk_may_name_its_own_causes_but_never_people", () => {
    const snapshot = outboundSnapshot();
    const named = { ...moment, snapshot: { ...snapshot, trunks: new Map(snapshot.trunks) } };
    const apexSip = snapshot.trunks.get("apex_sip");
    if (apexSip === undefined) throw new Error("no apex_sip");
    named.snapshot.trunks.set("apex_sip", { ...apexSip, failoverCauses: [21, 17] });
    expect(asked(comeBack(first, ["CHANUNAVAIL", 21], named))).toEqual(["pool_a"]);
    expect(asked(comeBack(first, ["CONGESTION", 42], named))).toEqual([]);
    expect(asked(comeBack(first, ["CHANUNAVAIL", 17], named))).toEqual([]);
    named.snapshot.trunks.set("apex_sip", { ...apexSip, failoverCauses: [] });
    expect(asked(comeBack(first, ["CONGESTION", 42], named))).toEqual([]);
  });

  test("a_repeated_step_decides_the_same", () => {
    const once = comeBack(first, ["CONGESTION", 42], moment);
    expect(comeBack(first, ["CONGESTION", 42], moment)).toEqual(once);
  });

  test("its_state_survives_the_channel_variable", () => {
    if (first === null) throw new Error("no state");
    expect(decodeState(encodeState(first))).toEqual(first);
    expect(encodeState(first)).toMatch(/^[A-Za-z0-9_.:+*#=%-]+$/);
  });

  test("a_client_that_is_gone_after_a_reload_dials_no_more", () => {
    const without = { ...moment.snapshot, tenants: new Map() };
    const result = comeBack(first, ["CONGESTION", 42], { ...moment, snapshot: without });
    expect(result.decision.refusal?.reason).toBe("unknown_tenant");
    // 21 would be taken for a word about the number.
    expect(result.decision.instruction).toMatchObject({ do: "hangup", cause: 42 });
  });

  test.each([
    ["ANSWER", 16],
    ["BUSY", 17],
    ["NOANSWER", 19],
  ] as const)(
    "a_client_that_is_gone_after_a_reload_hears_what_was_said_%s_and_is_not_refused",
    (status, cause) => {
      const without = { ...moment.snapshot, tenants: new Map() };
      const { decision } = comeBack(first, [status, cause], { ...moment, snapshot: without });
      expect(decision).toMatchObject({ refusal: null, ended: true, instruction: { do: "hangup", cause } });
    },
  );
});

describe("a caller who has hung up meanwhile", () => {
  const slots = () => ({ granted: false, scope: "gone" }) as const;

  test("is_dialled_nowhere_and_refused_nothing", () => {
    const { decision, commands } = call({}, { slots });
    expect(decision).toMatchObject({ instruction: { do: "hangup", cause: 16 }, refusal: null, ended: false });
    expect(commands.filter((command) => command.type === "acquire")).toHaveLength(1);
  });

  test("is_not_put_on_the_next_trunk", () => {
    const moment = momentWith(outboundSnapshot());
    const late = comeBack(call({}, {}, moment).decision.state, ["CONGESTION", 42], moment, { slots });
    expect(late.decision).toMatchObject({ instruction: { do: "hangup", cause: 16 }, refusal: null });
  });
});

describe("watch mode", () => {
  test("admits_and_says_what_would_have_refused", () => {
    const slots = () => ({ granted: true, wouldRefuse: "outbound_full" }) as const;
    const { decision } = call({}, { slots });
    expect(decision.instruction.do).toBe("dial");
    expect(decision.trace).toContainEqual({ rule: "watch", says: "admitted, but outbound_full" });
  });
});

test("a_number_on_one_clients_list_stays_callable_by_another", () => {
  const own = { ...policy, doNotCall: { file: "dnc/own.txt" } };
  const moment = momentWith(outboundSnapshot({ apex: { outbound: own }, gamma: { outbound: own } }));
  const listed = (tenant: string) => (tenant === "apex" ? ("tenant" as const) : null);
  const calls = ["apex", "gamma"].map(
    (accountcode) => drive(begin(outboundOffer({ accountcode }), moment), { listed }).decision,
  );
  expect(calls.map((decision) => decision.refusal?.reason ?? null)).toEqual(["do_not_call", null]);
  expect(calls[1]?.dialled?.callerId).toBe(e164("+14155550300"));
});

describe("towards a carrier", () => {
  const manners = (trunk: Partial<Trunk>, alone = false) => {
    const trunks = [trunkWith("apex_sip", { tenant: "apex", shared: false, ...trunk }), trunkWith("pool_a")];
    const overflow = alone ? [] : [["pool_a"]];
    const { decision } = call({}, {}, momentWith(outboundSnapshot({}, { trunks, overflow })));
    return decision;
  };
  const mannersOf = (...args: Parameters<typeof manners>) => {
    const { instruction } = manners(...args);
    return instruction.do === "dial" ? instruction.carrier : null;
  };

  test.each([
    ["as_the_caller_wants", {}, { silentSeconds: 15, shown: null, stamped: false }],
    ["never_withheld", { privacy: "never" }, { silentSeconds: 15, shown: true, stamped: false }],
    ["always_withheld", { privacy: "always" }, { silentSeconds: 15, shown: false, stamped: false }],
    ["a_host_of_the_house", { internal: true }, { silentSeconds: 15, shown: null, stamped: true }],
    ["for_so_long", { silentSeconds: 4 }, { silentSeconds: 4, shown: null, stamped: false }],
    ["for_ever", { silentSeconds: 0 }, { silentSeconds: null, shown: null, stamped: false }],
  ] as const)("%s", (_, trunk, expected) => {
    expect(mannersOf(trunk)).toEqual(expected);
  });

  test("the_last_one_is_waited_for_to_the_end", () => {
    expect(mannersOf({}, true)).toMatchObject({ silentSeconds: null });
  });

  test("a_number_that_is_withheld_is_told_in_the_trace", () => {
    expect(manners({ privacy: "always" }).trace).toContainEqual({
      rule: "privacy",
      says: "apex_sip withholds the number from who is called",
    });
  });
});
