import type { Offer } from "../core/callflow/call-event.ts";
import { trunkOf } from "../core/callflow/inbound.ts";
import { refusals } from "../core/callflow/refusal.ts";
import type { Instruction } from "../core/routing/instruction.ts";
import type { TenantId } from "../core/tenant/tenant-id.ts";
import { momentText } from "./at.ts";
import type { Simulation } from "./simulate.ts";
import type { Verdict } from "./verdict.ts";

/** Marks up parts of the text: colour on a terminal, nothing elsewhere. */
export type Paint = {
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
};

export const plain: Paint = { dim: (text) => text, good: (text) => text, bad: (text) => text };

/**
 * A simulation for people: the call, each step with the rules that spoke, what the switch was told (`>`) and what came
 * of it (`<`), and the verdict as the last line.
 */
export function simulationText(simulation: Simulation, paint: Paint = plain): string {
  const { offer, moment, steps, further, verdict } = simulation;
  const tenant = moment.snapshot.tenants.get((verdict.tenant ?? "") as TenantId);
  const width = traceWidth(verdict.trace);
  const lines = [`${callText(offer, simulation)}, ${momentText(moment.now, tenant?.timezone ?? "UTC")}`];
  let language = "";
  steps.forEach(({ decision, performed }, index) => {
    lines.push("", `step ${index + 1}`);
    lines.push(...traceLines(decision.trace, width));
    if (decision.language !== null && decision.language !== language) {
      language = decision.language;
      lines.push(paint.dim(`  > language ${language}`));
    }
    lines.push(paint.dim(`  > ${instructionText(decision.instruction)}`));
    if (decision.instruction.do !== "hangup") lines.push(paint.dim(`  < ${performed}`));
  });
  if (further.length > 0) {
    lines.push("", "if that attempt fails");
    for (const { instruction } of further) lines.push(paint.dim(`  > ${instructionText(instruction)}`));
  }
  const colour = verdict.outcome === "refused" ? paint.bad : paint.good;
  lines.push("", colour(verdictText(verdict)));
  return `${lines.join("\n")}\n`;
}

type Trace = Verdict["trace"];

/** How wide the names of rules are. */
export function traceWidth(trace: Trace): number {
  return Math.max(...trace.map(({ rule }) => rule.length), 0);
}

export function traceLines(trace: Trace, width: number): string[] {
  return trace.map(({ rule, says }) => `  ${rule.padEnd(width)}  ${says}`);
}

function callText(
  { direction, dialled, callerNumber, channel }: Offer,
  { moment, verdict }: Simulation,
): string {
  if (direction === "outbound") {
    const shown = callerNumber === "" ? "no caller ID" : `caller ID ${callerNumber}`;
    return `outbound to ${dialled} with ${shown}${verdict.tenant === null ? "" : ` for ${verdict.tenant}`}`;
  }
  const trunk = trunkOf(channel, moment)?.name ?? "no configured trunk";
  return `inbound to ${dialled} from ${callerNumber === "" ? "a withheld number" : callerNumber} on ${trunk}`;
}

/** One instruction on one line. */
function instructionText(instruction: Instruction): string {
  switch (instruction.do) {
    case "play":
      return `play ${instruction.files.join(", ")}`;
    case "collect": {
      if (instruction.digits !== null)
        return `play ${instruction.files.join(", ")}, wait ${instruction.firstDigitSeconds} s for up to ${instruction.digits} keys`;
      const more =
        instruction.prefixes.length === 0 ? "" : `, more keys for ${instruction.nextDigitSeconds} s`;
      return `play ${instruction.files.join(", ")}, wait ${instruction.firstDigitSeconds} s for a key${more}`;
    }
    case "dial": {
      const shown = instruction.callerId === null ? "" : ` showing ${instruction.callerId}`;
      const trunk = instruction.trunk === null ? "" : ` on ${instruction.trunk}`;
      return `dial ${instruction.dial}${trunk} for ${instruction.ringSeconds} s${shown}`;
    }
    case "queue":
      return `queue ${instruction.queue}${instruction.waitSeconds === null ? "" : ` for ${instruction.waitSeconds} s`}`;
    case "voicemail":
      return `voicemail ${instruction.mailbox}@${instruction.context}, greeting ${instruction.greeting}`;
    case "goto":
      return `goto ${instruction.context},${instruction.extension},${instruction.priority}`;
    case "hangup":
      return `${instruction.announce === null ? "" : `play ${instruction.announce}, `}hang up with cause ${instruction.cause}`;
  }
}

/** The verdict on one line, which begins with the outcome. */
export function verdictText({ outcome, tenant, reason, treatment, target, attempts }: Verdict): string {
  const whose = tenant ?? "nobody";
  const reached = target === null ? "" : ` → ${shownText(target)}`;
  if (outcome === "refused" && reason !== null) {
    const heard = treatment === null ? reached : `, ${treatmentText(treatment)}`;
    return `refused: ${whose}, ${reason} (${refusals[reason].text})${heard}`;
  }
  const over = attempts.length === 0 ? "" : ` over ${attempts.map(({ trunk }) => trunk).join(", then ")}`;
  return `${outcome}: ${whose}${reached}${over}`;
}

function treatmentText({ cause, announce }: NonNullable<Verdict["treatment"]>): string {
  return announce === null ? `cause ${cause}` : `hears ${announce}, cause ${cause}`;
}

/** `{ingroup: "APEX"}` → `ingroup APEX`. */
export function shownText(shown: Readonly<Record<string, unknown>>): string {
  return Object.entries(shown)
    .map(([key, value]) => `${key} ${valueText(value)}`)
    .join(", ");
}

function valueText(value: unknown): string {
  if (typeof value === "object" && value !== null) return Object.values(value).map(valueText).join(",");
  return String(value);
}
