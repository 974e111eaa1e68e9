import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { calls, callsShow } from "../../../src/commands/calls.ts";
import { dids } from "../../../src/commands/dids.ts";
import type { Io } from "../../../src/commands/io.ts";
import { reportUsage } from "../../../src/commands/report.ts";
import { recordOf, stampRecord } from "../../../src/core/record/derive.ts";
import { createRecordStore } from "../../../src/records/store.ts";
import { tenantId } from "../../builders.ts";
import { noon, outboundCall, stampedCall, unownedCall } from "../../record-builders.ts";

const silent = pino({ level: "silent" });
const config = join(import.meta.dirname, "../../../config");
let variables = "";

beforeAll(async () => {
  variables = await mkdtemp(join(tmpdir(), "sb-reports-"));
  const store = createRecordStore({
    records: "sqlite:signalbox.db",
    variables,
    log: silent,
  });
  store.put(stampedCall({ number: 1 }));
  store.put(outboundCall({ number: 2, startedAt: noon + 10_000, talkMs: 31_000 }));
  const refusal = { reason: "tenant_full", says: "full" } as const;
  const full = { refusal, does: "hangup", cause: 17, target: null } as const;
  store.put(stampedCall({ number: 3, startedAt: noon + 20_000, talkMs: 0, step: full }));
  const caller = '=HYPERLINK("x")';
  store.put(
    stampedCall({ number: 4, startedAt: noon + 30_000, step: { caller, tenant: tenantId("zenith") } }),
  );
  store.putUnowned(unownedCall({ number: 5 }));
  await store.flush();
  await store.close();
});

afterAll(async () => {
  await rm(variables, { recursive: true, force: true });
});

async function run(command: (io: Io) => Promise<number>) {
  const said = { out: "", err: "" };
  const code = await command({
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    env: {},
    colour: false,
  });
  return { code, ...said };
}

const common = () => ({ config, variables, node: undefined });

