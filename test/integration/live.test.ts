// A real node and its live commands, without Asterisk: the switch cannot be reached, then it is a scripted one.
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { type SignalboxProcess, startSignalbox } from "../../load/lab/signalbox.ts";
import { type Ran, signalbox } from "../unit/commands/command-line.ts";
import { type Peer, startPeer, switchWith } from "../wire/ami-peer.ts";
import { ask } from "./support/asked-step.ts";

const NOBODY_LISTENS = "127.0.0.1:14012";

/** Apex may hold four channels; green is promised three of the four of the pool. */
function writeFiles(folder: string, at: { ami: string; fastagi: number; http: number }): string {
  const config = join(folder, "config");
  mkdirSync(join(config, "tenants"), { recursive: true });
  writeFileSync(
    join(config, "signalbox.yaml"),
    `node: live1
fastagi: {listen: "127.0.0.1:${at.fastagi}"}
http: {listen: "127.0.0.1:${at.http}"}
asterisk:
  - {server: ast1, ami: "${at.ami}", username: signalbox, secret: "\${AMI_SECRET}", version: "22"}
when_slots_unreachable: {inbound: allow, outbound: allow}
`,
  );
  writeFileSync(
    join(config, "trunks.yaml"),
    `trunks:
  apex_sip: {address: "127.0.0.2:14060", tenant: apex, channels: 10}
  pool_a: {address: "127.0.0.3:14060", shared: true, channels: 4, cost_per_minute: 0.008}
overflow: [pool_a]
`,
  );
  const tenant = (name: string, number: string, limits: string, trunks: string) =>
    writeFileSync(
      join(config, `tenants/${name}.yaml`),
      `tenant: ${name}
timezone: America/New_York
country: US
agents: 9
limits: {${limits}}
trunks: ${trunks}
caller_ids: ["${number}"]
dids: {"${number}": {route: main}}
routes: {main: {ingroup: ${name.toUpperCase()}}}
ingroups: [${name.toUpperCase()}]
`,
    );
  tenant("apex", "+12125550100", "channels: 4", "{strategy: hybrid, dedicated: [apex_sip]}");
  tenant("green", "+13035550110", "channels: 4, reserved: 3", "{strategy: shared}");
  return config;
}

let nextUniqueid = 1;
const newUniqueid = (): string => `1700000000.${nextUniqueid++}`;

async function callIn(
  port: number,
  extension: string,
  trunk: string,
): Promise<{ uniqueid: string; direction: string }> {
  const uniqueid = newUniqueid();
  const channel = `PJSIP/${trunk}-0000${uniqueid.slice(-4).replace(".", "0")}`;
  const answer = await ask(port, { step: "inbound", channel, uniqueid, extension });
  return { uniqueid, direction: answer.get("__SB_DIRECTION") ?? "none" };
}

async function metricsAt(http: number): Promise<string> {
  return (await fetch(`http://127.0.0.1:${http}/metrics`)).text();
}

