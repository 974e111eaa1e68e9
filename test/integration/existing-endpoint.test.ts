// A carrier that the operator's own pjsip.conf has already, at two addresses of which one answers no probes.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { caller, expectOk } from "../../load/sipp-runner.ts";
import { somebody } from "./support/callers.ts";
import { AT } from "./support/configuration.ts";
import { answerProbes, type ProbedCarrier } from "./support/probed-carrier.ts";
import { startTestWorld, type TestWorld } from "./support/test-world.ts";

const ENDPOINT = "carrier.two";
const UNPROBED = "carrier-unprobed";
const [first, second] = [AT.apexCarrier, AT.poolCarrier];

const PJSIP = `[${ENDPOINT}]
type=endpoint
context=signalbox-inbound
disallow=all
allow=ulaw
aors=${ENDPOINT}
accountcode=carriers
[${ENDPOINT}]
type=aor
contact=sip:${first.ip}:${first.port}
contact=sip:${second.ip}:${second.port}
qualify_frequency=1
qualify_timeout=4.0
[${ENDPOINT}]
type=identify
endpoint=${ENDPOINT}
match=${first.ip}
match=${second.ip}
[${UNPROBED}]
type=endpoint
aors=${UNPROBED}
[${UNPROBED}]
type=aor
contact=sip:${first.ip}:${first.port}
`;

const TRUNKS = `trunks:
  unprobed: {endpoint: ${UNPROBED}, shared: true, channels: 5}
  theirs: {endpoint: ${ENDPOINT}, tenant: apex, channels: 5}
  inwards: {address: "${AT.britishCarrier.ip}:${AT.britishCarrier.port}", shared: true, channels: 5}
overflow: []
`;

const APEX = `timezone: America/New_York
trunks: {strategy: dedicated, dedicated: [theirs]}
caller_ids: ["+12125550100"]
dids: {"+12125550100": {route: away}}
routes: {away: {forward: "+16465550123"}}
`;

describe.each(["22", "16"] as const)("an endpoint of the operator's own on Asterisk %s", (version) => {
  let world: TestWorld;
  let carrier: ProbedCarrier | null = null;

  beforeAll(async () => {
    carrier = await answerProbes(second.ip, second.port, "200 OK");
    world = await startTestWorld({
      version,
      tenants: { apex: APEX },
      trunks: TRUNKS,
      files: { "pjsip_lab.conf": PJSIP },
    });
  });
  afterAll(async () => {
    await carrier?.close();
    await world?.stop();
  });

  async function up(trunk = "theirs"): Promise<string> {
    const page = await (await fetch(`http://${AT.http}/metrics`)).text();
    return new RegExp(`^signalbox_trunk_up\\{trunk="${trunk}"\\} (.*)$`, "m").exec(page)?.[1] ?? page;
  }

  /** A call that comes in is put through by the address that answers, and is Apex's there too. */
  async function forwarded(to: typeof first | typeof second): Promise<void> {
    const before = carrier?.invites() ?? 0;
    const call = world.call("+12125550100", caller({ from: somebody(), holdMs: 3000 }), {
      localIp: AT.britishCarrier.ip,
    });
    const legs = await waitFor(
      `a leg to ${to.ip}`,
      async () => {
        const own = (await world.observer.live()).filter(({ channel }) => channel.includes(ENDPOINT));
        return own.length > 0 ? own : undefined;
      },
      10_000,
      50,
    );
    expect(legs).toMatchObject([{ stamp: { account: "apex" } }]);
    expectOk(await call);
    expect(carrier?.invites()).toBe(before + 1);
    await world.observer.silence();
  }

  async function takesCalls(does: boolean): Promise<void> {
    const says = `the trunk ${does ? "up" : "at rest"}`;
    await waitFor(says, async () => (await up()) === String(Number(does)) || undefined, 20_000);
  }

  async function available(addresses: number): Promise<void> {
    const shown = () => world.world.asterisk.cli(`pjsip show aor ${ENDPOINT}`);
    const count = async () => (await shown()).split(" Avail ").length - 1 === addresses || undefined;
    await waitFor(`${addresses} addresses that answer`, count, 20_000);
  }

  async function dialable(): Promise<true | undefined> {
    const shown = await world.world.asterisk.cli(`pjsip show endpoint ${ENDPOINT}`);
    return shown.includes("Not in use") || undefined;
  }

  it("is_well_while_one_of_its_addresses_answers", async () => {
    await available(1);
    const other = await answerProbes(first.ip, first.port, "200 OK");
    await available(2);
    await other.close();
    await available(1);
    // Longer than the node takes to ask.
    await sleep(4000);
    expect(await up()).toBe("1");
    await forwarded(second);
  });

  it("is_gone_with_the_last_of_them_also_for_a_node_that_starts_then_and_back_with_any", async () => {
    await carrier?.close();
    carrier = null;
    await takesCalls(false);
    await world.startNode();
    await takesCalls(false);
    // Asked before the other one.
    expect(await up("unprobed")).toBe("1");
    carrier = await answerProbes(first.ip, first.port, "200 OK");
    await takesCalls(true);
    // Asterisk 16 tells of an address a moment before it dials it.
    await waitFor("an endpoint that can be dialled", dialable, 5000);
    await sleep(500);
    await forwarded(first);
  });
});
