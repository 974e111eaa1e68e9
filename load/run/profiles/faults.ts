// Kills at random moments, drawn from a seed: Signalbox, Redis and Asterisk die, or Signalbox and Redis stand still for a
// while, with calls up and calls coming. After each, every invariant is looked at before the next one is drawn.
import { setTimeout as sleep } from "node:timers/promises";
import type { SippResult } from "../../sipp-runner.ts";
import type { Part } from "../floor.ts";
import { NUMBERS } from "../floor-configuration.ts";
import { content, quiet } from "../people.ts";
import { agree, closeBooks, joined, type Profile, type RunContext } from "../profile.ts";
import { randomOf } from "../random.ts";

const ESTABLISHED = 6;
const HOLD_MS = 12_000;
const COMING_PER_SECOND = 3;
const COMING = 15;
/** A caller hears something by then: the watchdog's three seconds, and time for the switch to say it. */
const SILENCE_MS = 6000;

export type Fault = {
  readonly part: Part;
  readonly how: "kill" | "stop";
  /** Milliseconds after the calls began, and until the part is back. */
  readonly after: number;
  readonly away: number;
};

type Outcome = Fault & {
  readonly broken: readonly string[];
  readonly established: string;
  readonly coming: string;
  /** Milliseconds from the part's return to readiness, and from then to store = switch. */
  readonly readyMs: number;
  readonly agreeMs: number;
};

/** The same seed draws the same faults. */
export function drawFaults(seed: number, count: number): Fault[] {
  const random = randomOf(seed);
  const pick = <T>(list: readonly [T, ...T[]]): T => list[Math.floor(random() * list.length)] ?? list[0];
  return Array.from({ length: count }, () => {
    const part = pick<Part>(["signalbox", "signalbox", "redis", "redis", "asterisk"]);
    const how = part === "asterisk" ? "kill" : pick<"kill" | "stop">(["kill", "kill", "stop"]);
    const away = how === "stop" ? 500 + random() * 4500 : random() * 2500;
    return { part, how, after: Math.round(500 + random() * 3500), away: Math.round(away) };
  });
}

export const faults: Profile = {
  name: "faults",
  says: "seeded random kills of Signalbox, Redis and Asterisk under calls",
  run: async (context) => {
    const { kills, seed } = context.flags;
    const drawn = drawFaults(seed, kills);
    const outcomes: Outcome[] = [];
    for (const [nth, fault] of drawn.entries()) {
      const outcome = await strike(context, fault);
      outcomes.push(outcome);
      const verdict = outcome.broken.length === 0 ? "all well" : outcome.broken.join("; ");
      context.say(`${nth + 1} of ${kills}: ${fault.how} ${fault.part} for ${fault.away} ms: ${verdict}`);
    }
    return joined(summary(seed, outcomes), await closeBooks(context.floor));
  },
};

async function strike(context: RunContext, fault: Fault): Promise<Outcome> {
  const { floor } = context;
  const up = floor.callers(quiet(HOLD_MS), {
    ...{ service: NUMBERS.direct, calls: ESTABLISHED, rate: 50, deadlineMs: 40_000 },
  });
  await sleep(400);
  const coming = floor.callers(content(1500), {
    ...{ service: NUMBERS.direct, calls: COMING, rate: COMING_PER_SECOND },
    ...{ receiveTimeoutMs: SILENCE_MS, deadlineMs: 40_000 },
  });
  await sleep(fault.after);
  const times = await suffer(context, fault);
  const differing = await agree(floor, 20_000);
  const agreeMs = performance.now() - times.readyAt;
  const [established, others] = await Promise.all([up.done, coming.done]);
  const broken = [...times.broken, ...differing, ...(await agree(floor, 20_000, 0))];
  // Calls die with the switch that carries them; whatever else dies must not be noticed.
  if (fault.part !== "asterisk") broken.push(...dropped(established), ...silent(others));
  return {
    ...fault,
    broken,
    established: `${established.successful}/${established.created}`,
    coming: `${others.successful}/${others.created}`,
    readyMs: Math.round(times.readyMs),
    agreeMs: Math.round(agreeMs),
  };
}

async function suffer({ floor }: RunContext, { part, how, away }: Fault) {
  if (how === "kill") await floor.kill(part);
  else floor.signal(part, "SIGSTOP");
  await sleep(away);
  if (how === "kill") await floor.startPart(part);
  else floor.signal(part, "SIGCONT");
  const back = performance.now();
  const broken = await floor.ready(45_000).then(
    () => [],
    () => [`ready: not within 45 s of the return of ${part}`],
  );
  const readyAt = performance.now();
  return { broken, readyAt, readyMs: readyAt - back };
}

function dropped({ ok, problem, successful, created }: SippResult): string[] {
  return ok ? [] : [`dropped: ${created - successful} of ${created} established calls: ${lineOf(problem)}`];
}

function silent({ ok, problem, successful, created }: SippResult): string[] {
  return ok
    ? []
    : [
        `silence: ${created - successful} of ${created} callers heard nothing in ${SILENCE_MS} ms: ${lineOf(problem)}`,
      ];
}

function lineOf(problem: string): string {
  return problem.split("\n").slice(1, 3).join("; ");
}

function summary(seed: number, outcomes: readonly Outcome[]) {
  const groups = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    const name = `${outcome.how} ${outcome.part}`;
    groups.set(name, [...(groups.get(name) ?? []), outcome]);
  }
  const rows = [...groups].map(([name, list]) => {
    const worst = (field: "readyMs" | "agreeMs") => Math.max(...list.map((outcome) => outcome[field]));
    const good = list.filter(({ broken }) => broken.length === 0).length;
    const times = `ready again after at most ${worst("readyMs")} ms, store = switch at most ${worst("agreeMs")} ms later`;
    return [name, `${good} of ${list.length} without a trace; ${times}`] as const;
  });
  return {
    rows: [["seed", String(seed)] as const, ...rows],
    broken: outcomes.flatMap(({ broken, part, how }, nth) =>
      broken.map((text) => `fault ${nth + 1}, ${how} ${part}: ${text}`),
    ),
    figures: { seed, outcomes },
  };
}
