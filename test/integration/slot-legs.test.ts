import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { callee, caller, impatientCaller, refusingCallee, typist } from "../../load/sipp-runner.ts";
import { runCommandLine } from "../../src/commands/program.ts";
import { readMasterCsv } from "./support/master-csv.ts";
import {
  dialogOf,
  givingUpCaller,
  joiningCaller,
  referringCarrier,
  transferringCaller,
} from "./support/slot-calls.ts";
import { Stage } from "./support/slot-stage.ts";
import { SLOTS_AT, SlotWorld } from "./support/slot-world.ts";
import { SECRETS } from "./support/tester.ts";

const FAR = "12125557777";
const FARTHER = "12125558888";
const CAP = 4;

const APEX = `timezone: UTC
country: US
limits: {channels: ${CAP}, when_full: {inbound: busy, outbound: congestion}}
trunks: {strategy: hybrid, dedicated: [apex_sip]}
caller_ids: ["+12125550100"]
emergency: {caller_id: "+12125550100", trunks: [apex_sip, pool_a]}
ingroups: [APEX_MAIN]
dids:
  "+12125550100": {route: main}
  "+12125550101": {route: phone}
  "+12125550102": {route: other}
  "+12125550103": {route: onward}
routes:
  main: {ingroup: APEX_MAIN}
  phone: {dial: PJSIP/100, ring_seconds: 20}
  other: {dial: PJSIP/101, ring_seconds: 20}
  onward: {goto: {context: onward, extension: direct}}
fallback: {hangup: "38"}
`;
const BEST = `timezone: UTC
country: US
limits: {channels: 10}
caller_ids: ["+13125550100"]
ingroups: [BEST_MAIN]
dids: {"+13125550100": {route: main}}
routes: {main: {ingroup: BEST_MAIN}}
fallback: {hangup: "38"}
`;
const TRUNKS = `trunks:
  apex_sip: {address: "${SLOTS_AT.apex}:${SLOTS_AT.carrierPort}", tenant: apex, channels: 50}
  pool_a: {address: "${SLOTS_AT.pool}:${SLOTS_AT.carrierPort}", shared: true, channels: 50}
overflow: [pool_a]
`;
/** Both sides of a Dial may transfer by key, which is how the manager does it. */
const DIALPLAN = `[globals]
BRIDGE_FEATURES=Tt

[rooms]
exten => room,1,Answer()
 same => n,ConfBridge(room)
exten => 8600,1,Goto(room,1)

[onward]
exten => ${FARTHER},1,Goto(signalbox-outbound,${FARTHER},1)
exten => direct,1,Dial(PJSIP/${FARTHER}@apex_sip)
`;

