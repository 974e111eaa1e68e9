// A do-not-call list at work, in a process of its own so that its memory and its pauses are its own: loads it, looks
// numbers up, loads it again while a number is looked up every two milliseconds, and prints one line of JSON.
//   node load/scale/listed-node.ts FILE NUMBERS
import { utimesSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { DoNotCallBook } from "../../src/calls/do-not-call.ts";
import type { E164 } from "../../src/core/number/e164.ts";
import type { TenantId } from "../../src/core/tenant/tenant-id.ts";
import { listedNumber } from "./listed-numbers.ts";
import { peakRssMb, rssMb } from "./memory.ts";
import { longestStall } from "./stall.ts";

export type ListedFigures = {
  readonly numbers: number;
  readonly loadMs: number;
  /** Of the whole process, before and after. */
  readonly rssMb: readonly [number, number];
  /** Microseconds of one look-up, each of another number. */
  readonly listedUs: number;
  readonly unlistedUs: number;
  readonly reloadMs: number;
  /** The latest that a look-up came in the reload, by the clock, and the most that this thread itself worked for it. */
  readonly stallMs: number;
  readonly ownMs: number;
  readonly idleStallMs: number;
  readonly peakRssMb: number;
};

const [file = "", count = ""] = process.argv.slice(2);
const numbers = Number(count);
const tenant = "apex" as TenantId;
const source = { tenant: null, file, country: "US" };
const LOOK_UPS = 200_000;

const book = new DoNotCallBook();
const rssBefore = rssMb();
const start = performance.now();
const [loaded] = await book.load([source]);
const loadMs = performance.now() - start;
// What the reader took is given back a moment after it has ended.
await sleep(500);
const rssAfter = rssMb();

/** Numbers in an order that leaves no cache warm; `shift` 0 takes listed ones. */
function sample(shift: number): E164[] {
  return Array.from({ length: LOOK_UPS }, (_, index) => listedNumber((index * 7919) % numbers, shift));
}

/** The fastest of several rounds: what it takes when nobody else wants the machine. */
function lookUpUs(sought: readonly E164[], expected: string | null): number {
  let fastest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const began = performance.now();
    for (const number of sought)
      if (book.listed(tenant, number) !== expected)
        throw new Error(`${number} is not ${expected ?? "unlisted"}`);
    fastest = Math.min(fastest, performance.now() - began);
  }
  return (fastest * 1000) / sought.length;
}

function lookUp(turn: number): void {
  if (book.listed(tenant, listedNumber(turn % numbers, 0)) === null) throw new Error("the list had a hole");
}

const listedUs = lookUpUs(sample(0), "system");
const unlistedUs = lookUpUs(sample(1), null);
const idle = await longestStall(sleep(2000), lookUp);
utimesSync(file, new Date(), new Date());
const again = performance.now();
const reload = book.load([source]).then(() => performance.now() - again);
const stall = await longestStall(
  reload.then(() => sleep(300)),
  lookUp,
);
const figures: ListedFigures = {
  numbers: loaded?.numbers ?? 0,
  loadMs,
  rssMb: [rssBefore, rssAfter],
  listedUs,
  unlistedUs,
  reloadMs: await reload,
  ...stall,
  idleStallMs: idle.stallMs,
  peakRssMb: peakRssMb(),
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
