// A minute of every kind of call at once: answered, refused, cancelled, transferred, over carriers of every temper.
import { setTimeout as sleep } from "node:timers/promises";
import { refusedCaller, type Scenario, type SippResult } from "../../sipp-runner.ts";
import { callerOf, FORBIDDEN, NUMBERS, OUTSIDE, PEOPLE, ROLES, type Role } from "../floor-configuration.ts";
import type { CallersOptions } from "../floor-options.ts";
import { canceller, content, malformed, menuCaller, patient, quiet, rude } from "../people.ts";
import {
  agree,
  callersWell,
  closeBooks,
  fallbacksOf,
  joined,
  type Profile,
  type RunContext,
} from "../profile.ts";

type Kind = {
  readonly what: string;
  readonly scenario: Scenario;
  readonly to: string;
  readonly from?: string;
  readonly calls: number;
  /** How long an answer or a refusal may take, in place of WITHIN_MS. */
  readonly withinMs?: number;
  /** Asterisk refuses it before any dialplan, or it may be taken back before its first step. */
  readonly reach?: "none" | "some";
};

/** The watchdog's three seconds, and time for the switch to say it. */
const WITHIN_MS = 4500;
/** Somebody rings for four seconds before he answers. */
const LATE_MS = 8000;
/** Nobody says a word until Asterisk gives up on a carrier and the next one is tried. */
const NEXT_CARRIER_MS = 25_000;
const PATIENCE: Readonly<Partial<Record<Role, number>>> = {
  ...{ silent: NEXT_CARRIER_MS, dead: NEXT_CARRIER_MS, slow: LATE_MS },
};

const INBOUND: readonly Kind[] = [
  { what: "menu, a key", scenario: menuCaller("1", 1500), to: NUMBERS.menu, calls: 4 },
  { what: "menu, a wrong key", scenario: menuCaller("7", 1500), to: NUMBERS.menu, calls: 2 },
  { what: "hang-up in the prompt", scenario: quiet(100), to: NUMBERS.menu, calls: 4 },
  { what: "hang-up in the menu's wait", scenario: quiet(1500), to: NUMBERS.menu, calls: 4 },
  { what: "in-group", scenario: quiet(6000), to: NUMBERS.direct, calls: 20 },
  { what: "hang-up as soon as it is up", scenario: quiet(1), to: NUMBERS.direct, calls: 10 },
  { what: "hang-up before the answer is confirmed", scenario: rude(), to: NUMBERS.direct, calls: 4 },
  { what: "hang-up in an announcement", scenario: quiet(100), to: NUMBERS.announcement, calls: 4 },
  { what: "announcement to its end", scenario: patient(), to: NUMBERS.announcement, calls: 4 },
  { what: "phone", scenario: quiet(2000), to: NUMBERS.phone, calls: 8 },
  {
    what: "phone that answers late",
    scenario: quiet(1000),
    to: NUMBERS.slowPhone,
    calls: 4,
    withinMs: LATE_MS,
  },
  { what: "phone that hangs up first", scenario: patient(), to: NUMBERS.briefPhone, calls: 4 },
  {
    what: "phone that transfers the caller out",
    scenario: quiet(5000),
    to: NUMBERS.transferringPhone,
    calls: 4,
  },
  { what: "early cancel", scenario: canceller(0, 100), to: NUMBERS.deafPhone, calls: 6, reach: "some" },
  { what: "cancel while it rings", scenario: canceller(300, 180), to: NUMBERS.deafPhone, calls: 6 },
  { what: "no answer", scenario: quiet(1000), to: NUMBERS.deafPhone, calls: 3 },
  { what: "busy phone", scenario: content(500), to: NUMBERS.busyPhone, calls: 4 },
  { what: "turned away by configuration", scenario: refusedCaller(486), to: NUMBERS.turnedAway, calls: 6 },
  { what: "nobody's number", scenario: refusedCaller(404), to: NUMBERS.nobodys, calls: 6 },
  { what: "malformed SDP", scenario: malformed(), to: NUMBERS.direct, calls: 4, reach: "none" },
];

const OUTBOUND: readonly Kind[] = [
  ...ROLES.filter((role) => role !== "brief").map((role) => ({
    what: `carrier: ${role}`,
    scenario: content(1000),
    to: OUTSIDE,
    from: callerOf(role).ip,
    calls: 3,
    ...(PATIENCE[role] === undefined ? {} : { withinMs: PATIENCE[role] }),
  })),
  { what: "carrier: hangs up first", scenario: patient(), to: OUTSIDE, from: callerOf("brief").ip, calls: 3 },
  {
    what: "carrier: cancelled while it rings",
    scenario: canceller(500, 180),
    to: OUTSIDE,
    from: callerOf("slow").ip,
    calls: 3,
  },
  {
    what: "number that may not be called",
    scenario: refusedCaller(403),
    to: FORBIDDEN,
    from: callerOf("accept").ip,
    calls: 3,
  },
];

export const smoke: Profile = {
  name: "smoke",
  says: "every kind of call at once, under a minute",
  run: async (context) => {
    const calls = await everyKind(context, context.flags.size);
    const broken = [...calls.broken, ...fallbacksOf(context.floor)];
    return joined({ ...calls, broken }, await closeBooks(context.floor));
  },
};

/** One batch of all kinds; what store and switch hold is compared in the middle of it. */
export async function everyKind({ floor, say }: Pick<RunContext, "floor" | "say">, size: number) {
  const runs = [...INBOUND, ...OUTBOUND].map((kind) => {
    const calls = Math.max(1, Math.round(kind.calls * size));
    const rest = { service: kind.to, calls, rate: 3, localIp: kind.from ?? PEOPLE.apex };
    // A silent carrier costs a caller the time until the next one is tried.
    const run = floor.callers(kind.scenario, {
      ...rest,
      ...reachOf(kind),
      receiveTimeoutMs: 40_000,
      deadlineMs: 120_000,
    });
    return { ...kind, run };
  });
  await sleep(2500);
  const middle = await agree(floor, 15_000);
  const results = await Promise.all(
    runs.map(async ({ run, ...kind }) => ({ ...kind, result: await run.done })),
  );
  const failed = results.filter(({ result }) => !result.ok);
  say(`${results.length} kinds of calls, ${failed.length} of them not as they should be`);
  const slowest = Math.max(0, ...results.map(({ result }) => result.rtt?.max ?? 0));
  return {
    rows: [
      ...results.map(({ what, result }) => [what, `${result.successful} of ${result.created}`] as const),
      ["longest time to an answer or a refusal", `${Math.round(slowest)} ms`] as const,
    ],
    broken: [
      ...middle,
      ...results.flatMap(silent),
      ...failed.flatMap(({ what, result }) => callersWell(result).map((text) => `${what}: ${text}`)),
    ],
    figures: {
      kinds: Object.fromEntries(results.map(({ what, result }) => [what, counters(result)])),
      slowestMs: slowest,
    },
  };
}

function reachOf({ reach }: Kind): Pick<CallersOptions, "reach"> {
  return reach === undefined ? {} : { reach };
}

function silent({
  what,
  withinMs = WITHIN_MS,
  result,
}: Pick<Kind, "what" | "withinMs"> & { result: SippResult }) {
  const waited = Math.round(result.rtt?.max ?? 0);
  return waited <= withinMs
    ? []
    : [`silence: ${what}: a caller waited ${waited} ms for an answer or a refusal`];
}

function counters({ created, successful, failed, retransmissions, rtt }: SippResult) {
  return { created, successful, failed, retransmissions, rtt };
}
