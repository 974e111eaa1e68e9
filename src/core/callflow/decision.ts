import type { SlotAnswer, SlotKey, SlotRequest } from "../admission/admission.ts";
import type { Instruction } from "../routing/instruction.ts";
import type { TargetPath } from "../routing/plan.ts";
import type { OpenState } from "../schedule/hours.ts";
import type { CallId, Stamp } from "../tenant/stamp.ts";
import type { CallState } from "./call-state.ts";
import type { Refusal } from "./refusal.ts";
import type { TraceLine } from "./trace.ts";

/** What one step comes to: an instruction for the switch, what to write on the channel, and why. */
export type Decision = {
  readonly call: CallId;
  readonly instruction: Instruction;
  /** Set on the channel before anything is played or dialled; null when it was set by an earlier step. */
  readonly stamp: Stamp | null;
  /** What the next step needs; null when Signalbox's part in the call is over. */
  readonly state: CallState | null;
  /** `CHANNEL(language)` to set, null to leave it. */
  readonly language: string | null;
  /** The most seconds this call may last, counted from here; null leaves the limit as it is. */
  readonly limitSeconds: number | null;
  readonly refusal: Refusal | null;
  /** True when the configuration ends the call: announced, hung up, or refused. */
  readonly ended: boolean;
  readonly target: { readonly path: TargetPath; readonly shown: Readonly<Record<string, unknown>> } | null;
  readonly schedule: OpenState | null;
  readonly trace: readonly TraceLine[];
};

/** What a step asks of the world before it can go on. `calls/run-step` performs it and hands the answer back. */
export type Command =
  | { readonly type: "acquire"; readonly request: SlotRequest }
  /** Frees what is still pending for the leg that `key` was to dial; a bound slot ends with its leg alone. */
  | { readonly type: "release"; readonly key: SlotKey };

export type CommandAnswer = SlotAnswer | null;

/** A step under way: it yields commands and returns the decision. Pure: same inputs and answers, same decision. */
export type Step = Generator<Command, Decision, CommandAnswer>;