describe("a node whose switch cannot be reached", () => {
  const folder = mkdtempSync(join(tmpdir(), "sb-live-"));
  const variables = join(folder, "var");
  const at = { ami: NOBODY_LISTENS, fastagi: 14_010, http: 14_011 };
  const ran = (...args: string[]): Promise<Ran> =>
    signalbox([...args, "--var", variables, "--config", join(folder, "config")]);
  const json = async (...args: string[]) => JSON.parse((await ran(...args, "--json")).out);
  let node: SignalboxProcess;
  let calls: { uniqueid: string; direction: string }[];

  beforeAll(async () => {
    const config = writeFiles(folder, at);
    const env = { PATH: process.env.PATH, AMI_SECRET: "not-used" };
    node = await startSignalbox({ config, variables, env });
    calls = [];
    for (const trunk of ["apex_sip", "apex_sip", "pool_a", "pool_a"])
      calls.push(await callIn(at.fastagi, "12125550100", trunk));
  });

  afterAll(async () => {
    await node?.stop();
    rmSync(folder, { recursive: true });
  });

  it("refuses_by_its_own_count_and_says_so_in_top", async () => {
    expect(calls.map(({ direction }) => direction)).toEqual(["inbound", "inbound", "inbound", "refused"]);
    const { tenants, trunks, refused_legs } = await json("top");
    expect(tenants[0]).toMatchObject({ tenant: "apex", in: 3, out: 0, cap: 4, refused_today: 1 });
    expect(trunks[1]).toMatchObject({ trunk: "pool_a", used: 2, channels: 4, health: "ok" });
    expect(refused_legs).toBe(1);
  });

  it("shows_top_as_plain_text_when_it_is_no_terminal", async () => {
    const { code, out, err } = await ran("top");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^signalbox live1 /);
    expect(out).toContain("slots are rebuilding");
    expect(out).toMatch(/\napex +3 +0 +3 +4 /);
    expect(out).not.toContain("\u001b");
  });

  it("fails_an_attempt_over_and_counts_it", async () => {
    const uniqueid = newUniqueid();
    const channel = "Local/6465550123@default-00000001;2";
    const offer = { step: "outbound", query: "&tenant=apex", extension: "6465550123" } as const;
    const first = await ask(at.fastagi, { ...offer, channel, uniqueid });
    expect(first.get("SB_DIAL_TRUNK")).toBe("apex_sip");
    expect((await json("slots", "--tenant", "apex")).map((slot: { state: string }) => slot.state)).toContain(
      "pending",
    );
    const args = [first.get("SB_STATE") ?? "", "dialled", "CHANUNAVAIL", "20"];
    const second = await ask(at.fastagi, { step: "next", channel, uniqueid, args });
    // Three of the pool's four are kept for green: what is left of them is not for apex.
    expect(second.get("SB_ACTION")).toBe("hangup");
    expect(await metricsAt(at.http)).toContain(
      'signalbox_refusals_total{tenant="apex",reason="pool_full"} 2',
    );
    const [dedicated] = await json("trunks");
    expect(dedicated).toMatchObject({
      trunk: "apex_sip",
      failures_in_row: 1,
      last_failure: { why: "CHANUNAVAIL (20)" },
    });
  });

  it("says_that_there_is_no_such_client_where_it_lists_none_of_his_slots", async () => {
    const { code, out, err } = await ran("slots", "--tenant", "apx");
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain("there is no tenant apx; configured are");
  });

  it("lists_slots_the_oldest_first_and_only_one_client's_when_asked", async () => {
    const slots = await json("slots", "--tenant", "apex");
    expect(slots.map((slot: { id: string }) => slot.id)).toEqual(
      calls.slice(0, 3).map(({ uniqueid }) => `ast1/${uniqueid}`),
    );
    expect(slots[0]).toMatchObject({
      tenant: "apex",
      direction: "inbound",
      trunk: "apex_sip",
      state: "bound",
      node: "live1",
    });
    expect(await json("slots")).toHaveLength(4);
    expect((await ran("slots")).out).toMatch(/\n4 slots\n$/);
  });

  it("explains_the_next_call_scope_by_scope", async () => {
    const { inbound, outbound } = await json("slots", "explain", "apex");
    expect(inbound).toMatchObject({ admitted: true, reason: null });
    const pool = inbound.trunks.find(({ trunk }: { trunk: string }) => trunk === "pool_a");
    expect(pool).toMatchObject({ admitted: false, reason: "pool_full" });
    expect(pool.scopes).toContainEqual(
      expect.objectContaining({ of: "pool", used: 2, kept: 3, limit: 4, full: true }),
    );
    expect(outbound).toMatchObject({ admitted: true });
    const { out } = await ran("slots", "explain", "green");
    expect(out).toContain("the next inbound call: admitted");
    const unknown = await ran("slots", "explain", "nobody");
    expect(unknown).toMatchObject({ code: 1, out: "" });
    expect(unknown.err).toContain("configured are apex, green");
  });

  it("simulates_against_the_live_numbers", async () => {
    const { code, out, err } = await ran(
      "simulate",
      "inbound",
      "--did",
      "12125550100",
      "--trunk",
      "pool_a",
      "--live",
      "--json",
    );
    expect(code).toBe(0);
    expect(err).toContain("slot store does not rule");
    expect(JSON.parse(out)).toMatchObject({ tenant: "apex", outcome: "refused", reason: "pool_full" });
    const both = await ran("simulate", "inbound", "--did", "1", "--live", "--in-use", "apex=1");
    expect(both.code).toBe(2);
  });

  it("tells_its_metrics_as_they_are", async () => {
    const text = await metricsAt(at.http);
    for (const line of [
      'signalbox_channels{tenant="apex",trunk="apex_sip",direction="inbound"} 2',
      'signalbox_channels{tenant="apex",trunk="pool_a",direction="inbound"} 1',
      'signalbox_channels{tenant="none",trunk="pool_a",direction="refused"} 1',
      'signalbox_channels_limit{tenant="apex"} 4',
      'signalbox_channels_reserved{tenant="green"} 3',
      "signalbox_slots_ready 0",
      'signalbox_switch_up{server="ast1"} 0',
      'signalbox_trunk_up{trunk="apex_sip"} 1',
      'signalbox_trunk_channels_limit{trunk="pool_a"} 4',
      'signalbox_agi_sessions_total{outcome="decided"} 6',
    ])
      expect(text.split("\n")).toContain(line);
    expect(text).toMatch(/\nsignalbox_configuration_info\{revision="[0-9a-f]{12}"\} 1\n/);
  });

  it("is_not_ready_and_names_the_switch_and_the_slots", async () => {
    const response = await fetch(`http://127.0.0.1:${at.http}/readyz`);
    expect(response.status).toBe(503);
    const { checks } = (await response.json()) as { checks: Record<string, string> };
    expect(checks).toMatchObject({ configuration: "ok" });
    expect(checks["switch ast1"]).toContain("ECONNREFUSED");
    expect(checks.slots).toContain("slots_rebuilding");
  });

  it("frees_a_slot_with_a_reason_only_and_writes_down_who_did", async () => {
    const id = `ast1/${calls[0]?.uniqueid}`;
    expect((await ran("slots", "free", id)).code).toBe(2);
    expect(await ran("slots", "free", id, "--why", "stuck since noon")).toMatchObject({ code: 0, err: "" });
    const line = await node.event("slot.freed_by_hand");
    expect(line).toMatchObject({ slot: id, tenant: "apex", why: "stuck since noon", by: expect.any(String) });
    expect(await json("slots", "--tenant", "apex")).toHaveLength(2);
    const again = await ran("slots", "free", id, "--why", "again");
    expect(again).toMatchObject({ code: 1, out: "" });
    expect(again.err).toContain(`there is no slot ${id}`);
    expect((await ran("slots", "free", "7", "--why", "again")).err).toContain("there is no slot 7");
  });

  it.each([["top"], ["slots"], ["trunks"], ["slots", "explain", "apex"]])(
    "without_a_node_%s_%s_fails",
    async (...args) => {
      const { code, out, err } = await signalbox([
        ...args.filter((each) => each !== undefined),
        "--var",
        join(folder, "nowhere"),
      ]);
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expect(err).toContain("no node runs here");
    },
  );
});