describe("calls", () => {
  test("as_json_are_those_of_the_contract_newest_first", async () => {
    const { out, code } = await run((io) => calls({ ...common(), tenant: "apex", json: true }, io));
    expect(code).toBe(0);
    const listed = JSON.parse(out) as Record<string, unknown>[];
    expect(listed.map(({ call }) => call)).toEqual([
      "ast1-1764000000.3",
      "ast1-1764000000.2",
      "ast1-1764000000.1",
    ]);
    expect(listed[1]).toEqual({
      call: "ast1-1764000000.2",
      tenant: "apex",
      direction: "outbound",
      server: "ast1",
      did: null,
      from: "+13125550123",
      to: "+14155550100",
      trunk: "pool_a",
      started_at: "2026-11-23T17:00:10.000Z",
      answered_at: "2026-11-23T17:00:12.000Z",
      ended_at: "2026-11-23T17:00:43.000Z",
      billable_seconds: 31,
      outcome: "answered",
      reason: null,
      recording: null,
    });
  });

  test("of_nobody_and_of_a_client_or_in_two_forms_at_once_are_wrong_use", async () => {
    const both = run((io) => calls({ ...common(), tenant: "apex", unowned: true }, io));
    await expect(both).rejects.toThrow("--unowned lists calls of nobody");
    await expect(run((io) => calls({ ...common(), json: true, csv: true }, io))).rejects.toThrow("not both");
  });

  test("since_is_the_clients_wall_clock", async () => {
    const since = "2026-11-23T12:00:10";
    const { out } = await run((io) => calls({ ...common(), tenant: "apex", since, json: true }, io));
    expect(JSON.parse(out)).toHaveLength(2);
  });

  test("since_may_be_said_as_how_long_ago", async () => {
    const days = Math.ceil((Date.now() - noon) / 86_400_000);
    const since = async (text: string) =>
      JSON.parse((await run((io) => calls({ ...common(), since: text, json: true }, io))).out) as unknown[];
    expect(await since(`${days + 1}d`)).toHaveLength(4);
    expect(await since("1s")).toEqual([]);
  });

  test("of_nobody_are_shown_apart", async () => {
    const { out } = await run((io) => calls({ ...common(), unowned: true, json: true }, io));
    expect(JSON.parse(out)).toMatchObject([{ tenant: null, reason: "unknown_did" }]);
  });

  test("as_text_and_csv_no_cell_runs_in_a_spreadsheet", async () => {
    const text = await run((io) => calls({ ...common() }, io));
    expect(text.out).toContain("refused: tenant_full");
    const csv = await run((io) => calls({ ...common(), csv: true }, io));
    expect(csv.out).toContain(`"'=HYPERLINK(""x"")"`);
    expect(csv.out).toContain(",+13125550123,");
  });

  test("programs_get_them_all_and_people_are_told_when_there_may_be_more", async () => {
    const where = await mkdtemp(join(tmpdir(), "sb-many-"));
    onTestFinished(() => rm(where, { recursive: true, force: true }));
    const store = createRecordStore({ records: "sqlite:signalbox.db", variables: where, log: silent });
    for (let number = 1; number <= 1203; number++)
      store.put(stampedCall({ number, startedAt: noon + number }));
    await store.flush();
    await store.close();
    const many = { ...common(), variables: where };
    const json = await run((io) => calls({ ...many, json: true }, io));
    expect(JSON.parse(json.out)).toHaveLength(1203);
    const csv = await run((io) => calls({ ...many, csv: true }, io));
    expect(csv.out.trim().split("\r\n")).toHaveLength(1204);
    const table = await run((io) => calls(many, io));
    expect(table.out.trim().split("\n")).toHaveLength(101);
    expect(table.err).toContain("the newest 100");
    const asked = await run((io) => calls({ ...many, limit: "1100" }, io));
    expect(asked.out.trim().split("\n")).toHaveLength(1101);
    expect(asked.err).toBe("");
  });

  test("a_terminal_obeys_nothing_that_a_caller_sent", async () => {
    const where = await mkdtemp(join(tmpdir(), "sb-hostile-"));
    onTestFinished(() => rm(where, { recursive: true, force: true }));
    const store = createRecordStore({ records: "sqlite:signalbox.db", variables: where, log: silent });
    const caller = "\u001b[2J\u009b2J\u202e5550100\n";
    store.put(stampedCall({ step: { caller, trace: [{ rule: "did", says: caller }] } }));
    await store.flush();
    await store.close();
    const place = { ...common(), variables: where };
    const table = await run((io) => calls(place, io));
    const shown = await run((io) => callsShow({ ...place, id: "ast1-1764000000.1" }, io));
    for (const { out } of [table, shown]) {
      expect(out).toContain("5550100");
      expect(out.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
    expect(table.out.trim().split("\n")).toHaveLength(2);
  });

  test("show_tells_the_notice_and_the_pauses_of_a_recording", async () => {
    const where = await mkdtemp(join(tmpdir(), "sb-noticed-"));
    onTestFinished(() => rm(where, { recursive: true, force: true }));
    const store = createRecordStore({ records: "sqlite:signalbox.db", variables: where, log: silent });
    const recording = { file: "apex/2026/11/23/x.wav", format: "wav", notice: "told", keepDays: 9 } as const;
    const { facts } = stampedCall({ step: { recording } });
    const marks = [
      { at: noon + 3000, what: "noticed" },
      { at: noon + 9000, what: "paused" },
      { at: noon + 12_000, what: "resumed" },
      { at: noon + 30_000, what: "paused" },
    ] as const;
    const noticed = stampRecord(recordOf({ ...facts, marks }));
    if (noticed !== null) store.put(noticed);
    await store.flush();
    await store.close();
    const { out } = await run((io) =>
      callsShow({ ...common(), variables: where, id: "ast1-1764000000.1" }, io),
    );
    expect(out).toContain("notice      told, played 2026-11-23 12:00:03\n");
    const gaps = "2026-11-23 12:00:09 to 2026-11-23 12:00:12, 2026-11-23 12:00:30 to the end";
    expect(out).toContain(`paused      ${gaps}\n`);
    const asJson = await run((io) =>
      callsShow({ ...common(), variables: where, id: "ast1-1764000000.1", json: true }, io),
    );
    expect(JSON.parse(asJson.out)).toMatchObject({
      recorded: {
        noticed_at: "2026-11-23T17:00:03.000Z",
        gaps: [
          { from: "2026-11-23T17:00:09.000Z", to: "2026-11-23T17:00:12.000Z" },
          { from: "2026-11-23T17:00:30.000Z", to: null },
        ],
      },
    });
  });

  test("as_csv_have_a_head_also_where_there_is_none", async () => {
    const until = "2020-01-01";
    const none = await run((io) => calls({ ...common(), tenant: "apex", until, csv: true }, io));
    const some = await run((io) => calls({ ...common(), tenant: "apex", csv: true }, io));
    expect(none.out).toMatch(/^call,tenant,direction,.*,reason,recording\r\n$/);
    expect(some.out.startsWith(none.out)).toBe(true);
  });

  test("show_gives_the_trace_and_1_for_a_call_that_is_not_there", async () => {
    const shown = await run((io) => callsShow({ ...common(), id: "ast1-1764000000.1" }, io));
    expect(shown.out).toMatch(/did +\+12125550100 belongs to apex/);
    const absent = await run((io) => callsShow({ ...common(), id: "ast1-1" }, io));
    expect(absent).toMatchObject({ code: 1, out: "" });
  });

  test("show_as_json_has_what_the_list_has_and_the_rest_in_the_same_form", async () => {
    const id = "ast1-1764000000.3";
    const { out } = await run((io) => callsShow({ ...common(), id, json: true }, io));
    const shown = JSON.parse(out) as Record<string, unknown>;
    const { out: list } = await run((io) => calls({ ...common(), tenant: "apex", json: true }, io));
    const [listed] = JSON.parse(list) as Record<string, unknown>[];
    expect(shown).toMatchObject(listed ?? {});
    expect(shown.reason).toBe("tenant_full");
    expect(shown).toMatchObject({
      menu_path: [],
      legs: [{ billable_seconds: 0, started_at: listed?.started_at }],
      trace: [{ at: listed?.started_at, rule: "did", says: "+12125550100 belongs to apex" }],
    });
    expect(out).not.toMatch(/"[a-z]+[A-Z][A-Za-z]*":/);
  });

  test("of_a_client_that_is_not_configured_are_shown_and_of_one_that_never_was_said_to_be_none", async () => {
    const zenith = await run((io) => calls({ ...common(), tenant: "zenith", json: true }, io));
    expect(zenith).toMatchObject({ code: 0, err: "" });
    expect(JSON.parse(zenith.out)).toHaveLength(1);
    const nobody = await run((io) => calls({ ...common(), tenant: "apx", json: true }, io));
    expect(nobody).toMatchObject({
      code: 1,
      err: "signalbox: there is no client apx, and no such call of one\n",
    });
    expect(JSON.parse(nobody.out)).toEqual([]);
  });

  test.each(["12125550100", "abc", ""])("to_%s_which_is_no_E164_is_wrong_use", async (did) => {
    await expect(run((io) => calls({ ...common(), did }, io))).rejects.toThrow("--did takes a number like");
  });

  test("wrong_words_are_wrong_use", async () => {
    await expect(run((io) => calls({ ...common(), since: "yesterday" }, io))).rejects.toMatchObject({
      code: "wrong_use",
    });
    await expect(run((io) => calls({ ...common(), limit: "-1" }, io))).rejects.toMatchObject({
      code: "wrong_use",
    });
  });
});

describe("report usage", () => {
  const usage = (format: "table" | "csv" | "json", increment?: string) =>
    run((io) =>
      reportUsage(
        { ...common(), tenant: "apex", month: "2026-11", format, ...(increment ? { increment } : {}) },
        io,
      ),
    );

  test("counts_what_a_client_used_and_nobody_elses", async () => {
    const report = JSON.parse((await usage("json", "60/60")).out) as Record<string, unknown>;
    expect(report).toMatchObject({
      tenant: "apex",
      increment: "60/60",
      calls: { total: 3, inbound: 2, outbound: 1 },
      inbound: { legs: 1, answered: 1, seconds: 60, billed_seconds: 60 },
      outbound: { legs: 1, answered: 1, seconds: 31, billed_seconds: 60 },
      overflow: { legs: 2, seconds: 91, billed_seconds: 120 },
      dedicated: { legs: 0, seconds: 0 },
      refusals: [{ reason: "tenant_full", calls: 1 }],
      peak: { channels: 2, at: "2026-11-23T17:00:10.000Z" },
    });
  });

  test("as_a_table_has_bars_and_as_csv_a_line_for_each_part", async () => {
    const table = (await usage("table")).out;
    expect(table).toContain("█");
    expect(table).toContain("2 at 2026-11-23 12:00:10 America/New_York");
    const csv = (await usage("csv")).out.trimEnd().split("\r\n");
    expect(csv).toContain("apex,2026-11,America/New_York,inbound_by_did,+12125550100,,1,1,60,60,");
    expect(new Set(csv.map((line) => line.split(",").length))).toEqual(new Set([11]));
  });

  test("a_month_without_calls_is_empty_and_an_unknown_client_an_error", async () => {
    const empty = await run((io) => reportUsage({ ...common(), tenant: "apex", month: "2025-01" }, io));
    expect(empty.code).toBe(0);
    const unknown = await run((io) => reportUsage({ ...common(), tenant: "nobody", month: "2026-11" }, io));
    expect(unknown.code).toBe(1);
    await expect(
      run((io) => reportUsage({ ...common(), tenant: "apex", month: "11/2026" }, io)),
    ).rejects.toMatchObject({ code: "wrong_use" });
  });
});

describe("dids", () => {
  test("have_owner_cost_and_last_call", async () => {
    const { out } = await run((io) => dids({ ...common(), tenant: "apex", format: "json" }, io));
    const lines = JSON.parse(out) as { did: string; last_call: string | null }[];
    expect(lines.find(({ did }) => did === "+12125550100")).toMatchObject({
      tenant: "apex",
      // That it came while the number was another client's makes the number no less in use.
      last_call: "2026-11-23T17:00:30.000Z",
    });
    expect(lines.some(({ last_call }) => last_call === null)).toBe(true);
  });

  test("of_a_client_that_there_is_not_are_an_error", async () => {
    const { code, out, err } = await run((io) => dids({ ...common(), tenant: "apx" }, io));
    expect({ code, out, err }).toEqual({ code: 1, out: "", err: "signalbox: there is no client apx\n" });
  });

  test("are_not_called_unused_where_no_records_can_be_read", async () => {
    const elsewhere = { ...common(), variables: join(variables, "absent") };
    const unused = await run((io) => dids({ ...elsewhere, unusedDays: "30" }, io));
    expect(unused).toMatchObject({ code: 1, out: "" });
    const all = await run((io) => dids({ ...elsewhere, format: "csv" }, io));
    expect(all).toMatchObject({ code: 0 });
    expect(all.err).toContain("last calls are not known");
  });
});
