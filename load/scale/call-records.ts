// How long a month's report takes over many calls, on either database, and how fast calls are stored. All calls are
// one client's, fall into one month and are recorded where they are answered, which is the worst case.
//   node load/scale/call-records.ts sqlite|mysql [CALLS] [PORT]   prints one line of JSON
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Kysely, sql } from "kysely";
import { billedColumns } from "../../src/calls/record-port.ts";
import type { CallFacts, LegNote, StepNote } from "../../src/core/record/record.ts";
import type { CallId } from "../../src/core/tenant/stamp.ts";
import type { TenantId } from "../../src/core/tenant/tenant-id.ts";
import { migrate } from "../../src/records/migrations.ts";
import { openMysql } from "../../src/records/mysql/database.ts";
import { openRecords } from "../../src/records/open.ts";
import { sumsOfRecordings } from "../../src/records/recordings/schema.ts";
import { sqliteDialect } from "../../src/records/sqlite/dialect.ts";
import { openForWriting } from "../../src/records/sqlite/file.ts";
import { openJournal } from "../../src/records/sqlite/journal.ts";
import type { Tables } from "../../src/records/tables.ts";
import { writeCalls } from "../../src/records/write.ts";
import { monthIn } from "../../src/reports/month.ts";
import { usageReport } from "../../src/reports/usage.ts";
import { startMariadb } from "../lab/mariadb.ts";

const [kind = "sqlite", countText = "1000000", port = "30020"] = process.argv.slice(2);
const count = Number(countText);
const BATCH = 1000;
const zone = "America/New_York";
const month = monthIn("2026-11", zone);
if (month === null) throw new Error("2026-11 is a month");
const { from, to, firstDay, endDay } = month;

/** Call number `index` of the month: spread over its days, 0 to 10 minutes long, one in ten not answered. */
function factsOf(index: number): CallFacts {
  const at = from + Math.floor(((to - from) / count) * index);
  const talkMs = index % 10 === 0 ? 0 : ((index * 7919) % 600) * 1000 + 500;
  const uniqueid = `${Math.floor(at / 1000)}.${index}`;
  const out = index % 3 === 0;
  const trunk = { name: ["apex_sip", "pool_a", "pool_b"][index % 3] ?? "pool_a", shared: index % 3 !== 0 };
  const did = `+1212555${String(index % 200).padStart(4, "0")}`;
  const number = `+1415555${String(index % 10_000).padStart(4, "0")}`;
  const times = { upAt: at, answeredAt: talkMs === 0 ? null : at + 2000, endedAt: at + 2000 + talkMs };
  const leg: LegNote = {
    uniqueid: out ? `${uniqueid}9` : uniqueid,
    channel: `PJSIP/${trunk.name}-0000${index.toString(16)}`,
    trunk,
    dialledBy: out ? uniqueid : null,
    dialAt: out ? at : null,
    ...times,
    seenAt: null,
    cause: 16,
    byFarEnd: null,
    dialStatus: null,
    tenant: null,
    zone: null,
    direction: null,
  };
  const asker: LegNote = {
    ...leg,
    uniqueid,
    channel: "Local/1@dial-1;2",
    trunk: null,
    dialledBy: null,
    dialAt: null,
  };
  const step: StepNote = {
    at,
    uniqueid,
    turn: "offer",
    direction: out ? "outbound" : "inbound",
    tenant: "apex" as TenantId,
    zone,
    did: out ? null : did,
    caller: out ? did : number,
    dialled: out ? number : did,
    back: null,
    choice: null,
    does: out ? "dial" : "goto",
    cause: null,
    dial: out ? { dial: `PJSIP/${number}@${trunk.name}`, trunk: trunk.name, number, callerId: did } : null,
    queue: null,
    ended: false,
    schedule: out ? null : "open",
    target: out ? null : { ingroup: `GROUP_${index % 5}` },
    refusal: null,
    revision: "0123456789ab",
    trace: [
      { rule: "did", says: `${did} belongs to apex` },
      { rule: "hours", says: "office: open on Mon until 18:00" },
      { rule: "ingroup", says: `hands over to in-group GROUP_${index % 5}` },
    ],
    recording: { file: `apex/2026/11/01/ast1-${uniqueid}.wav`, format: "wav", notice: null, keepDays: 365 },
  };
  const call = `ast1-${uniqueid}` as CallId;
  return {
    call,
    server: "ast1",
    boot: "2026-11-01 00:00:00",
    steps: [step],
    legs: out ? [asker, leg] : [leg],
    lostAt: null,
  };
}

const folder = await mkdtemp(join(tmpdir(), "sb-million-"));
/** As on a small server: the 64 MB of the lab's own are less than anybody gives a database. */
const settings = { "innodb-buffer-pool-size": "256M" };
const mariadb = kind === "mysql" ? await startMariadb({ folder, port: Number(port), settings }) : null;
const file = join(folder, "signalbox.db");
let filledAt = 0;
const records = mariadb?.url ?? `sqlite:${file}`;

