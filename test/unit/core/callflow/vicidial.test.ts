import { describe, expect, test } from "vitest";
import type { VicidialAnswer, VicidialSign } from "../../../../src/core/callflow/commands.ts";
import type { Vicidial } from "../../../../src/core/snapshot/snapshot.ts";
import { at, e164, type WrittenTenant } from "../../../builders.ts";
import { momentWith } from "../../../driving.ts";
import {
  asked,
  call,
  fullOn,
  outboundSnapshot,
  policy,
  type World,
  windowOf,
} from "../../../outbound-builders.ts";

const link: Vicidial = {
  database: "mysql://reader:secret@127.0.0.1/asterisk",
  lookUpAll: false,
  doNotCall: false,
  passUnknownDids: false,
  failOpen: false,
  fastagi: "127.0.0.1:4577",
  dialPrefix: null,
};
const apex = { vicidial: { campaigns: ["APEXOUT"], userGroups: ["APEX"] } };
const beta = { vicidial: { campaigns: ["BETAOUT"], userGroups: ["BETA"] } };

function moment(tenants: Record<string, WrittenTenant> = {}, vicidial: Partial<Vicidial> | null = {}) {
  const system = { vicidial: vicidial === null ? null : { ...link, ...vicidial } };
  const both = { apex: { ...apex, ...tenants.apex }, beta: { ...beta, ...tenants.beta } };
  return momentWith(outboundSnapshot(both, { system }));
}

const automatic = {
  channel: "Local/6465550123@default-00000001;2",
  callerName: "V1122001530000012345",
  accountcode: "",
};

function says(...signs: VicidialSign[]): World & { readonly codes: string[] } {
  const codes: string[] = [];
  return {
    codes,
    vicidial: ({ code }): VicidialAnswer => {
      codes.push(code);
      return { signs };
    },
  };
}

const sign = (campaign: string, userGroup: string | null = null): VicidialSign => ({
  table: "auto_calls",
  campaign,
  userGroup,
});

describe("whose call a call code is", () => {
  test("the_campaign_names_the_client", () => {
    const world = says(sign("APEXOUT"));
    const { decision } = call(automatic, world, moment());
    expect(decision.stamp?.tenant).toBe("apex");
    expect(world.codes).toEqual(["V1122001530000012345"]);
  });

  test("who_placed_it_is_kept_for_its_record", () => {
    const { decision } = call(automatic, says({ ...sign("APEXOUT"), agent: "6001" }), moment());
    expect(decision.placedBy).toEqual({ campaign: "APEXOUT", agent: "6001" });
  });

  test("its_user_group_does_too", () => {
    const { decision } = call(automatic, says(sign("OTHER", "beta")), moment());
    expect(decision.stamp?.tenant).toBe("beta");
  });

  test.each(["apexout", "APEXOUT  ", "ApexOut"])(
    "%j is the same campaign to VICIdial's tables",
    (campaign) => {
      expect(call(automatic, says(sign(campaign)), moment()).decision.stamp?.tenant).toBe("apex");
    },
  );

  test.each(["APEXOUT1", " APEXOUT", "APEX OUT", ""])("%j is another", (campaign) => {
    expect(call(automatic, says(sign(campaign)), moment()).decision.refusal?.reason).toBe("unknown_tenant");
  });

  test("a_table_that_leads_to_nobody_leaves_it_to_the_next", () => {
    const world = says(sign("HOUSE", "ADMIN"), { ...sign("BETAOUT"), table: "lists" });
    expect(call(automatic, world, moment()).decision.stamp?.tenant).toBe("beta");
  });

  test("a_campaign_of_one_and_a_user_group_of_another_are_refused", () => {
    const { decision } = call(automatic, says(sign("APEXOUT", "BETA")), moment());
    expect(decision.refusal?.reason).toBe("tenant_conflict");
    expect(decision.stamp).toBeNull();
  });

  test("rows_of_one_table_that_name_two_clients_are_refused", () => {
    const reason = (...signs: VicidialSign[]) =>
      call(automatic, says(...signs), moment()).decision.refusal?.reason;
    expect(reason(sign("APEXOUT"), sign("BETAOUT"))).toBe("tenant_conflict");
    expect(reason(sign("GONE"), sign("BETAOUT"), sign("APEXOUT"))).toBe("tenant_conflict");
    expect(reason(sign("APEXOUT"), { ...sign("BETAOUT"), table: "lists" })).toBeUndefined();
  });

  test.each([
    ["a client's account code", { accountcode: "beta" }],
    ["a client's prefix", { dialled: "726465550123" }],
    ["tenant= of the address", { tenantHint: "beta" }],
  ])("is not asked with %s", (_, offer) => {
    const world = says(sign("APEXOUT"));
    const { decision } = call({ ...automatic, ...offer }, world, moment());
    expect(decision.stamp?.tenant).toBe("beta");
    expect(world.codes).toEqual([]);
  });

  describe("where every code is looked up", () => {
    const always = (offer: Partial<typeof automatic> & { dialled: string }, world: World) =>
      call({ ...automatic, ...offer }, world, moment({}, { lookUpAll: true })).decision;

    test("a_campaign_of_another_than_the_prefix_says_is_refused", () => {
      const decision = always({ dialled: "726465550123" }, says(sign("APEXOUT")));
      expect(decision.refusal?.reason).toBe("tenant_conflict");
      expect(decision.refusal?.says).toContain("the prefix 72 says beta and the campaign APEXOUT");
    });

    test("the_same_client_goes_on", () => {
      expect(always({ dialled: "716465550123" }, says(sign("APEXOUT"))).stamp?.tenant).toBe("apex");
    });

    test.each<[string, World]>([
      ["no answer", { vicidial: () => ({ signs: null }) }],
      ["nothing known of it", says()],
      ["a campaign of nobody", says(sign("HOUSE"))],
    ])("%s leaves it to the prefix", (_, world) => {
      expect(always({ dialled: "716465550123" }, world).stamp?.tenant).toBe("apex");
    });

    test("a_call_without_a_code_is_not_asked_for", () => {
      const world = says(sign("BETAOUT"));
      expect(always({ dialled: "716465550123", callerName: "Vera" }, world).stamp?.tenant).toBe("apex");
      expect(world.codes).toEqual([]);
    });
  });

  test.each([
    ["without a database", automatic, { database: null }],
    ["without a VICIdial", automatic, null],
    ["of a phone", { ...automatic, channel: "PJSIP/cc100-00000001" }, {}],
    ["of a caller from outside", { ...automatic, channel: "PJSIP/pool_a-00000001" }, {}],
    ["that is no call code", { ...automatic, callerName: "Victor 1122001530000012345" }, {}],
  ])("is not asked %s", (_, offer, vicidial) => {
    const world = says(sign("APEXOUT"));
    const { decision } = call(offer, world, moment({}, vicidial));
    expect(decision.refusal?.reason).toBe("unknown_tenant");
    expect(world.codes).toEqual([]);
  });

  test("no_answer_in_time_is_nobody's_call", () => {
    const { decision } = call(automatic, { vicidial: () => ({ signs: null }) }, moment());
    expect(decision.refusal?.reason).toBe("unknown_tenant");
    expect(decision.refusal?.says).toContain("gave no answer");
  });

  test("a_campaign_of_nobody_is_shown_without_its_odd_characters", () => {
    const { decision } = call(automatic, says(sign("X\u001b[31m")), moment());
    expect(decision.refusal?.says).toContain("X??31m");
  });
});

