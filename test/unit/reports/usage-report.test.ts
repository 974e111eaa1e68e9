import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRecordStore } from "../../../src/records/store.ts";
import { at, tenantId } from "../../builders.ts";
import { noon, outboundCall, stampedCall } from "../../record-builders.ts";
import { signalbox } from "../commands/command-line.ts";

let folder = "";

const SYSTEM = `asterisk: [{server: ast1, ami: "127.0.0.1:5038", username: signalbox, secret: "x"}]\n`;
const TRUNKS = `trunks:
  apex_sip: {address: "127.0.0.2:5060", tenant: apex, channels: 60}
  pool_a: {address: "127.0.0.3:5060", shared: true, channels: 100, billing_increment: "60/60"}
overflow: [pool_a]
`;
const apex = (more: string) => `tenant: apex
timezone: America/New_York
limits: {channels: 2, reserved: 1}
trunks: {strategy: hybrid, dedicated: [apex_sip]}
dids: {"+12125550100": {route: main}}
routes: {main: {hangup: busy}}
${more}`;

function configured(more: string): string {
  const config = mkdtempSync(join(folder, "config-"));
  mkdirSync(join(config, "tenants"));
  writeFileSync(join(config, "signalbox.yaml"), SYSTEM);
  writeFileSync(join(config, "trunks.yaml"), TRUNKS);
  writeFileSync(join(config, "tenants/apex.yaml"), apex(more));
  return config;
}

async function usage(more: string, ...args: string[]): Promise<string> {
  const config = configured(more);
  const month = ["--tenant", "apex", "--month", "2026-11"];
  const common = ["--config", config, "--var", folder];
  const { out, err, code } = await signalbox(["report", "usage", ...month, ...common, ...args]);
  expect({ err, code }).toEqual({ err: "", code: 0 });
  return out;
}

const json = async (more: string, ...args: string[]) =>
  JSON.parse(await usage(more, "--format", "json", ...args)) as Record<string, unknown>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sb-usage-"));
  const log = pino({ level: "silent" });
  const store = createRecordStore({ records: "sqlite:signalbox.db", variables: folder, log });
  const limits = { cap: 2, reserved: 1 };
  const own = { trunk: { name: "apex_sip", shared: false } };
  store.put(stampedCall({ number: 1, talkMs: 61_000, step: { limits } }));
  store.put(outboundCall({ number: 2, startedAt: noon + 3000, talkMs: 61_000, leg: own, step: { limits } }));
  store.put(
    outboundCall({ number: 3, startedAt: noon + 5000, talkMs: 7000, step: { limits, campaign: "SALES" } }),
  );
  await store.flush();
  await store.close();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("dids", () => {
  const held = `on_hold_until: "2026-02-28", in_service_since: "2020-05-01", hold_announce: gone, monthly_cost: 1.2`;
  async function list(format: string): Promise<string> {
    const config = configured("");
    const yaml = `tenant: oldco\ntimezone: UTC\ndids: {"+13035550110": {${held}}, "+13035550111": {on_hold_until: "2999-01-01"}}\n`;
    writeFileSync(join(config, "tenants/oldco.yaml"), yaml);
    const args = ["dids", "--config", config, "--var", folder, "--format", format];
    const { out, code } = await signalbox(args);
    expect(code).toBe(0);
    return out;
  }

  test("on_hold_say_until_when_and_that_it_is_over", async () => {
    expect(JSON.parse(await list("json"))).toMatchObject([
      { did: "+12125550100", route: "main", state: "in_service", on_hold_until: null },
      {
        did: "+13035550110",
        tenant: "oldco",
        route: null,
        state: "hold_over",
        in_service_since: "2020-05-01",
      },
      { did: "+13035550111", route: null, state: "on_hold", on_hold_until: "2999-01-01" },
    ]);
    const table = await list("table");
    expect(table).toContain("hold over since 2026-02-28");
    expect(table).toContain("on hold until 2999-01-01");
    expect(await list("csv")).toContain("+13035550110,oldco,,,1.20,,,hold_over,2020-05-01,2026-02-28\r\n");
  });
});

