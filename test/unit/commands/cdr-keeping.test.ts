import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RecordStore } from "../../../src/calls/record-port.ts";
import { RecordWatcher } from "../../../src/calls/record-watcher.ts";
import { CdrKeeping, type CdrKeepingOptions } from "../../../src/commands/cdr-keeping.ts";
import { openRecords } from "../../../src/records/open.ts";
import { createRecordStore } from "../../../src/records/store.ts";
import { trunkWith } from "../../builders.ts";
import { outboundSnapshot } from "../../outbound-builders.ts";

const snapshot = outboundSnapshot(
  { apex: { callerIds: [], trunks: { strategy: "hybrid", dedicated: ["apex_sip"] } } },
  { trunks: [trunkWith("apex_sip", { tenant: "apex", shared: false })] },
);

let folder = "";
let file = "";
let place = "";
let store: RecordStore;
let keeping: CdrKeeping | null = null;
let said: Record<string, unknown>[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sb-cdr-keeping-"));
  await mkdir(join(folder, "log/cdr-custom"), { recursive: true });
  file = join(folder, "log/cdr-custom/signalbox.csv");
  place = join(folder, "cdr-ast1.place");
  said = [];
  store = createRecordStore({
    records: "sqlite:signalbox.db",
    variables: folder,
    log: pino({ level: "silent" }),
    bounds: { busyMs: 50 },
  });
  await store.openCalls();
});

afterEach(async () => {
  await keeping?.stop();
  keeping = null;
  await store.close(500);
  await rm(folder, { recursive: true, force: true });
});

function start(options: Partial<CdrKeepingOptions> = {}): CdrKeeping {
  const write = (line: string) => said.push(JSON.parse(line) as Record<string, unknown>);
  const log = pino({ level: "info" }, { write });
  keeping = new CdrKeeping({
    snapshot: () => snapshot,
    variables: folder,
    watcher: new RecordWatcher({ store, snapshot: () => snapshot, log }),
    store,
    beside: () => ["ast1"],
    leaves: () => false,
    logDirectory: async () => join(folder, "log"),
    log,
    timings: { everyMs: 20, delayMs: 40 },
    ...options,
  });
  return keeping;
}

/** A row of a call of that number, as the rendered mapping writes it. */
function row(number: number): string {
  const id = `1764000000.${number}`;
  const stamp = `${id}|16|ast1-${id}|apex|inbound|apex_sip|2125550100|+12125550100`;
  const times = ["1764000100.000000", "1764000101.000000", "1764000111.000000"];
  const cells = [
    "1",
    id,
    id,
    `PJSIP/apex_sip-${String(number).padStart(8, "0")}`,
    "",
    ...times,
    "10",
    "ANSWERED",
    "apex",
    "",
    stamp,
    "",
  ];
  return `${cells.map((cell) => `"${cell}"`).join(",")}\n`;
}

async function stored(): Promise<string[]> {
  const reader = await openRecords("sqlite:signalbox.db", folder);
  const calls = await reader.calls({ limit: 10_000 });
  await reader.close();
  return calls.map(({ call }) => call.replace("ast1-1764000000.", "")).sort();
}

const eventually = (what: () => Promise<unknown>) => expect.poll(what, { timeout: 10_000, interval: 20 });
const kept = () => readFile(place, "utf8").catch(() => "");

describe("the first time", () => {
  test("it_begins_at_the_end_of_what_there_is", async () => {
    await writeFile(file, row(1));
    start().seen("ast1");
    await eventually(kept).toMatch(/ [1-9]/);
    await appendFile(file, row(2));
    await eventually(stored).toEqual(["2"]);
  });

  test("a_file_that_comes_later_is_read_from_its_beginning", async () => {
    start().seen("ast1");
    await eventually(async () => said.map(({ code }) => code)).toEqual(["cdr_missing"]);
    await writeFile(file, row(1) + row(2));
    await eventually(stored).toEqual(["1", "2"]);
  });
});

describe("seen again", () => {
  beforeEach(() => writeFile(place, "- 0\n"));

  test("it_reads_what_was_written_meanwhile_once", async () => {
    await writeFile(file, row(1) + row(2));
    start().seen("ast1");
    await eventually(stored).toEqual(["1", "2"]);
    await keeping?.stop();
    const before = await kept();
    await appendFile(file, row(3));
    start().seen("ast1");
    await eventually(stored).toEqual(["1", "2", "3"]);
    await eventually(kept).not.toBe(before);
  });

  test("a_file_of_many_pieces_is_read_to_its_end", async () => {
    const rows = Array.from({ length: 2000 }, (_, index) => row(index + 1));
    await writeFile(file, rows.join(""));
    start().seen("ast1");
    await eventually(async () => (await stored()).length).toBe(2000);
    await eventually(async () => said.filter(({ event }) => event === "cdr.read")).toMatchObject([
      { rows: 2000 },
    ]);
  });

  test("what_is_no_row_is_passed_over_and_counted", async () => {
    await writeFile(file, `${row(1)}root:x:0:0\n${row(2)}`);
    start().seen("ast1");
    await eventually(stored).toEqual(["1", "2"]);
    expect(said).toContainEqual(expect.objectContaining({ event: "cdr.refused", lines: 1 }));
  });

  test("the_place_is_kept_only_when_the_records_are", async () => {
    const other = new DatabaseSync(join(folder, "signalbox.db"));
    other.exec("begin exclusive");
    await writeFile(file, row(1));
    start().seen("ast1");
    await eventually(async () => store.health().code).toBe("records_locked");
    await keeping?.stop();
    expect(await kept()).toBe("- 0\n");
    other.exec("rollback");
    other.close();
    start().seen("ast1");
    await eventually(stored).toEqual(["1"]);
    await eventually(kept).not.toBe("- 0\n");
  });

  test("what_another_node_hears_is_passed_over_but_for_what_fell_into_its_absence", async () => {
    await writeFile(file, row(1));
    start({ leaves: () => true }).seen("ast1");
    await eventually(stored).toEqual(["1"]);
    const before = await kept();
    await appendFile(file, row(2));
    await eventually(kept).not.toBe(before);
    await keeping?.stop();
    expect(await stored()).toEqual(["1"]);
  });

  test("what_is_written_before_a_dead_listener_is_known_to_be_is_read", async () => {
    let dead = false;
    start({ leaves: () => !dead, timings: { everyMs: 20, delayMs: 1000 } }).seen("ast1");
    await eventually(kept).toMatch(/./);
    await writeFile(file, row(1));
    await new Promise((done) => setTimeout(done, 100));
    dead = true;
    await eventually(stored).toEqual(["1"]);
  });

  test("a_switch_on_another_machine_is_not_looked_for", async () => {
    await writeFile(file, row(1));
    start({ beside: () => [] }).seen("ast1");
    await new Promise((done) => setImmediate(done));
    expect(await stored()).toEqual([]);
    expect(said).toEqual([]);
  });
});