describe("a campaign that is held to no window", () => {
  const night = at("2026-11-23T23:00:00-05:00");
  const outbound = {
    ...policy,
    callingWindow: windowOf({ from: "08:00", to: "21:00", except_campaigns: ["Survey", "BETAOUT"] }),
  };
  const dialled = (offer: object, world: World, now = night, tenants: Record<string, WrittenTenant> = {}) =>
    call({ accountcode: "apex", ...offer }, world, {
      ...moment({ apex: { ...apex, outbound }, ...tenants }),
      now,
    });

  test.each([
    ["named_by_the_dialplan", { campaign: "SURVEY" }, null],
    ["in_other_capitals", { campaign: "survey" }, null],
    ["another_one", { campaign: "SALES" }, "outside_calling_window"],
    ["none", {}, "outside_calling_window"],
    ["another_clients", { campaign: "BETAOUT" }, "outside_calling_window"],
  ])("%s", (_, offer, reason) => {
    expect(dialled(offer, {}).decision.refusal?.reason ?? null).toBe(reason);
  });

  test("named_by_vicidial_is_asked_for_only_outside_the_window", () => {
    const world = says(sign("SURVEY"));
    const offer = { ...automatic, accountcode: "apex" };
    expect(dialled(offer, world).decision.instruction.do).toBe("dial");
    expect(world.codes).toEqual(["V1122001530000012345"]);
    const day = at("2026-11-23T12:00:00-05:00");
    expect(dialled(offer, world, day).decision.instruction.do).toBe("dial");
    expect(world.codes).toHaveLength(1);
  });

  test("stands_in_the_record_with_its_agent_once_it_was_asked_for", () => {
    const offer = { ...automatic, accountcode: "apex" };
    const placedBy = (campaign: string, now = night) =>
      dialled(offer, says({ ...sign(campaign), agent: "6001" }), now).decision.placedBy;
    expect(placedBy("Survey")).toEqual({ campaign: "Survey", agent: "6001" });
    expect(placedBy("SALES")).toEqual({ campaign: "SALES", agent: "6001" });
    expect(placedBy("BETAOUT")).toBeNull();
    expect(placedBy("Survey", at("2026-11-23T12:00:00-05:00"))).toBeNull();
  });

  test("that_told_whose_call_it_is_is_asked_for_once", () => {
    const world = says(sign("APEXOUT"));
    const free = {
      ...policy,
      callingWindow: windowOf({ from: "08:00", to: "21:00", except_campaigns: ["APEXOUT"] }),
    };
    const { decision } = dialled(automatic, world, night, { apex: { ...apex, outbound: free } });
    expect(decision.instruction.do).toBe("dial");
    expect(world.codes).toHaveLength(1);
    expect(decision.trace.find(({ rule }) => rule === "calling_window")?.says).toBe(
      "it is 23:00 in America/New_York, outside 08:00-21:00; the campaign APEXOUT is held to no window",
    );
  });

  test("is_unknown_while_vicidial_gives_no_answer", () => {
    const offer = { ...automatic, accountcode: "apex" };
    const { decision } = dialled(offer, { vicidial: () => ({ signs: null }) });
    expect(decision.refusal?.reason).toBe("outside_calling_window");
  });
});

