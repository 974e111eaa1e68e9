// A scripted VICIdial: its tables on a MariaDB, its carriers and contexts on a real Asterisk, its orders through the
// manager interface, and a stand-in for its FastAGI server; beside it a Signalbox with a Redis of its own.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { type CallLog, startCallLog } from "../../../load/lab/call-log.ts";
import type { AsteriskVersion } from "../../../load/lab/find-asterisk.ts";
import { type RunningMariadb, startMariadb } from "../../../load/lab/mariadb.ts";
import { waitFor } from "../../../load/lab/ports.ts";
import { startRedis } from "../../../load/lab/redis.ts";
import { type SignalboxProcess, startSignalbox } from "../../../load/lab/signalbox.ts";
import { readSnapshot, startWorld, type World } from "../../../load/lab/world.ts";
import type { AmiConnection } from "../../../src/ami/connection.ts";
import type { SlotStore } from "../../../src/calls/slot-port.ts";
import { createSlotStore } from "../../../src/slots/slots.ts";
import { carriersOf } from "../../../src/vicidial/carriers.ts";
import { renderIngroups } from "../../../src/vicidial/ingroup-contexts.ts";
import { createVicidialTables, type TestTables } from "../../vicidial-tables.ts";
import { writePrompts } from "./prompts.ts";
import { type Agreement, readAgreement } from "./slot-agreement.ts";
import { connectTester, SECRETS, TESTER_ACCOUNT } from "./tester.ts";
import { VICI_AT, viciDialplan, writeViciConfiguration } from "./vicidial-configuration.ts";

export const CAMPAIGN_SECONDS = 4;

export type ViciWorld = {
  readonly world: World;
  readonly mariadb: RunningMariadb;
  readonly tables: TestTables;
  readonly callLog: CallLog;
  readonly manager: AmiConnection;
  readonly folder: string;
  node(): SignalboxProcess;
  stopNode(): Promise<void>;
  startNode(): Promise<void>;
  /** An automatic call, as the dialler places it. */
  autoDial(code: string, number: string): Promise<void>;
  /** A recording of a conference, as VICIdial starts its own: named by what is the caller ID's name there. */
  record(conference: string, name: string): Promise<void>;
  /** A call that an agent places out of a conference. */
  manualDial(code: string, number: string, conference: string): Promise<void>;
  /** Sends a channel somewhere, as the dialler does with an answered call. */
  redirect(channel: string, extension: string): Promise<void>;
  /** What switch and slot store hold. */
  look(): Promise<Agreement>;
  /** Resolves when both hold the same, `legs` of them. */
  agree(legs: number): Promise<Agreement>;
  /** Resolves when `code` has come to its end. */
  ended(code: string): Promise<void>;
  /** Lines of Asterisk's own log. */
  asteriskLog(): string;
  stop(): Promise<void>;
};

/** `seed`: statements that fill the tables before the node starts. */
export async function startViciWorld(version: AsteriskVersion, seed: string): Promise<ViciWorld> {
  const folder = mkdtempSync(join(tmpdir(), "sb-vici-"));
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of undo.toReversed()) await each();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    writePrompts(join(folder, "sounds"));
    const mariadb = await startMariadb({ folder: join(folder, "db"), port: VICI_AT.mariadbPort });
    undo.push(() => mariadb.stop());
    const tables = await createVicidialTables(mariadb.url);
    undo.push(() => tables.close());
    await tables.run(seed);
    const redis = await startRedis({ folder: join(folder, "redis"), port: VICI_AT.redisPort });
    undo.push(() => redis.stop());
    const callLog = await startCallLog(VICI_AT.callLog, CAMPAIGN_SECONDS);
    undo.push(() => callLog.stop());
    const config = join(folder, "config");
    writeViciConfiguration(config, { version, slots: redis.url, database: tables.url });
    const world = await startWorld({ ...placesOf(folder, config, version), signalbox: false });
    undo.push(() => world.stop());
    let node: SignalboxProcess | null = null;
    const startNode = async (): Promise<void> => {
      node = await startSignalbox({ config, variables: join(folder, "var"), env: world.env });
    };
    const stopNode = async (): Promise<void> => {
      await node?.stop();
      node = null;
    };
    undo.push(stopNode);
    await startNode();
    const store = createSlotStore(redis.url, { log: pino({ level: "silent" }) });
    undo.push(() => store.close());
    const manager = await connectTester("ast1", VICI_AT.ami);
    undo.push(() => manager.stop());
    await waitFor("the slot store", () => (store.health().state === "ready" ? true : undefined), 20_000);
    return {
      ...{ world, mariadb, tables, callLog, manager, folder, stop, startNode, stopNode },
      node: () => {
        if (node === null) throw new Error("no node runs");
        return node;
      },
      ...orders(manager),
      ...views(manager, store, callLog),
      asteriskLog: () => readFileSync(join(world.asterisk.folder, "log/full"), "utf8"),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function placesOf(folder: string, config: string, version: AsteriskVersion) {
  const snapshot = readSnapshot(config, { ...process.env, ...SECRETS });
  return {
    ...{ config, folder, version },
    sip: VICI_AT.sip,
    rtpStart: VICI_AT.rtpStart,
    rtpEnd: VICI_AT.rtpEnd,
    sounds: join(folder, "sounds"),
    files: { "manager_lab.conf": TESTER_ACCOUNT },
    dialplan: `${viciDialplan(carriersOf(snapshot))}\n${renderIngroups(snapshot)}`,
    phones: { "100": `${VICI_AT.agent.ip}:${VICI_AT.agent.port}` },
    env: SECRETS,
  };
}

function orders(manager: AmiConnection): Pick<ViciWorld, "autoDial" | "record" | "manualDial" | "redirect"> {
  const originate = async (fields: Readonly<Record<string, string>>): Promise<void> => {
    await manager.action("Originate", {
      Context: "default",
      Priority: "1",
      Async: "true",
      Timeout: "60000",
      ...fields,
    });
  };
  return {
    autoDial: (code, number) =>
      originate({
        Channel: `Local/${number}@default`,
        Exten: "8368",
        CallerID: `"${code}" <2125550199>`,
        Account: code,
      }),
    record: (conference, name) =>
      originate({ Channel: `Local/5${conference}@default`, Exten: "8309", CallerID: `"${name}" <>` }),
    manualDial: (code, number, conference) =>
      originate({
        Channel: `Local/${conference}@default`,
        Exten: number,
        CallerID: `"${code}" <2125550199>`,
        Account: code,
      }),
    redirect: async (channel, extension) => {
      await manager.action("Redirect", {
        Channel: channel,
        Context: "default",
        Exten: extension,
        Priority: "1",
      });
    },
  };
}

function views(
  manager: AmiConnection,
  store: SlotStore,
  callLog: CallLog,
): Pick<ViciWorld, "look" | "agree" | "ended"> {
  const look = (): Promise<Agreement> => readAgreement(["ast1"], () => manager, store);
  return {
    look,
    agree: async (legs) => {
      let last: Agreement | null = null;
      try {
        return await waitFor(
          "slots and switch",
          async () => {
            last = await look();
            return last.same && last.legs.length === legs ? last : undefined;
          },
          10_000,
          100,
        );
      } catch (error) {
        throw new Error(`store and switch differ: ${JSON.stringify(last, null, 1)}`, { cause: error });
      }
    },
    ended: async (code) => {
      await waitFor(
        `the end of ${code}`,
        () =>
          callLog.of(code).some(({ what, status }) => what === "ended" && status !== "") ? true : undefined,
        20_000,
      );
    },
  };
}
