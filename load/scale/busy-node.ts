// A node's configuration at work, in a process of its own so that its memory and its pauses are its own: loads,
// decides a call every two milliseconds while the configuration is read again, and prints one line of JSON.
//   node load/scale/busy-node.ts DIRECTORY TENANTS DIDS RELOADS
import { setTimeout as sleep } from "node:timers/promises";
import { runStep } from "../../src/calls/run-step.ts";
import { createConfiguration } from "../../src/config/configuration.ts";
import { begin } from "../../src/core/callflow/callflow.ts";
import { calmConditions } from "../../src/core/snapshot/conditions.ts";
import type { Snapshot } from "../../src/core/snapshot/snapshot.ts";
import { didOf, type Size, writeClient } from "./clients.ts";
import { peakRssMb, rssMb } from "./memory.ts";
import { longestStall, type Stall } from "./stall.ts";

export type BusyFigures = {
  /** From nothing to a snapshot in force, in a worker, as `serve` does at its start. */
  readonly loadMs: number;
  readonly rssAfterLoadMb: number;
  readonly peakRssMb: number;
  /** Microseconds of a begin() decision, each for another number. */
  readonly decisionUs: number;
  /** Of one step, in milliseconds: nothing else going on. */
  readonly idleStallMs: number;
  readonly reloads: readonly ReloadFigures[];
};

export type ReloadFigures = Stall & { readonly changed: string; readonly ms: number };

const [directory = "", tenants = "", dids = "", rounds = "3"] = process.argv.slice(2);
const size: Size = { tenants: Number(tenants), dids: Number(dids) };

const DECISIONS = 20_000;

const configuration = createConfiguration(directory, { env: process.env });

/** The decision of a call to one of the numbers, in an order that leaves no cache warm. */
async function decide(snapshot: Snapshot, turn: number): Promise<void> {
  const number = (turn * 7919) % (size.tenants * size.dids);
  const offer = {
    type: "offer" as const,
    direction: "inbound" as const,
    server: "ast22",
    uniqueid: `1700000000.${turn}`,
    channel: `PJSIP/pool_a-${turn}`,
    dialled: didOf(Math.floor(number / size.dids), number % size.dids, size),
    callerNumber: "+12025550123",
    callerName: "",
    accountcode: "",
    tenantHint: null,
    campaign: null,
  };
  const moment = { snapshot, conditions: calmConditions, now: Date.now() };
  const decision = await runStep(begin(offer, moment), {
    perform: () => ({ granted: true, wouldRefuse: null }),
  });
  if (decision.refusal !== null) throw new Error(`${offer.dialled} was refused: ${decision.refusal.reason}`);
}

/** Runs steps until `until` settles. */
function stallUntil(until: Promise<unknown>): Promise<Stall> {
  return longestStall(until, (turn) => decide(configuration.current(), turn));
}

async function timed(changed: string): Promise<ReloadFigures> {
  const start = performance.now();
  let ms = 0;
  const reload = configuration.reload().then((result) => {
    ms = performance.now() - start;
    if (result.errors.length > 0) throw new Error(`the reload failed: ${JSON.stringify(result.errors[0])}`);
    // What the reload leaves behind is cleared away after it: a moment longer, to see that too.
    return sleep(300);
  });
  const stall = await stallUntil(reload);
  await reload;
  return { changed, ms, ...stall };
}

async function reloads(): Promise<ReloadFigures[]> {
  const figures: ReloadFigures[] = [];
  for (let round = 0; round < Number(rounds); round++) {
    figures.push(await timed("nothing"));
    writeClient(directory, 0, size, `Round ${round}`);
    figures.push(await timed("one client"));
    for (let index = 0; index < size.tenants; index++) writeClient(directory, index, size, `All ${round}`);
    figures.push(await timed("every client"));
  }
  return figures;
}

async function decisionUs(): Promise<number> {
  const snapshot = configuration.current();
  for (let turn = 0; turn < DECISIONS / 4; turn++) await decide(snapshot, turn);
  const start = performance.now();
  for (let turn = 0; turn < DECISIONS; turn++) await decide(snapshot, turn);
  return ((performance.now() - start) * 1000) / DECISIONS;
}

const start = performance.now();
const { errors } = await configuration.reload();
if (errors[0] !== undefined) throw new Error(`${errors[0].file}: ${errors[0].message}`);
const loadMs = performance.now() - start;
const rssAfterLoadMb = rssMb();
const perDecision = await decisionUs();
const { stallMs: idleStallMs } = await stallUntil(sleep(2000));
const figures: BusyFigures = {
  loadMs,
  rssAfterLoadMb,
  decisionUs: perDecision,
  idleStallMs,
  reloads: await reloads(),
  peakRssMb: peakRssMb(),
};
await configuration.close();
process.stdout.write(`${JSON.stringify(figures)}\n`);
