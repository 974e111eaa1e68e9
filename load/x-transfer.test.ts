import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { callee, caller, impatientCaller, refusingCallee } from "../../load/sipp-runner.ts";
import {
  dialogOf,
  givingUpCaller,
  joiningCaller,
  referringCarrier,
  transferringCaller,
} from "./support/slot-calls.ts";
import { Stage } from "./support/slot-stage.ts";
import { SLOTS_AT, SlotWorld } from "./support/slot-world.ts";

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
routes:
  main: {ingroup: APEX_MAIN}
  phone: {dial: PJSIP/100, ring_seconds: 20}
  other: {dial: PJSIP/101, ring_seconds: 20}
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
`;

describe.each(["22"] as const)("slots and legs on Asterisk %s", (version) => {
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

  it("x", async () => {
    await stage.carrier(SLOTS_AT.apex);
    await stage.phone(SLOTS_AT.phone);
    stage.inbound("+12125550101", SLOTS_AT.apex);
    const phone = await stage.channelOf("PJSIP/100-");
    await stage.holds(["apex"]);
    await stage.order("BlindTransfer", { Channel: phone, Context: "signalbox-outbound", Exten: FARTHER });
    const legs = await stage.channelsOf("PJSIP/apex_sip-", 2);
    await stage.holds(["apex", "apex"]);
    await new Promise((d) => setTimeout(d, 2000));
    for (const l of legs) await stage.hangUp(l).catch(() => {});
    await new Promise((d) => setTimeout(d, 35000));
    const { execFileSync } = await import("node:child_process");
    const run = (...a: string[]) => execFileSync(process.execPath, ["src/main.ts", ...a, "--config", world.configOf("one"), "--var", `${world.folder}/one/var`], { encoding: "utf8", env: { ...process.env } });
    const all = JSON.parse(run("calls", "--json"));
    const fs = await import("node:fs");
    fs.writeFileSync("/tmp/xfer.txt", JSON.stringify(all, null, 1) + all.map((c: {call: string}) => run("calls", "show", c.call)).join("\n=====\n") + fs.readFileSync(`${world.folder}/ast1/asterisk/log/cdr-csv/Master.csv`, "utf8")+ run("report","usage","--tenant","apex","--month","2026-11"));
  }, 100000);
});