test.each([["dids"], ["report", "usage", "--tenant", "acme"]])(
  "%s_takes_one_form_at_a_time",
  async (...args) => {
    const words = args.filter((each) => each !== undefined);
    const { code, out, err } = await signalbox([...words, "--var", folder, "--json", "--format", "csv"]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("take --json or --format csv, not both");
  },
);

describe("a trunk that has another name now", () => {
  const asked = ["report", "usage", "--tenant", "apex", "--month", "2026-11", "--json"] as const;
  async function renamed(more: string, formerly: string) {
    const config = configured(more);
    const trunks = TRUNKS.replaceAll("pool_a", "carrier").replace('"60/60"', `"60/60"${formerly}`);
    writeFileSync(join(config, "trunks.yaml"), trunks);
    const { out, err } = await signalbox([...asked, "--config", config, "--var", folder]);
    return { err, report: JSON.parse(out) as { overflow: { billed_seconds: number } } };
  }

  test("bills_what_stands_under_its_former_name_as_its_own", async () => {
    const before = await json("");
    const { err, report } = await renamed("", ", formerly: [pool_a]");
    expect(err).toBe("");
    expect(report.overflow).toEqual(before.overflow);
    const own = await renamed("billing_increment: {trunks: {carrier: 30/6}}", ", formerly: [pool_a]");
    expect(own.report).toMatchObject({ increment_by_trunk: { carrier: "30/6", pool_a: "30/6" } });
  });

  test("is_named_where_nobody_says_which_it_is", async () => {
    const { err, report } = await renamed("", "");
    expect(err).toBe(
      "not configured any more, and billed 6/6: pool_a; if one has another name now, tell with `formerly` in trunks.yaml\n",
    );
    expect(report.overflow.billed_seconds).toBe(66 + 12);
    expect((await renamed('billing_increment: "30/6"', "")).err).toBe("");
  });
});

describe("dids of a client that had another name", () => {
  test("are no less in use for it", async () => {
    const config = configured("");
    rmSync(join(config, "tenants/apex.yaml"));
    writeFileSync(
      join(config, "tenants/summit.yaml"),
      apex("").replace("tenant: apex", "tenant: summit").replaceAll("apex_sip", "summit_sip"),
    );
    writeFileSync(join(config, "trunks.yaml"), TRUNKS.replaceAll("apex", "summit"));
    const list = async (...args: string[]) => {
      const { out, code } = await signalbox(["dids", ...args, "--json", "--config", config, "--var", folder]);
      expect(code).toBe(0);
      return JSON.parse(out) as { last_call: string | null }[];
    };
    const [all, own] = [await list(), await list("--tenant", "summit")];
    expect(own).toEqual(all);
    expect(own[0]?.last_call).toBe("2026-11-23T17:00:00.000Z");
    const days = String(Math.floor((Date.now() - noon) / 86_400_000) + 1);
    expect(await list("--tenant", "summit", "--unused-days", days)).toEqual([]);
  });
});

describe("dids --unused-days", () => {
  test("leaves_out_a_number_that_has_not_been_in_service_for_so_long", async () => {
    const config = configured("");
    const since = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
    const number = (did: number, days: number) =>
      `"+1303555011${did}": {route: main, in_service_since: "${since(days)}"}`;
    const yaml = `tenant: newco\ntimezone: UTC\ndids: {${number(0, 3)}, ${number(1, 60)}, "+13035550112": {route: main}}\nroutes: {main: {hangup: busy}}\n`;
    writeFileSync(join(config, "tenants/newco.yaml"), yaml);
    const args = ["dids", "--unused-days", "30", "--tenant", "newco", "--format", "json"];
    const { out, code } = await signalbox([...args, "--config", config, "--var", folder]);
    expect(code).toBe(0);
    const listed = JSON.parse(out) as { did: string }[];
    expect(listed.map(({ did }) => did)).toEqual(["+13035550111", "+13035550112"]);
  });
});

describe("report usage", () => {
  test("says_how_long_the_client_was_at_its_cap_and_what_it_borrowed", async () => {
    expect(await json("")).toMatchObject({
      peak: { channels: 3, at: "2026-11-23T17:00:05.000Z" },
      cap: { channels: 2, seconds_at_cap: 60 },
      borrowed: {
        reserved: 1,
        legs: 1,
        channel_seconds: 9,
        peak: { channels: 1, at: "2026-11-23T17:00:05.000Z" },
      },
      recordings: { count: 0, seconds: 0, bytes: 0, kept: { count: 0, bytes: 0 }, missing: 0 },
    });
    const table = await usage("");
    expect(table).toContain("at the cap     1:00 minutes (of 2 channels)");
    expect(table).toContain("1 leg, 0:09 channel minutes beyond the reserve of 1, at most 1 at 2026-11-23");
    expect(table).toContain("recordings     0, 0:00:00 hours, 0 bytes; 0 kept, 0 bytes");
    expect(await usage("", "--format", "csv")).toContain("at_cap,seconds,,,,,,60\r\n");
  });

  test("bills_each_leg_by_its_trunk_where_the_client_has_no_increment", async () => {
    expect(await json("")).toMatchObject({
      increment: "6/6",
      increment_by_trunk: { pool_a: "60/60" },
      inbound: { seconds: 61, billed_seconds: 120 },
      outbound: { seconds: 68, billed_seconds: 66 + 60 },
    });
    expect(await usage("")).toContain("billed 6/6, on pool_a 60/60");
  });

  test("bills_by_the_clients_increment_whatever_the_trunks_say", async () => {
    expect(await json('billing_increment: "30/6"')).toMatchObject({
      increment: "30/6",
      increment_by_trunk: {},
      outbound: { billed_seconds: 66 + 30 },
    });
    expect(await json('billing_increment: "1/1"')).toMatchObject({ outbound: { billed_seconds: 68 } });
  });

  test("bills_by_what_the_client_has_for_a_trunk", async () => {
    const more = 'billing_increment: {default: "6/6", trunks: {apex_sip: "60/60"}}';
    expect(await json(more)).toMatchObject({ outbound: { billed_seconds: 120 + 12 } });
  });

  test("tells_calls_out_apart_by_campaign", async () => {
    expect(await json("", "--increment", "1/1")).toMatchObject({
      outbound_by_campaign: [
        { campaign: "", legs: 1, seconds: 61 },
        { campaign: "SALES", legs: 1, seconds: 7 },
      ],
    });
    expect(await usage("")).toContain("outbound by campaign");
    expect(await usage("", "--format", "csv")).toContain("outbound_by_campaign,SALES,,1,1,7,60,\r\n");
  });

  test("takes_another_increment_for_once", async () => {
    expect(await json('billing_increment: "30/6"', "--increment", "60/60")).toMatchObject({
      increment: "60/60",
      outbound: { billed_seconds: 120 + 60 },
    });
  });
});

describe("a client that has left", () => {
  /** One call a minute after the month began in New York, which in UTC is five hours before that. */
  async function left(): Promise<{ config: string; variables: string }> {
    const variables = mkdtempSync(join(folder, "left-"));
    const log = pino({ level: "silent" });
    const store = createRecordStore({ records: "sqlite:signalbox.db", variables, log });
    const zone = { tenant: tenantId("oldco"), zone: "America/New_York" };
    store.put(stampedCall({ number: 1, startedAt: at("2026-10-31T23:50:00-04:00"), step: zone }));
    store.put(stampedCall({ number: 2, startedAt: at("2026-11-01T00:01:00-04:00"), step: zone }));
    store.put(stampedCall({ number: 3, startedAt: at("2026-11-01T00:01:10-04:00"), step: zone }));
    await store.flush();
    await store.close();
    return { config: configured(""), variables };
  }

  test("is_reported_and_listed_by_the_clock_that_it_had", async () => {
    const { config, variables } = await left();
    const place = ["--tenant", "oldco", "--config", config, "--var", variables];
    const report = await signalbox(["report", "usage", "--month", "2026-11", "--json", ...place]);
    expect(report.code).toBe(0);
    expect(report.err).toContain(
      "oldco is not configured any more: by the clock of its last call, America/New_York",
    );
    expect(report.err).toContain("billed 6/6, on pool_a 60/60 unless --increment says otherwise");
    expect(JSON.parse(report.out)).toMatchObject({
      timezone: "America/New_York",
      calls: { total: 2 },
      peak: { channels: 2, at: "2026-11-01T04:01:10.000Z" },
    });
    const listed = await signalbox(["calls", "--since", "2026-11-01", "--csv", ...place]);
    expect(listed.out.trim().split("\r\n")).toHaveLength(3);
    expect((await signalbox(["calls", ...place])).out).toContain("2026-10-31 23:50:00");
  });
});