try {
  const filling = performance.now();
  await fill();
  const fillSeconds = (filledAt - filling) / 1000;
  const opening = performance.now();
  const idle = process.cpuUsage();
  const reader = await openRecords(records, folder);
  const rows = await reader.usage({ tenant: "apex", from: firstDay, to: endDay });
  const usageMs = performance.now() - opening;
  const limits = { channels: 10, reserved: 5 };
  const [held, recorded] = await Promise.all([
    reader.held({ tenant: "apex", from, to, cap: 10, reserved: 5 }),
    reader.recorded({ tenant: "apex", from, to }),
  ]);
  const billing = { usual: "6/6", byTrunk: new Map() } as const;
  const whole = month ?? never();
  const report = usageReport({ tenant: "apex", month: whole, billing, limits, rows, held, recorded });
  const reportMs = performance.now() - opening;
  const worked = process.cpuUsage(idle);
  const listing = performance.now();
  const listed = await reader.calls({ tenant: "apex", limit: 100 });
  const listMs = performance.now() - listing;
  const didding = performance.now();
  const last = await reader.lastCalls();
  const lastMs = performance.now() - didding;
  await reader.close();
  const result = {
    kind,
    calls: report.calls.total,
    stored_per_second: Math.round(count / fillSeconds),
    usage_ms: Math.round(usageMs),
    report_ms: Math.round(reportMs),
    // Of this process alone, which is what SQLite works in; of MariaDB it is the asking and the sums of minutes.
    report_cpu_ms: Math.round((worked.user + worked.system) / 1000),
    list_100_ms: Math.round(listMs),
    last_calls_ms: Math.round(lastMs),
    rows: rows.calls.length + rows.legs.length,
    peak: report.peak.channels,
    seconds_at_cap: report.cap.secondsAtCap,
    recordings: report.recordings.count,
    listed: listed.length,
    dids: last.size,
    billed_columns: Object.keys(billedColumns).length,
    bytes: kind === "sqlite" ? (await stat(file)).size : null,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
} finally {
  await mariadb?.stop();
  await rm(folder, { recursive: true, force: true });
}

function never(): never {
  throw new Error("2026-11 is a month");
}

async function fill(): Promise<void> {
  const batches = Math.ceil(count / BATCH);
  const factsIn = (batch: number) =>
    Array.from({ length: Math.min(BATCH, count - batch * BATCH) }, (_, index) =>
      factsOf(batch * BATCH + index),
    );
  if (mariadb === null) {
    const journal = await openJournal({ file, keepsCalls: true, busyMs: 1000, outboxMost: 1 });
    for (let batch = 0; batch < batches; batch++) {
      const done = factsIn(batch).map((facts) => ({
        call: facts.call,
        boot: facts.boot,
        facts: JSON.stringify(facts),
        over: true,
      }));
      await journal.write({ open: [], done });
    }
    await journal.close();
    filledAt = performance.now();
    const db = new Kysely<Tables>({ dialect: sqliteDialect(openForWriting(file, 1000)) });
    await lookAtAll(db);
    await db.destroy();
    return;
  }
  const database = openMysql({ url: mariadb.url, connections: 1 });
  const { db, dialect } = database;
  await migrate(db, dialect);
  for (let batch = 0; batch < batches; batch++) {
    const arriving = factsIn(batch).map((facts) => ({ facts, over: true }));
    await db.transaction().execute((transaction) => writeCalls({ db: transaction, dialect }, arriving));
  }
  filledAt = performance.now();
  await lookAtAll(db);
  await clearedAway(db);
  await db.destroy();
}

/** A month's recordings are not all looked at in one second before its report: the server gets time to clear away. */
async function clearedAway(db: Kysely<Tables>): Promise<void> {
  for (const until = Date.now() + 120_000; Date.now() < until; await sleep(500)) {
    const { rows } = await sql<{
      Value: string;
    }>`show global status like ${"Innodb_history_list_length"}`.execute(db);
    if (Number(rows[0]?.Value ?? 0) < 10) return;
  }
}

/** Every file was there, of whatever length. Looked at one by one they would take longer than all the rest. */
async function lookAtAll(db: Kysely<Tables>): Promise<void> {
  await db
    .updateTable("recordings")
    .set({ state: "kept", length_ms: sql<number>`call_ended_at - call_began_at`, bytes: 960_044 })
    .where("answered", "=", 1)
    .execute();
  await db.deleteFrom("usage_recordings").execute();
  await sql`insert into usage_recordings (tenant, hour, state, part, recordings, length_ms, bytes)
    ${sumsOfRecordings}`.execute(db);
}
