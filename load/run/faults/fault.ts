// What a fault is, and what every one of them is judged by: calls are up and calls are coming while it is done, and
// afterwards store = switch, no established call was dropped, every call is recorded once, nobody waited in silence.
import { setTimeout as sleep } from "node:timers/promises";
import { waitFor } from "../../lab/ports.ts";
import type { SippResult, SippRun } from "../../sipp-runner.ts";
import type { Floor } from "../floor.ts";
import { callerOf, NUMBERS, OUTSIDE } from "../floor-configuration.ts";
import { content, quiet } from "../people.ts";
import { agree, type FloorChoice } from "../profile.ts";
import { readRecorded } from "../recorded.ts";

/** What a fault needs to stand on; faults of one kind share a floor as long as all is well. */
export type FloorKind = {
  readonly name: string;
  readonly options: FloorChoice;
  readonly needsRoot?: boolean;
  /** Before the floor is there, and after it has gone. */
  readonly prepare?: (folder: string) => Promise<void>;
  readonly tidy?: (folder: string) => Promise<void>;
};

export type Fault = {
  readonly name: string;
  readonly says: string;
  readonly floor: FloorKind;
  /** How long `strike` takes at most; established calls outlast it. */
  readonly seconds: number;
  /** Calls that are up meanwhile (default 6). */
  readonly established?: number;
  /** They end with what carries them, and so do the calls that are coming. */
  readonly endsCalls?: true;
  /** Callers who come in may be refused meanwhile; otherwise a decision or their number's fallback takes them. */
  readonly refuses?: true;
  /** Does it and mends it; what it gives is what it found wrong. */
  readonly strike: (floor: Floor) => Promise<readonly string[] | undefined>;
};

export type Outcome = {
  readonly name: string;
  readonly broken: readonly string[];
  readonly established: string;
  readonly coming: string;
  /** How often the established calls had to be placed. */
  readonly tries: number;
  /** The longest that a coming caller waited for an answer or a refusal. */
  readonly heardMs: number;
  /** From the mending to readiness, and from then to store = switch. */
  readonly readyMs: number;
  readonly agreeMs: number;
};

const ESTABLISHED = 6;
const OUTBOUND = 2;
/** How long established calls stay after the mending: store and switch are to agree on them, not on none. */
const AFTER_MS = 16_000;
const COMING_PER_SECOND = 3;
/** A caller hears something by then: the watchdog's three seconds, and time for the switch to say it. */
const SILENCE_MS = 6000;
/** With nothing amiss no watchdog is needed. */
const USUAL_MS = 3000;
/** After any fault the store holds what the switch has within this time. */
const HEALED_MS = 30_000;
const READY_MS = 45_000;
const RECORDED_MS = 40_000;
const CALLS_AFTER = 5;
const MOST_TRIES = 3;

/** SIPp begins what it has to say with the time. */
const SAID_AT = /\d\d:\d\d:\d\d/;

type Calls = {
  readonly up: readonly SippRun[];
  readonly coming: readonly SippRun[];
  /** Why not all of `up` were established when the fault was done. */
  readonly missing: readonly string[];
  /** How often they had to be placed. */
  readonly tries: number;
};

export async function undergo(floor: Floor, fault: Fault): Promise<Outcome> {
  if (fault.endsCalls === true) floor.placed.loseCount();
  const calls = await begin(floor, fault);
  const found = await strike(floor, fault);
  if (fault.endsCalls === true) await forget(floor, calls);
  const times = await recover(floor, fault.endsCalls === true ? 0 : legsOf(fault));
  const up = await Promise.all(calls.up.map(({ done }) => done));
  const coming = await Promise.all(calls.coming.map(({ done }) => done));
  const [cameIn] = coming;
  const refused = fault.refuses === true || cameIn === undefined ? [] : turnedAway(cameIn);
  const survived = fault.endsCalls === true ? [] : [...dropped(up), ...silent(coming), ...refused];
  const missing = calls.missing.map((text) => `before it: ${text}`);
  const broken = [...missing, ...found, ...times.broken, ...survived, ...(await well(floor))];
  return {
    name: fault.name,
    broken,
    established: sumOf(up),
    tries: calls.tries,
    coming: sumOf(coming),
    heardMs: Math.round(Math.max(0, ...coming.map(({ rtt }) => rtt?.max ?? 0))),
    readyMs: Math.round(times.readyMs),
    agreeMs: Math.round(times.agreeMs),
  };
}

/** The callers go without a word, also those whom the new switch has taken. */
async function forget(floor: Floor, { up, coming }: Calls): Promise<void> {
  await Promise.all([...up, ...coming].map((run) => run.stop(0)));
  await floor.switch.asterisk.cli("channel request hangup all");
}

/** Calls in and out are up, and more are on their way. */
async function begin(floor: Floor, { seconds, established: inbound = ESTABLISHED }: Fault): Promise<Calls> {
  const holdMs = seconds * 1000 + AFTER_MS;
  const caller = { service: OUTSIDE, localIp: callerOf("accept").ip };
  const { up, ...established } = await establish(floor, inbound, holdMs);
  const more = { receiveTimeoutMs: SILENCE_MS, deadlineMs: holdMs + 40_000 };
  const count = seconds * COMING_PER_SECOND + 6;
  const coming = [
    floor.callers(content(1500), {
      ...{ ...more, service: NUMBERS.direct, calls: count, rate: COMING_PER_SECOND },
    }),
    floor.callers(content(1500), { ...more, ...caller, calls: Math.ceil(count / 3), rate: 1 }),
  ];
  await sleep(700);
  return { up, coming, ...established };
}

/**
 * On a busy machine a slot may take longer than its 150 ms, and a call out is refused then, as it should be: it was not
 * established, and is placed anew before the fault.
 */