describe("a node whose Redis is away", () => {
  const folder = mkdtempSync(join(tmpdir(), "sb-live-"));
  const variables = join(folder, "var");
  const at = { ami: NOBODY_LISTENS, fastagi: 14_030, http: 14_031 };
  const ran = (...args: string[]): Promise<Ran> =>
    signalbox([...args, "--var", variables, "--config", join(folder, "config")]);
  let node: SignalboxProcess;

  beforeAll(async () => {
    const config = writeFiles(folder, at);
    appendFileSync(join(config, "signalbox.yaml"), "slots: redis://127.0.0.1:14032/0\n");
    appendFileSync(join(config, "tenants/green.yaml"), "when_slots_unreachable: {inbound: refuse}\n");
    const env = { PATH: process.env.PATH, AMI_SECRET: "not-used" };
    node = await startSignalbox({ config, variables, env });
    await callIn(at.fastagi, "12125550100", "apex_sip");
  });

  afterAll(async () => {
    await node?.stop();
    rmSync(folder, { recursive: true });
  });

  it.each([
    ["top", [], /\nswitch ast1: .*\n(?:.*\n)*apex +1 +0 +1 +4 (?:.*\n)*pool_a +shared +0 +4 +ok/],
    ["trunks", [], /\napex_sip +apex +1 +10 +ok/],
    ["slots", [], /^slot .*\nast1\/.* apex +inbound +apex_sip +bound.*\n1 slot\n$/],
    ["slots", ["explain", "apex"], /apex_sip: has room\n +client +1 of 4\n/],
  ])(
    "%s_%j_shows_what_this_node_knows_says_that_it_is_alone_with_it_and_fails",
    async (name, more, shown) => {
      const { code, out, err } = await ran(name, ...more);
      expect(out).toMatch(shown);
      expect(err).toMatch(
        /^signalbox: the count of all nodes cannot be asked \(.*ECONNREFUSED.*\): .* itself\n$/,
      );
      expect(code).toBe(1);
    },
  );

  it("tells_programs_which_numbers_they_have", async () => {
    const { code, out } = await ran("top", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      own_count: true,
      slot_store: { state: "unreachable" },
      tenants: [{ tenant: "apex", in: 1 }, {}],
    });
    expect(JSON.parse((await ran("slots", "--json")).out)).toMatchObject([{ tenant: "apex" }]);
  });

  it.each([
    ["12125550100", { tenant: "apex", outcome: "routed" }],
    ["13035550110", { tenant: "green", outcome: "refused", reason: "slots_unreachable" }],
  ])("a_call_to_%s_is_simulated_as_it_would_be_decided_now", async (did, verdict) => {
    const { code, out, err } = await ran("simulate", "inbound", "--did", did, "--live", "--json");
    expect(JSON.parse(out)).toMatchObject(verdict);
    expect(err).toContain("cannot be asked");
    expect(code).toBe(1);
  });

  it("frees_nothing_that_all_nodes_would_have_to_know_of", async () => {
    const { code, out, err } = await ran("slots", "free", "ast1/1700000000.1", "--why", "stuck");
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain("ECONNREFUSED");
  });
});