describe.each(["22", "16"] as const)("slots and legs on Asterisk %s", (version) => {
  let world: SlotWorld;
  let stage: Stage;

  beforeAll(async () => {
    const tenants = { apex: APEX, best: BEST };
    world = await SlotWorld.start({ version, tenants, trunks: TRUNKS, dialplan: DIALPLAN });
  });

  afterAll(() => world?.stop());

  beforeEach(() => {
    stage = new Stage(world);
  });

  afterEach(() => stage.clear());

  /** A phone has called somebody outside and talks. */
  async function talking(): Promise<{ readonly phone: string; readonly leg: string }> {
    stage.outbound(FAR);
    const leg = await stage.channelOf("PJSIP/apex_sip-");
    await stage.holds(["apex"]);
    const phone = await stage.channelOf("PJSIP/100-");
    await stage.together(phone, leg);
    return { phone, leg };
  }

  it("blind_transfer_outside_keeps_the_leg_and_adds_one", async () => {
    await stage.carrier(SLOTS_AT.apex);
    stage.outbound(FAR, transferringCaller(FARTHER, 600));
    await stage.channelsOf("PJSIP/apex_sip-", 2);
    await stage.holds(["apex", "apex"]);
    expect((await stage.channels()).filter(({ name }) => name.startsWith("PJSIP/100-"))).toEqual([]);
  });

  it("blind_transfer_into_a_conference", async () => {
    await stage.phone(SLOTS_AT.phone);
    stage.inbound("+12125550101", SLOTS_AT.apex);
    const phone = await stage.channelOf("PJSIP/100-");
    await stage.holds(["apex"]);
    await stage.together(phone, await stage.channelOf("PJSIP/apex_sip-"));
    await stage.order("BlindTransfer", { Channel: phone, Context: "rooms", Exten: "8600" });
    await waitFor(
      "the phone to be let go",
      async () => (await stage.channels()).length === 1 || undefined,
      5000,
    );
    await stage.holds(["apex"]);
  });

  it("attended_transfer_outside", async () => {
    await stage.carrier(SLOTS_AT.apex);
    const { phone } = await talking();
    await stage.order("Atxfer", { Channel: phone, Exten: FARTHER, Context: "onward" });
    await stage.channelsOf("PJSIP/apex_sip-", 2);
    await stage.holds(["apex", "apex"]);
    await stage.hangUp(phone);
    await waitFor(
      "the phone to be out of it",
      async () => (await stage.channels()).every(({ name }) => !name.startsWith("PJSIP/100-")) || undefined,
      5000,
    );
    await stage.holds(["apex", "apex"]);
  });

  it("attended_transfer_while_it_rings", async () => {
    await stage.carrier(SLOTS_AT.apex, callee({ ringMs: 2500 }));
    const { phone } = await talking();
    await stage.order("Atxfer", { Channel: phone, Exten: FARTHER, Context: "onward" });
    await stage.channelOf("PJSIP/apex_sip-", "Ringing");
    await stage.holds(["apex", "apex"]);
    await stage.hangUp(phone);
    await stage.channelsOf("PJSIP/apex_sip-", 2);
    await stage.holds(["apex", "apex"]);
  });

  it("attended_transfer_into_a_conference", async () => {
    await stage.carrier(SLOTS_AT.apex);
    const { phone } = await talking();
    await stage.order("Atxfer", { Channel: phone, Exten: "8600", Context: "rooms" });
    await stage.channelsOf("Local/8600@rooms-", 2);
    await stage.hangUp(phone);
    await waitFor(
      "the leg alone",
      async () => (await stage.channels()).every(({ name }) => !name.startsWith("PJSIP/100-")) || undefined,
      5000,
    );
    await stage.holds(["apex"]);
  });

  it("a_phone_joins_its_two_calls_and_leaves", async () => {
    await stage.carrier(SLOTS_AT.apex);
    const second = stage.outbound(FARTHER);
    const consulted = await waitFor("the second call", async () => dialogOf(second) ?? undefined, 6000);
    await stage.holds(["apex"]);
    stage.outbound(FAR, joiningCaller(FARTHER, consulted, 600));
    await stage.channelsOf("PJSIP/apex_sip-", 2);
    await waitFor("the two legs alone", async () => (await stage.channels()).length === 2 || undefined, 6000);
    await stage.holds(["apex", "apex"]);
  });

  it("a_carriers_transfer_is_refused_and_the_leg_stays", async () => {
    const carrier = await stage.carrier(SLOTS_AT.apex, referringCarrier(FARTHER, 500));
    const { phone } = await talking();
    await new Promise((done) => setTimeout(done, 1500));
    await stage.holds(["apex"]);
    expect((await stage.channels()).map(({ name }) => name)).toContain(phone);
    await stage.hangUp(phone);
    await stage.holds([]);
    expect((await carrier.stop()).failed).toBe(0);
  });

  it("local_channels_are_optimised_away_and_their_legs_stay", async () => {
    await stage.carrier(SLOTS_AT.apex);
    await originate({ Context: "signalbox-outbound", Exten: FARTHER, Priority: "1" });
    await stage.channelsOf("PJSIP/apex_sip-", 2);
    await stage.holds(["apex", "apex"]);
    await waitFor("only the two legs", async () => (await stage.channels()).length === 2 || undefined, 6000);
    await stage.holds(["apex", "apex"]);
  });

  it("a_dialler_takes_the_leg_into_a_conference_at_answer", async () => {
    await stage.carrier(SLOTS_AT.apex);
    await originate({ Application: "Wait", Data: "30" });
    const leg = await stage.channelOf("PJSIP/apex_sip-");
    await stage.order("Redirect", { Channel: leg, Context: "rooms", Exten: "8600", Priority: "1" });
    await waitFor("the leg alone", async () => (await stage.channels()).length === 1 || undefined, 5000);
    await stage.holds(["apex"]);
  });

  it("redirect_out_of_dial", async () => {
    await stage.carrier(SLOTS_AT.apex);
    const { leg } = await talking();
    await stage.order("Redirect", { Channel: leg, Context: "rooms", Exten: "8600", Priority: "1" });
    await waitFor("the leg alone", async () => (await stage.channels()).length === 1 || undefined, 5000);
    await stage.holds(["apex"]);
  });

  it("redirect_of_a_ringing_leg_that_lives_on_while_its_call_fails_over", async () => {
    await stage.carrier(SLOTS_AT.apex, callee({ ringMs: 2500 }));
    await stage.carrier(SLOTS_AT.pool);
    stage.outbound(FAR);
    const leg = await stage.channelOf("PJSIP/apex_sip-", "Ringing");
    await stage.order("Redirect", { Channel: leg, Context: "rooms", Exten: "8600", Priority: "1" });
    await stage.channelOf("PJSIP/pool_a-");
    // The call's share went with it to the next trunk; who sweeps finds the first leg alive and counts it as well.
    await stage.holds(["apex", "apex"], 20_000);
    expect(await stage.channelOf("PJSIP/apex_sip-")).toBe(leg);
  });

  it("bridged_legs_of_two_clients_keep_their_own", async () => {
    stage.inbound("+12125550100", SLOTS_AT.apex);
    stage.inbound("+13125550100", SLOTS_AT.pool);
    const Channel1 = await stage.channelOf("PJSIP/apex_sip-");
    const Channel2 = await stage.channelOf("PJSIP/pool_a-");
    await stage.holds(["apex", "best"]);
    await stage.order("Bridge", { Channel1, Channel2, Tone: "no" });
    await stage.together(Channel1, Channel2);
    await stage.holds(["apex", "best"]);
    await stage.hangUp(Channel1);
    await stage.holds([]);
  });

  it("a_parked_leg_stays", async () => {
    await stage.carrier(SLOTS_AT.apex);
    const { leg, phone } = await talking();
    await stage.order("Park", { Channel: leg, TimeoutChannel: phone, Timeout: "30000" });
    await waitFor(
      "the phone to be free",
      async () => (await stage.channels()).length === 1 || undefined,
      5000,
    );
    await stage.holds(["apex"]);
  });

  it("a_call_is_picked_up", async () => {
    await stage.phone(SLOTS_AT.phone, callee({ ringMs: 15_000 }));
    await stage.phone(SLOTS_AT.otherPhone);
    stage.inbound("+12125550101", SLOTS_AT.apex);
    const ringing = await stage.channelOf("PJSIP/100-", "Ringing");
    await stage.holds(["apex"]);
    await stage.order("Originate", {
      Channel: "PJSIP/101",
      Application: "PickupChan",
      Data: ringing,
      Async: "true",
    });
    await stage.channelOf("PJSIP/101-");
    await stage.channelOf("PJSIP/apex_sip-");
    await stage.holds(["apex"]);
  });

  it("a_phone_that_forwards_adds_a_leg_of_its_client", async () => {
    await stage.carrier(SLOTS_AT.apex);
    await stage.phone(SLOTS_AT.phone, refusingCallee(302, { contact: `sip:${FARTHER}@127.0.0.1` }));
    stage.inbound("+12125550101", SLOTS_AT.apex);
    await stage.channelsOf("PJSIP/apex_sip-", 2);
    await stage.holds(["apex", "apex"]);
  });

  it("a_leg_that_the_operators_dialplan_dials_goes_out", async () => {
    await stage.carrier(SLOTS_AT.apex);
    stage.inbound("+12125550103", SLOTS_AT.pool);
    await stage.channelOf("PJSIP/apex_sip-");
    const { slots } = await stage.holds(["apex", "apex"]);
    expect(slots.map(({ trunk, direction }) => `${trunk} ${direction}`).sort()).toEqual([
      "apex_sip outbound",
      "pool_a inbound",
    ]);
  });

  it("a_leg_that_is_originated_with_a_code_alone_goes_out_and_so_does_what_it_dials", async () => {
    await stage.carrier(SLOTS_AT.apex);
    await stage.order("Originate", {
      ...{ Channel: `PJSIP/${FAR}@apex_sip`, Account: "apex", Async: "true" },
      ...{ Context: "signalbox-outbound", Exten: FARTHER, Priority: "1" },
    });
    await stage.channelsOf("PJSIP/apex_sip-", 2);
    const { slots } = await stage.holds(["apex", "apex"]);
    expect(slots.map(({ direction }) => direction)).toEqual(["outbound", "outbound"]);
    const { events } = await world.manager().list("CoreShowChannels");
    expect(events.map(({ variables }) => variables.get("SB_TENANT"))).toEqual(["apex", "apex"]);
  });

  it("keys_of_a_phone_that_called_lead_where_its_endpoint_says", async () => {
    const keys = typist([1500, "#", 1800, FARTHER, 4000], { holdMs: 20_000 });
    await stage.carrier(SLOTS_AT.apex);
    stage.outbound(FAR, keys);
    await stage.channelOf("PJSIP/100-");
    await new Promise((done) => setTimeout(done, 8000));
    await stage.holds(["apex"]);
    expect(await world.switch().asterisk.cli("core show channels")).toContain("PJSIP/100-");
    await stage.clear();
    stage = new Stage(world);
    await stage.carrier(SLOTS_AT.apex);
    stage.outbound(FAR, keys);
    const phone = await stage.channelOf("PJSIP/100-");
    await stage.order("Setvar", { Channel: phone, Variable: "TRANSFER_CONTEXT", Value: "onward" });
    await stage.holds(["apex", "apex"], 20_000);
  }, 60_000);

  it("a_second_dial_on_one_channel_moves_the_slot", async () => {
    await stage.carrier(SLOTS_AT.apex, refusingCallee(503));
    await stage.carrier(SLOTS_AT.pool);
    stage.outbound(FAR);
    await stage.channelOf("PJSIP/pool_a-");
    const { slots } = await stage.holds(["apex"]);
    expect(slots.map(({ trunk }) => trunk)).toEqual(["pool_a"]);
  });

  it("hang_ups_in_every_state_leave_nothing", async () => {
    await stage.carrier(SLOTS_AT.apex, callee({ ringMs: 400 }));
    await stage.phone(SLOTS_AT.phone, callee({ ringMs: 400 }));
    const ends = [1, 30, 60, 120, 250].map(givingUpCaller);
    for (const scenario of [...ends, impatientCaller(50), caller({ holdMs: 1 }), caller({ holdMs: 300 })]) {
      stage.outbound(FAR, scenario, SLOTS_AT.otherPhone);
      stage.inbound("+12125550101", SLOTS_AT.apex, scenario);
      await new Promise((done) => setTimeout(done, 250));
    }
    await waitFor("the end of all", async () => (await stage.channels()).length === 0 || undefined, 10_000);
    await stage.holds([]);
  });

  it("callers_who_give_up_at_once_leave_a_record_however_far_the_dialplan_had_come", async () => {
    // Switch and callers share the processors: of some the dialplan has done its first line when they are gone.
    const crowd = [SLOTS_AT.apex, SLOTS_AT.pool].map((ip) =>
      stage.inbound("+12125550101", ip, givingUpCaller(1), { calls: 120, rate: 120 }),
    );
    await Promise.all(crowd.map((run) => run.done));
    await stage.holds([]);
  }, 60_000);

  it("emergency_calls_are_counted_and_never_refused", async () => {
    await stage.carrier(SLOTS_AT.apex);
    for (let calls = 0; calls < CAP; calls++) stage.inbound("+12125550100", SLOTS_AT.apex);
    const full = Array.from({ length: CAP }, () => "apex");
    await stage.holds(full);
    stage.outbound("911");
    await stage.channelsOf("PJSIP/apex_sip-", CAP + 1);
    const { slots } = await stage.holds([...full, "apex"]);
    expect(slots.filter(({ adopted }) => adopted)).toMatchObject([
      { direction: "outbound", trunk: "apex_sip" },
    ]);
  });

  it("every_trunk_leg_of_all_that_stands_in_one_record", async () => {
    const { folder } = world;
    const told = await readMasterCsv(join(folder, "ast1/asterisk/log/cdr-csv/Master.csv"));
    const channels = told.flatMap(({ channel, dstchannel }) => [channel, dstchannel]);
    const legs = [...new Set(channels.filter((name) => /^PJSIP\/(apex_sip|pool_a)-/.test(name)))].sort();
    // By then everything is over that is not up, and a caller who was gone before his step is known from Asterisk's CDR.
    await new Promise((done) => setTimeout(done, 45_000));
    const at = ["--config", world.configOf("one"), "--var", join(folder, "one/var")];
    const run = async (...args: string[]): Promise<unknown> => {
      let text = "";
      const io = {
        out: (more: string) => (text += more),
        err: () => {},
        env: { ...process.env, ...SECRETS },
        colour: false,
      };
      expect(await runCommandLine([...args, "--json", ...at], io)).toBe(0);
      return JSON.parse(text);
    };
    const calls = (await run("calls")) as { call: string; outcome: string }[];
    const known: string[] = [];
    const odd: unknown[] = [];
    for (const { call, outcome } of calls) {
      const shown = (await run("calls", "show", call)) as { legs: { channel: string }[] };
      known.push(...shown.legs.map(({ channel }) => channel));
      if (outcome === "unknown_end") odd.push(shown);
    }
    expect(known.toSorted()).toEqual(legs);
    expect(odd).toEqual([]);
  }, 120_000);

  /** As a dialler does it: one Local channel whose far half dials. */
  function originate(then: Readonly<Record<string, string>>): Promise<unknown> {
    const first = { Channel: `Local/${FAR}@signalbox-outbound`, Account: "apex", Async: "true" };
    return stage.order("Originate", { ...first, ...then });
  }
});