async function establish(floor: Floor, inbound: number, holdMs: number): Promise<Omit<Calls, "coming">> {
  const stay = { rate: 50, deadlineMs: holdMs + 40_000, traceMessages: true };
  const caller = { service: OUTSIDE, localIp: callerOf("accept").ip };
  for (let tries = 1; ; tries++) {
    const up = [
      floor.callers(quiet(holdMs), { ...stay, service: NUMBERS.direct, calls: inbound }),
      floor.callers(quiet(holdMs), { ...stay, ...caller, calls: OUTBOUND }),
    ];
    const missing = await agree(floor, 10_000, inbound + OUTBOUND);
    if (missing.length === 0 || tries === MOST_TRIES) return { up, missing, tries };
    // SIPp ends by itself then and says how many calls it placed.
    await floor.switch.asterisk.cli("channel request hangup all");
    await Promise.all(up.map(({ done }) => done));
    await agree(floor, HEALED_MS, 0);
  }
}

async function strike(floor: Floor, fault: Fault): Promise<readonly string[]> {
  try {
    return (await fault.strike(floor)) ?? [];
  } catch (error) {
    return [`the fault itself: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`];
  }
}

function legsOf({ established = ESTABLISHED }: Fault): number {
  return established + OUTBOUND;
}

/** Ready, and store = switch while the `legs` that were up still are. */
async function recover(floor: Floor, legs: number) {
  const mended = performance.now();
  const late = await floor.ready(READY_MS).then(
    () => [],
    () => [`ready: not within ${READY_MS / 1000} s of the mending`],
  );
  const readyAt = performance.now();
  const differing = await agree(floor, HEALED_MS, legs, "or more");
  const agreeMs = performance.now() - readyAt;
  return { broken: [...late, ...differing], readyMs: readyAt - mended, agreeMs };
}

/** Nothing of it is left: calls are decided as before, and the books are right. */
async function well(floor: Floor): Promise<string[]> {
  const before = floor.decided.size;
  const after = await floor.callers(quiet(300), { service: NUMBERS.direct, calls: CALLS_AFTER, rate: 10 })
    .done;
  const waitedMs = after.rtt?.max ?? 0;
  const sinceThen = () => floor.decided.size - before;
  // Lines of the log are written together, a moment later.
  await waitFor("their decisions", () => sinceThen() >= CALLS_AFTER || undefined, 2000).catch(() => {});
  const decided = sinceThen();
  return [
    ...(after.ok ? [] : [`afterwards: ${after.successful} of ${CALLS_AFTER} callers were answered`]),
    ...(waitedMs <= USUAL_MS ? [] : [`afterwards: a caller waited ${Math.round(waitedMs)} ms for an answer`]),
    ...(decided >= CALLS_AFTER ? [] : [`afterwards: ${decided} of ${CALLS_AFTER} calls were decided`]),
    ...(await agree(floor, HEALED_MS, 0)),
    ...(await booksOf(floor)),
  ];
}

/** Every call that was decided so far has its record, once, and so has every other that the switch was given. */
async function booksOf(floor: Floor): Promise<string[]> {
  const read = () => readRecorded(floor.records, floor.variables, floor.decided);
  const complete = async () => {
    const { missing, records, calls } = await read();
    const all = missing.length === 0 && records >= (floor.placed.calls ?? 0);
    // What was not heard of a call comes later, from the switch's own records.
    return (all && floor.wrong(calls).length === 0) || undefined;
  };
  await waitFor("the last record", complete, RECORDED_MS, 500).catch(() => {});
  try {
    const { missing, twice, odd, records, calls } = await read();
    const said = (what: string, calls: readonly string[]) =>
      calls.length === 0 ? [] : [`records: ${calls.length} calls ${what}: ${calls.slice(0, 3).join(", ")}`];
    const placed = floor.placed.calls;
    return [
      ...said("without a record", missing),
      ...said("recorded twice", twice),
      ...said("of an impossible length", odd),
      ...(placed === null || placed === records ? [] : [`records: ${records} of ${placed} calls`]),
      ...floor.wrong(calls),
    ];
  } catch (error) {
    return [`records: cannot be read: ${error instanceof Error ? error.message : String(error)}`];
  }
}

function dropped(results: readonly SippResult[]): string[] {
  return results.flatMap(({ ok, problem, successful, created }) =>
    ok ? [] : [`dropped: ${created - successful} of ${created} established calls: ${lineOf(problem)}`],
  );
}

function silent(results: readonly SippResult[]): string[] {
  return results.flatMap(({ ok, problem, successful, created, rtt }) => {
    const count = `${created - successful} of ${created}`;
    if (!ok) return [`silence: ${count} callers heard nothing in ${SILENCE_MS} ms: ${lineOf(problem)}`];
    const longest = rtt?.max ?? 0;
    return longest <= SILENCE_MS ? [] : [`silence: a caller waited ${Math.round(longest)} ms for an answer`];
  });
}

/** A number's fallback takes its caller whatever has died. */
function turnedAway({ created, answered }: SippResult): string[] {
  return answered === created
    ? []
    : [`fallback: ${created - answered} of ${created} callers who came in were refused`];
}

/** The counters, and what SIPp says first of what it did not expect. */
function lineOf(problem: string): string {
  const [, counters = "", ...said] = problem.split("\n");
  return [counters, ...said.filter((line) => SAID_AT.test(line)).slice(0, 2)].join("; ");
}

function sumOf(results: readonly SippResult[]): string {
  const total = (field: "successful" | "created") => results.reduce((sum, each) => sum + each[field], 0);
  return `${total("successful")} of ${total("created")}`;
}
