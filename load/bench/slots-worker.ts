// One node's share of the slots bench, in a process of its own:  node load/bench/slots-worker.ts memory|redis|incr|script URL
// Each message is one run of acquire and release pairs, or of INCR and DECR, bare or each in a script of its own; a refused
// one spoils the run.
import { Redis } from "ioredis";
import { pino } from "pino";
import type { SlotStore } from "../../src/calls/slot-port.ts";
import type { SlotRequest } from "../../src/core/admission/admission.ts";
import type { CallId } from "../../src/core/tenant/stamp.ts";
import type { TenantId } from "../../src/core/tenant/tenant-id.ts";
import { createSlotStore } from "../../src/slots/slots.ts";
import { waitFor } from "../lab/ports.ts";
import { percentiles } from "../sipp/statistics.ts";
import { answerAll } from "./worker.ts";

export type SlotsRun = { readonly pairs: number; readonly atOnce: number };
export type SlotsRunFigures = { readonly seconds: number; readonly bad: number; readonly p99: number };

type Pair = (nth: number) => Promise<boolean>;

const [kind = "", url = "memory"] = process.argv.slice(2);
const tenant = "apex" as TenantId;
let taken = 0;

/** What an inbound call of a client with every kind of limit weighs. */
function request(uniqueid: string): SlotRequest {
  return {
    key: { server: "ast1", uniqueid },
    leg: "own",
    call: `ast1-${uniqueid}` as CallId,
    tenant,
    direction: "inbound",
    trunk: "pool_a",
    failedTrunk: null,
    caps: { tenant: 10_000, direction: 10_000, trunk: 10_000 },
    pool: { channels: 20_000, trunks: ["pool_a", "pool_b"], reserved: 0, reserves: [] },
    rates: { tenant: null, trunk: null },
    enforce: true,
    whenUnreachable: "refuse",
  };
}

async function slotPairs(store: SlotStore): Promise<Pair> {
  await waitFor("the store", () => store.health().state !== "unreachable" || undefined, 10_000);
  // An empty Redis waits for every switch to be swept; here there is one, without a leg.
  await waitFor(
    "the rebuilt store",
    async () => (await store.rebuilt("ast1", ["ast1"])) || undefined,
    10_000,
  );
  return async () => {
    taken += 1;
    const uniqueid = `${process.pid}.${taken}`;
    const verdict = await store.acquire(request(uniqueid), { node: "bench", boot: "" });
    await store.release({ server: "ast1", uniqueid }, "hangup");
    return verdict.granted;
  };
}

function counterPairs(redis: Redis): Pair {
  return async () => {
    const count = await redis.incr("bench:apex");
    await redis.decr("bench:apex");
    return count > 0;
  };
}

/** What a script costs that does nothing but count. */
async function scriptPairs(redis: Redis): Promise<Pair> {
  const load = async (command: string) =>
    String(await redis.script("LOAD", `return redis.call('${command}', KEYS[1])`));
  const [incr, decr] = [await load("INCR"), await load("DECR")];
  return async () => {
    const count = await redis.evalsha(incr, 1, "bench:script");
    await redis.evalsha(decr, 1, "bench:script");
    return Number(count) > 0;
  };
}

async function pairOf(kind: string): Promise<Pair> {
  if (kind === "incr") return counterPairs(new Redis(url));
  if (kind === "script") return scriptPairs(new Redis(url));
  return slotPairs(createSlotStore(url, { log: pino({ level: "silent" }) }));
}

const pair = await pairOf(kind);

answerAll<SlotsRun>(async ({ pairs, atOnce }): Promise<SlotsRunFigures> => {
  const times: number[] = [];
  let begun = 0;
  let bad = 0;
  const start = performance.now();
  const line = async (): Promise<void> => {
    while (begun < pairs) {
      begun += 1;
      const since = performance.now();
      if (!(await pair(begun))) bad += 1;
      times.push(performance.now() - since);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, line));
  return { seconds: (performance.now() - start) / 1000, bad, p99: percentiles(times)?.p99 ?? 0 };
});
