// Two nodes that were started with one name on one Redis: the one that came later says so, and the calls of both are
// still counted and recorded as they are.
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { type SignalboxProcess, startSignalbox } from "../../load/lab/signalbox.ts";
import { caller } from "../../load/sipp-runner.ts";
import { openRecords } from "../../src/records/open.ts";
import { Stage } from "./support/slot-stage.ts";
import { SLOTS_AT, SlotWorld } from "./support/slot-world.ts";
import { SECRETS } from "./support/tester.ts";

const DID = "+12125550100";
const CALLS = 6;

const APEX = `timezone: UTC
country: US
limits: {channels: ${CALLS}, when_full: {inbound: busy, outbound: congestion}}
trunks: {strategy: dedicated, dedicated: [apex_sip]}
caller_ids: ["${DID}"]
ingroups: [APEX_MAIN]
dids: {"${DID}": {route: main}}
routes: {main: {ingroup: APEX_MAIN}}
fallback: {hangup: "38"}
`;
const TRUNKS = `trunks:
  apex_sip: {address: "${SLOTS_AT.apex}:${SLOTS_AT.carrierPort}", tenant: apex, channels: 50}
`;

describe.each(["22", "16"] as const)("two nodes of one name, Asterisk %s", (version) => {
  let world: SlotWorld;
  let stage: Stage;
  let namesake: SignalboxProcess | undefined;

  beforeAll(async () => {
    const nodes = ["one", "two"] as const;
    world = await SlotWorld.start({ version, nodes, tenants: { apex: APEX }, trunks: TRUNKS });
    await world.node("two").stop();
    // Node one is to be the first: a name that is still free is had for a moment only.
    const isFree = () => world.store.claimName("one", "nobody", 50);
    await waitFor("node one's name", async () => !(await isFree()) || undefined, 10_000, 500);
    namesake = await startSignalbox({
      config: world.configOf("two"),
      variables: join(world.folder, "two/var"),
      env: { ...process.env, ...SECRETS },
      node: "one",
    });
  });
  afterEach(() => stage.forget());
  afterAll(async () => {
    await namesake?.stop();
    await world?.stop();
  });

  async function records(): Promise<readonly string[]> {
    const found: string[] = [];
    for (const node of world.nodeNames) {
      const reader = await openRecords("sqlite:signalbox.db", join(world.folder, node, "var")).catch(
        () => null,
      );
      if (reader === null) continue;
      const calls = await reader.calls({ limit: 1000 }).finally(() => reader.close());
      found.push(...calls.map(({ call }) => String(call)));
    }
    return found;
  }

  it("say_so_and_count_and_record_their_calls_once", async () => {
    stage = new Stage(world);
    const apexes = (many: number): string[] => Array.from({ length: many }, () => "apex");
    const taken = async () => ((await world.readiness("two")).ready ? undefined : true);
    // Half of the calls are decided by each: the switch goes on to the second where the first does not answer.
    for (let call = 0; call < CALLS / 2; call++)
      stage.inbound(DID, SLOTS_AT.apex, caller({ holdMs: 90_000 }));
    await stage.holds(apexes(CALLS / 2));
    await waitFor("the later one to say so", taken, 40_000, 500);
    expect(await world.readiness("one")).toMatchObject({ ready: true });
    expect(JSON.stringify((await world.readiness("two")).checks)).toContain("node_name_taken");
    await world.node("one").stop();
    for (let call = 0; call < CALLS / 2; call++)
      stage.inbound(DID, SLOTS_AT.apex, caller({ holdMs: 90_000 }));
    await stage.holds(apexes(CALLS), 30_000);
    await stage.clear(30_000);
    const found = await waitFor(
      "the records",
      async () => {
        const all = await records();
        return all.length >= CALLS ? all : undefined;
      },
      30_000,
      500,
    ).catch(records);
    expect(found).toHaveLength(CALLS);
    expect(new Set(found).size).toBe(CALLS);
    await waitFor("the name to be free", async () => (await taken()) === undefined || undefined, 30_000, 500);
  });
});
