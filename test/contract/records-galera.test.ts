import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { inStep, startGalera } from "../../load/lab/galera.ts";
import type { RunningMariadb } from "../../load/lab/mariadb.ts";
import { waitFor } from "../../load/lab/ports.ts";
import type { RecordReader, RecordStore } from "../../src/calls/record-port.ts";
import { openRecords } from "../../src/records/open.ts";
import { createRecordStore } from "../../src/records/store.ts";
import { tenantId } from "../builders.ts";
import { callFacts, noon, stampedCall, stampedOf } from "../record-builders.ts";

const log = pino({ level: "silent" });
const month = { tenant: "apex", from: "2026-11-01", to: "2026-12-01" };
const CALLS = 300;
const HALVED = 200;
const KILLED = 50;

let folder = "";
let members: RunningMariadb[] = [];
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sb-galera-"));
  members = await startGalera({ folder, port: 30_000 });
});

afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

afterAll(async () => {
  await Promise.all(members.map((member) => member.stop()));
  await rm(folder, { recursive: true, force: true });
});

function urlOf(nth: number): string {
  const member = members[nth];
  if (member === undefined) throw new Error(`there is no member ${nth}`);
  return member.url;
}

function node(nth: number, variables: string): RecordStore {
  const store = createRecordStore({ records: urlOf(nth), variables, log });
  opened.push(store);
  return store;
}

async function emptied(store: RecordStore): Promise<void> {
  await store.flush();
  await waitFor("an empty outbox", () => store.pending().outbox === 0 || undefined, 60_000);
}

/** What a report says, read from a member once it has what the others have. */
async function told(nth: number, calls: number) {
  await waitFor(`member ${nth}`, () => inStep(urlOf(nth)), 60_000);
  const records: RecordReader = await openRecords(urlOf(nth), folder);
  opened.push(records);
  const listed = await waitFor(
    `${calls} calls in member ${nth}`,
    async () => {
      const found = await records.calls({ limit: 5000 });
      return found.length >= calls && found.every(({ did }) => did !== null) ? found : undefined;
    },
    20_000,
  );
  const usage = await records.usage(month);
  return {
    calls: listed.length,
    counted: usage.calls.reduce((sum, row) => sum + row.calls, 0),
    seconds: usage.legs.reduce((sum, row) => sum + row.seconds, 0),
    halves: await halvesIn(nth),
  };
}

/** Calls that stand there more than once. */
async function halvesIn(nth: number): Promise<number> {
  const connection = await createConnection(urlOf(nth));
  try {
    const twice = "select call_id from calls group by call_id having count(*) > 1";
    const [rows] = await connection.query<RowDataPacket[]>(twice);
    return rows.length;
  } finally {
    await connection.end();
  }
}

test("nodes that write to members of their own make the tables and store every call once, counted", async () => {
  const one = node(0, await mkdtemp(join(folder, "node-")));
  const two = node(1, await mkdtemp(join(folder, "node-")));
  for (let number = 1; number <= CALLS; number++) {
    const call = stampedCall({ number, startedAt: noon + number });
    (number % 2 === 0 ? one : two).put(call);
    // Every fourth is told by both, at about the same moment.
    if (number % 4 === 0) two.put(call);
  }
  await Promise.all([emptied(one), emptied(two)]);
  for (const nth of [0, 1, 2]) {
    const seconds = CALLS * 60;
    expect(await told(nth, CALLS)).toEqual({ calls: CALLS, counted: CALLS, seconds, halves: 0 });
  }
});

test("two halves of one call that come through two members at one moment make one record", async () => {
  const one = node(0, await mkdtemp(join(folder, "node-")));
  const two = node(1, await mkdtemp(join(folder, "node-")));
  for (let number = CALLS + 1; number <= CALLS + HALVED; ) {
    for (let nth = 0; nth < 10; nth++, number++) {
      const whole = callFacts({ number, startedAt: noon + number });
      one.put(stampedOf({ ...whole, legs: [], boot: "" }), { part: true });
      const legs = whole.legs.map((leg) => ({ ...leg, tenant: tenantId("apex") }));
      two.put(stampedOf({ ...whole, steps: [], legs }));
    }
    await Promise.all([emptied(one), emptied(two)]);
  }
  const calls = CALLS + HALVED;
  for (const nth of [0, 1, 2]) {
    expect(await told(nth, calls)).toEqual({ calls, counted: calls, seconds: calls * 60, halves: 0 });
  }
});

test("a node whose member is killed keeps its calls, and stores them once through another member", async () => {
  const variables = await mkdtemp(join(folder, "node-"));
  const store = node(0, variables);
  members[0]?.kill("SIGKILL");
  await members[0]?.exited;
  for (let number = 1; number <= KILLED; number++)
    store.put(stampedCall({ number: CALLS + HALVED + number, startedAt: noon + number }));
  await store.flush();
  expect(store.pending().outbox).toBe(KILLED);
  await store.close();
  const next = node(1, variables);
  await emptied(next);
  const calls = CALLS + HALVED + KILLED;
  for (const nth of [1, 2]) {
    expect(await told(nth, calls)).toEqual({ calls, counted: calls, seconds: calls * 60, halves: 0 });
  }
});
