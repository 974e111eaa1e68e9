// Two switches behind a real Kamailio, set up as docs/operations/kamailio shows it.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Child, startChild, withDaemonFolders } from "../../load/lab/processes.ts";
import { caller, expectOk, runSipp, type SippResult } from "../../load/sipp-runner.ts";
import { answered, hopefulCaller } from "./support/slot-calls.ts";
import { SLOTS_AT, SlotWorld } from "./support/slot-world.ts";

const AT = {
  front: "127.0.0.20:13080",
  apexLeaves: "127.0.0.21",
  poolLeaves: "127.0.0.22",
} as const;

const TENANTS = {
  apex: `timezone: UTC
country: US
limits: {channels: 6}
caller_ids: ["+12125550100"]
ingroups: [MAIN]
trunks: {strategy: dedicated, dedicated: [apex_sip]}
dids: {"+12125550100": {route: main}}
routes: {main: {ingroup: MAIN}}
fallback: {hangup: "38"}
`,
  best: `timezone: UTC
country: US
limits: {channels: 50}
caller_ids: ["+13035550100"]
ingroups: [MAIN_2]
dids: {"+13035550100": {route: main}}
routes: {main: {ingroup: MAIN_2}}
fallback: {hangup: "38"}
`,
};
const TRUNKS = `trunks:
  apex_sip: {address: "${SLOTS_AT.apex}:${SLOTS_AT.carrierPort}", match: ["${AT.apexLeaves}/32"], tenant: apex, channels: 300}
  pool_a: {address: "${SLOTS_AT.pool}:${SLOTS_AT.carrierPort}", match: ["${AT.poolLeaves}/32"], shared: true, channels: 60}
overflow: [pool_a]
`;

async function startKamailio(folder: string): Promise<Child> {
  const shown = (file: string): string =>
    readFileSync(join(import.meta.dirname, "../../docs/operations/kamailio", file), "utf8");
  const [, port] = AT.front.split(":");
  const here = (text: string): string =>
    text
      .replaceAll("192.0.2.10:5060", AT.front)
      .replaceAll("192.0.2.11:5060", `${AT.apexLeaves}:${port}`)
      .replaceAll("192.0.2.12:5060", `${AT.poolLeaves}:${port}`)
      .replaceAll("198.51.100.1", SLOTS_AT.apex)
      .replaceAll("198.51.100.2", SLOTS_AT.pool)
      .replaceAll("192.0.2.21:5060", SLOTS_AT.ast1.sip)
      .replaceAll("192.0.2.22:5060", SLOTS_AT.ast2.sip)
      .replace("/etc/kamailio/dispatcher.list", join(folder, "dispatcher.list"))
      .replace('"ds_ping_interval", 5', '"ds_ping_interval", 1');
  mkdirSync(folder, { recursive: true });
  for (const file of ["kamailio.cfg", "dispatcher.list"])
    writeFileSync(join(folder, file), here(shown(file)));
  const args = ["-f", join(folder, "kamailio.cfg"), "-Y", folder, "-w", folder, "-DD", "-E", "-m", "64"];
  return startChild({
    ...{ name: "Kamailio", command: "kamailio", args, cwd: folder },
    env: withDaemonFolders(),
  });
}

describe("two switches behind Kamailio", () => {
  let world: SlotWorld;
  let kamailio: Child;

  beforeAll(async () => {
    const options = { version: "22", tenants: TENANTS, trunks: TRUNKS } as const;
    world = await SlotWorld.start({ ...options, servers: ["ast1", "ast2"], nodes: ["one", "two"] });
    kamailio = await startKamailio(join(world.folder, "kamailio"));
  });

  afterAll(async () => {
    await kamailio?.stop();
    await world?.stop();
  });

  const callers = (
    ip: string,
    service: string,
    scenario: Parameters<typeof runSipp>[0]["scenario"],
    calls: number,
  ) =>
    runSipp({
      scenario,
      service,
      calls,
      rate: 50,
      remote: AT.front,
      localIp: ip,
      artefacts: world.folder,
      deadlineMs: 40_000,
    });

  const answers = (result: SippResult): number => answered(expectOk(result), 200);

  it("spreads_calls_by_call_and_one_cap_holds_over_all_of_them", async () => {
    const crowd = callers(SLOTS_AT.apex, "+12125550100", hopefulCaller(486, 4000), 40);
    const { legs, slots } = await world.agree(8000, 6);
    expect(slots.every(({ tenant, trunk }) => tenant === "apex" && trunk === "apex_sip")).toBe(true);
    expect(legs).toHaveLength(6);
    const result = expectOk(await crowd);
    expect([answered(result, 200), answered(result, 486)]).toEqual([6, 34]);
    await world.agree(5000, 0);
  });

  it("tells_carriers_apart_and_knows_no_others", async () => {
    const run = callers(SLOTS_AT.pool, "+13035550100", caller({ holdMs: 3000 }), 20);
    const { slots } = await world.agree(8000, 20);
    expect(slots.every(({ tenant, trunk }) => tenant === "best" && trunk === "pool_a")).toBe(true);
    expect(new Set(slots.map(({ key }) => key.server))).toEqual(new Set(["ast1", "ast2"]));
    expect(answers(await run)).toBe(20);
    await world.agree(5000, 0);
    const stranger = await callers(SLOTS_AT.other, "+13035550100", hopefulCaller(403, 100), 1);
    expect(answered(expectOk(stranger), 403)).toBe(1);
  });

  it("sends_calls_past_a_switch_that_is_gone", async () => {
    await world.switch("ast2").asterisk.stop();
    const first = callers(SLOTS_AT.pool, "+13035550100", caller({ holdMs: 1000 }), 12);
    expect(answers(await first)).toBe(12);
  });
});