describe("a dialler's call that is turned away", () => {
  const refusals: [string, World, WrittenTenant][] = [
    ["outbound_full", fullOn({ "*": "outbound_full" }), {}],
    ["tenant_full", fullOn({ "*": "tenant_full" }), {}],
    ["pool_full", fullOn({ apex_sip: "no_trunk", "*": "pool_full" }), {}],
    ["do_not_call", { listed: () => "tenant" }, { outbound: { ...policy, doNotCall: { file: "dnc" } } }],
    ["destination_not_allowed", {}, { outbound: { ...policy, destinations: { allow: ["+44"], deny: [] } } }],
    ["caller_id_not_owned", {}, { callerIds: [] }],
    [
      "outbound_full",
      fullOn({ "*": "outbound_full" }),
      {
        limits: {
          whenFull: {
            inbound: { kind: "hangup", cause: 17, announce: null },
            outbound: { kind: "hangup", cause: 17, announce: "all-agents-busy" },
          },
        },
      },
    ],
  ];

  test.each(refusals)("%s is told 42 and hears nothing", (reason, world, tenant) => {
    for (const callerName of ["V1122001530000012345", "M1122001530000012345", "DC112200W0000012345W"]) {
      const { decision } = call(
        { ...automatic, callerName, accountcode: "apex" },
        world,
        moment({ apex: tenant }),
      );
      expect(decision.refusal?.reason).toBe(reason);
      expect(decision.instruction).toEqual({ do: "hangup", cause: 42, announce: null });
    }
  });

  test("a_call_of_nobody_too", () => {
    const { decision } = call(automatic, says(), moment());
    expect(decision.instruction).toEqual({ do: "hangup", cause: 42, announce: null });
  });

  test("a_phone_still_hears_its_cause", () => {
    const { decision } = call({}, { listed: () => "system" }, moment({}, { doNotCall: true }));
    expect(decision.instruction).toMatchObject({ cause: 21 });
  });

  test("its_name_is_left_alone_and_its_number_is_the_client's", () => {
    const { decision } = call({ ...automatic, accountcode: "apex" }, {}, moment());
    expect(decision.instruction).toMatchObject({ do: "dial", callerId: e164("+12125550100") });
    expect(asked(call({ ...automatic, accountcode: "apex" }, {}, moment()))).toEqual(["apex_sip"]);
  });
});

test("vicidial's_do_not_call_tables_make_every_call_ask", () => {
  const { commands } = call({}, {}, moment({}, { doNotCall: true }));
  expect(commands.map(({ type }) => type)).toContain("do_not_call");
  expect(call({}, {}, moment()).commands.map(({ type }) => type)).not.toContain("do_not_call");
});

describe("a call to a number of nobody", () => {
  const inbound = { direction: "inbound", dialled: "13035559999", channel: "PJSIP/pool_a-00000001" } as const;

  test("is vicidial's where that is configured", () => {
    const { decision, commands } = call(inbound, {}, moment({}, { passUnknownDids: true }));
    expect(decision.instruction).toEqual({
      ...{ do: "goto", context: "trunkinbound", extension: "13035559999", priority: 1 },
    });
    expect(decision).toMatchObject({ stamp: null, state: null, refusal: null, limitSeconds: null });
    expect(commands).toEqual([]);
  });

  test.each([{ passUnknownDids: false }, null])("is refused with %j", (vicidial) => {
    expect(call(inbound, {}, moment({}, vicidial)).decision.refusal?.reason).toBe("unknown_did");
  });

  test("what_is_no_number_goes_nowhere", () => {
    const { decision } = call(
      { ...inbound, dialled: "17,1)System(x" },
      {},
      moment({}, { passUnknownDids: true }),
    );
    expect(decision.refusal?.reason).toBe("bad_number");
  });
});
