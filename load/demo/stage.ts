// One call of the demo from start to end: asked of the simulator, placed by SIPp, watched in Asterisk, judged.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { waitFor } from "../lab/ports.ts";
import { runCommand } from "../lab/processes.ts";
import type { World } from "../lab/world.ts";
import { projectRoot } from "../lab/world.ts";
import { caller, refusedCaller, runSipp, type Scenario, type SippResult } from "../sipp-runner.ts";
import { runBurst } from "./burst.ts";
import type { Leg, LegWatch } from "./legs.ts";
import { bold, field, green, grey, legText, print, red } from "./show.ts";

/** What a call of the demo is, and what has to come of it. */
export type DemoCall = {
  readonly title: string;
  /** Address that the call comes from: it is how Asterisk knows the trunk or the phone. */
  readonly from: string;
  readonly dialled: string;
  /** What the caller does; answered and hung up after two seconds unless said. */
  readonly scenario?: Scenario;
  /** Arguments for `signalbox simulate`; null where no step decides. */
  readonly simulate: readonly string[] | null;
  /** Client that every leg has to carry, null for nobody's call. */
  readonly stamped: string | null;
  readonly legs: number;
  /** Refused with this SIP code. */
  readonly refused?: number;
};

/** What `simulate --json` prints, as far as the demo shows it. */
type Simulated = {
  readonly tenant: string | null;
  readonly outcome: string;
  readonly reason: string | null;
  readonly target: unknown;
  readonly trace: readonly { readonly rule: string; readonly says: string }[];
};

/** Many callers at once on one number, and one caller of another client in the middle of it. */
export type DemoBurst = {
  readonly from: string;
  readonly dialled: string;
  readonly callers: number;
  readonly admitted: number;
  readonly refusedWith: number;
  readonly tenant: string;
  readonly neighbour: { readonly from: string; readonly dialled: string };
};

export type Stage = {
  heading(text: string): void;
  call(call: DemoCall): Promise<void>;
  burst(burst: DemoBurst): Promise<void>;
  /** Does something while a call that takes a channel is up; its leg is counted with those of what is done. */
  during(held: Pick<DemoCall, "from" | "dialled">, act: () => Promise<void>): Promise<void>;
  /** Counts what went wrong elsewhere as a failure of the demo. */
  note(problems: readonly string[]): void;
  /** Changes a file of the configuration and waits until the running node has the change in force. */
  reconfigure(file: string, says: string, change: (text: string) => string): Promise<void>;
  readonly failures: () => number;
};

export function createStage(world: World, legWatch: LegWatch, config: string): Stage {
  let number = 0;
  let failures = 0;

  function judge(problems: readonly string[]): void {
    for (const problem of problems) print(`   ${red(`✗ ${problem}`)}`);
    if (problems.length > 0) failures += 1;
    else print(`   ${green("✓ as it should be")}`);
    print();
  }

  return {
    failures: () => failures,
    heading: (text) => print(`${bold(text)}\n`),
    async reconfigure(name, says, change) {
      const file = join(config, name);
      const inForce = countInForce(world);
      writeFileSync(file, change(readFileSync(file, "utf8")));
      await waitFor(
        "the changed configuration to be in force",
        () => (countInForce(world) > inForce ? true : undefined),
        15_000,
      );
      print(`   ${grey(`${says}: the running node has the changed configuration, no call was dropped`)}\n`);
    },
    note: judge,
    async during(held, act) {
      const call = place({ ...held, scenario: caller({ holdMs: 7000 }) }, world);
      await sleep(1000);
      await act();
      await call;
    },
    async burst(burst) {
      number += 1;
      print(`${number}. ${bold(`${burst.callers} callers at once to ${burst.dialled}`)}`);
      judge(await runBurst(burst, world, legWatch));
    },
    async call(call) {
      number += 1;
      print(`${number}. ${bold(call.title)}`);
      field("call", [`${call.dialled} dialled from ${call.from}`]);
      if (call.simulate !== null) showDecision(await simulate(call.simulate, config));
      const result = await place(call, world);
      const legs = await legWatch.ended();
      field("heard", [heard(result)]);
      field("stamp", legs.map(legText));
      judge(problemsOf(call, result, legs));
    },
  };
}

async function simulate(args: readonly string[], config: string): Promise<Simulated> {
  const all = ["simulate", ...args, "--config", config, "--json"];
  const { stdout } = await runCommand(`${projectRoot}/bin/signalbox`, all);
  return JSON.parse(stdout) as Simulated;
}

function showDecision({ tenant, outcome, reason, target, trace }: Simulated): void {
  const where = target === null ? "" : ` ${JSON.stringify(target).replaceAll('"', "")}`;
  field("decided", [`${tenant ?? "nobody's"}: ${outcome}${reason === null ? "" : ` (${reason})`}${where}`]);
  field(
    "why",
    trace.map(({ rule, says }) => `${rule}: ${grey(says)}`),
  );
}

function place(
  call: Pick<DemoCall, "from" | "dialled" | "scenario" | "refused">,
  world: World,
): Promise<SippResult> {
  const scenario =
    call.scenario ?? (call.refused === undefined ? caller({ holdMs: 2000 }) : refusedCaller(call.refused));
  return runSipp({
    scenario,
    remote: world.asterisk.sip,
    localIp: call.from,
    service: call.dialled,
    calls: 1,
    deadlineMs: 60_000,
  });
}

function heard(result: SippResult): string {
  const codes = result.messages
    .filter(({ direction, status }) => direction === "received" && status !== null)
    .map(({ startLine }) => startLine.replace("SIP/2.0 ", ""));
  const last = codes.filter((code, index) => codes.indexOf(code) === index && !code.startsWith("100"));
  return `${last.join(", ")}${result.rtt === null ? "" : ` after ${Math.round(result.rtt.p50)} ms`}`;
}

function problemsOf(call: DemoCall, result: SippResult, legs: readonly Leg[]): string[] {
  const problems = result.ok ? [] : [`SIPp: ${result.problem}`];
  if (legs.length !== call.legs) problems.push(`${legs.length} legs instead of ${call.legs}`);
  for (const leg of legs) {
    if ((leg.tenant ?? null) !== call.stamped)
      problems.push(`${leg.channel} carries ${leg.tenant ?? "no client"}`);
    const code = leg.accountcode === "" ? null : leg.accountcode;
    if (code !== call.stamped) problems.push(`${leg.channel} has the account code ${code ?? "(none)"}`);
  }
  return problems;
}

function countInForce(world: World): number {
  return world.signalbox?.log().filter(({ event }) => event === "configuration.in_force").length ?? 0;
}