describe("a node whose switch lists no call", () => {
  const folder = mkdtempSync(join(tmpdir(), "sb-live-"));
  let peer: Peer;
  let node: SignalboxProcess;

  beforeAll(async () => {
    peer = await startPeer(switchWith(() => []));
    const config = writeFiles(folder, { ami: peer.address, fastagi: 14_020, http: 14_021 });
    const env = { PATH: process.env.PATH, AMI_SECRET: "s3cr3t" };
    node = await startSignalbox({ config, variables: join(folder, "var"), env });
  });

  afterAll(async () => {
    await node?.stop();
    await peer?.close();
    rmSync(folder, { recursive: true });
  });

  it("is_ready_once_its_channels_were_looked_at", async () => {
    const ready = async () => {
      const response = await fetch("http://127.0.0.1:14021/readyz");
      return response.status === 200 ? response.json() : undefined;
    };
    expect(await waitFor("ready", ready, 10_000)).toMatchObject({
      status: "ready",
      checks: { configuration: "ok", "switch ast1": "ok", slots: "ok" },
    });
  });

  it("tells_what_it_heard_and_how_late", async () => {
    const text = await metricsAt(14_021);
    expect(text).toMatch(/\nsignalbox_sweeps_total\{server="ast1",complete="yes"\} [1-9]/);
    expect(text).toMatch(/\nsignalbox_sweep_age_seconds\{server="ast1"\} [0-9.]+\n/);
    expect(text).toMatch(/\nsignalbox_ami_events_total\{server="ast1"\} [1-9]/);
    expect(text).toContain('\nsignalbox_ami_losses_total{server="ast1"} 0\n');
    expect(text).toContain('\nsignalbox_switch_listening{server="ast1"} 1\n');
    expect(text).toContain("\nsignalbox_slots_ready 1\n");
  });

  it("counts_a_lost_connection_and_names_the_switch_again", async () => {
    for (const session of peer.sessions) session.socket.destroy();
    const lost = async () =>
      (await metricsAt(14_021)).includes('signalbox_ami_losses_total{server="ast1"} 1') || undefined;
    await waitFor("the loss", lost, 5000);
  });
});
