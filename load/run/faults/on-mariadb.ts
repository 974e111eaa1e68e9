// The database of call records is away, hangs, is locked, slow or full of connections, with two nodes that store in it.
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, createConnection } from "mysql2/promise";
import { OUTBOX } from "../../../src/records/store.ts";
import { waitFor } from "../../lab/ports.ts";
import type { Floor } from "../floor.ts";
import type { Fault } from "./fault.ts";
import { pair } from "./floors.ts";

/** Speaks to the floor's database past every line. */
async function ask<T>(floor: Floor, use: (database: Connection) => Promise<T>): Promise<T> {
  const database = await createConnection(floor.records);
  try {
    return await use(database);
  } finally {
    database.destroy();
  }
}

/** Takes every connection there is, those of the nodes included, and keeps them for a while. */
async function takeConnections(floor: Floor): Promise<readonly string[]> {
  const own = await createConnection(floor.records);
  const held = [own];
  try {
    await own.query("set global max_connections = 10");
    const [rows] = await own.query("select id from information_schema.processlist where user = 'signalbox'");
    for (const { id } of rows as { id: number }[]) {
      if (id !== own.threadId) await own.query(`kill ${id}`).catch(() => undefined);
    }
    await takeAll(floor.records, held);
    await sleep(6000);
    await own.query("set global max_connections = 151");
    return held.length > 5 ? [] : [`the fault itself: only ${held.length} connections could be taken`];
  } finally {
    for (const connection of held) connection.destroy();
  }
}

async function takeAll(url: string, held: Connection[]): Promise<void> {
  try {
    for (;;) held.push(await createConnection(url));
  } catch (error) {
    if ((error as { code?: string }).code !== "ER_CON_COUNT_ERROR") throw error;
  }
}

/** Both start at the same moment with calls to store and no table to store them in; what was stored is put back. */
async function migrateTogether(floor: Floor): Promise<readonly string[]> {
  floor.line("records").cut();
  // Calls end meanwhile, and wait with the node that listens.
  await sleep(4000);
  await floor.stopNodes();
  const waiting = shareOutbox(floor);
  await ask(floor, async (database) => {
    const tables = await tablesOf(database);
    await database.query("create or replace database before_it");
    for (const table of tables) {
      await database.query(`rename table signalbox.\`${table}\` to before_it.\`${table}\``);
    }
    floor.line("records").mend();
    await Promise.all([floor.startPart("signalbox"), floor.startPart("second")]);
    const isMigrated = async () => (await tablesOf(database)).includes("calls") || undefined;
    await waitFor("the tables", isMigrated, 30_000, 200);
    for (const table of ["calls", "unowned_calls"].filter((name) => tables.includes(name))) {
      await database.query(`insert ignore into signalbox.\`${table}\` select * from before_it.\`${table}\``);
    }
  });
  return waiting > 0 ? [] : ["the fault itself: no call was waiting to be stored"];
}

async function tablesOf(database: Connection): Promise<string[]> {
  const [rows] = await database.query("show tables from signalbox");
  return (rows as Record<string, string>[]).flatMap((row) => Object.values(row));
}

/** Gives the second node, which does not listen, the calls that wait with the first; how many there are. */
function shareOutbox(floor: Floor): number {
  const [one, two] = (["one", "two"] as const).map((node) => join(floor.nodes.variablesOf(node), OUTBOX));
  const file = new DatabaseSync(two ?? "");
  try {
    file.prepare("attach ? as other").run(one ?? "");
    file.exec("insert or ignore into main.outbox select * from other.outbox");
    file.exec("insert or ignore into other.outbox select * from main.outbox");
    return Number(file.prepare("select count(*) as many from main.outbox").get()?.many);
  } finally {
    file.close();
  }
}

export const onMariadb: readonly Fault[] = [
  {
    name: "mariadb-kill",
    says: "kill -9, back after 4 s",
    floor: pair,
    seconds: 8,
    strike: async (floor) => {
      await floor.kill("mariadb");
      await sleep(4000);
      await floor.startPart("mariadb");
      return [];
    },
  },
  {
    name: "mariadb-stop",
    says: "SIGSTOP for 6 s",
    floor: pair,
    seconds: 7,
    strike: async (floor) => {
      floor.signal("mariadb", "SIGSTOP");
      await sleep(6000);
      floor.signal("mariadb", "SIGCONT");
      return [];
    },
  },
  {
    name: "mariadb-locked",
    says: "the table of calls is locked for 6 s",
    floor: pair,
    seconds: 7,
    strike: (floor) =>
      ask(floor, async (database) => {
        await database.query("lock tables calls write");
        await sleep(6000);
        await database.query("unlock tables");
        return [];
      }),
  },
  {
    name: "mariadb-slow",
    says: "every answer takes 1 s for 6 s",
    floor: pair,
    seconds: 7,
    strike: async (floor) => {
      floor.line("records").delay(500);
      await sleep(6000);
      floor.line("records").mend();
      return [];
    },
  },
  {
    name: "mariadb-connections",
    says: "the nodes' connections are killed and no other is to be had for 6 s",
    floor: pair,
    seconds: 8,
    strike: takeConnections,
  },
  {
    name: "mariadb-migrating",
    says: "two nodes start at the same moment, with calls to store in an empty database",
    floor: pair,
    seconds: 12,
    strike: migrateTogether,
  },
];
