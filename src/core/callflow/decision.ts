import type { E164 } from "../number/e164.ts";
import type { Recording } from "../recording/recording.ts";
import type { Instruction } from "../routing/instruction.ts";
import type { TargetPath } from "../routing/plan.ts";
import type { OpenState } from "../schedule/hours.ts";
import type { CallId, Stamp } from "../tenant/stamp.ts";
import type { CallState } from "./call-state.ts";
import type { Command, CommandAnswer } from "./commands.ts";
import type { Refusal } from "./refusal.ts";
import type { TraceLine } from "./trace.ts";

/** Who placed an outbound call, as far as the dialplan or VICIdial told. */
export type PlacedBy = { readonly campaign: string | null; readonly agent: string | null };

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
  /** What is dialled on a trunk, or was to be; null for a call that stays in the house. */
  readonly dialled: { readonly number: E164; readonly callerId: E164 | null } | null;
  /** Null where nothing of it is known. */
  readonly placedBy: PlacedBy | null;
  /** Begins with this instruction at the moment somebody answers, unless it runs already; null: nothing is recorded. */
  readonly recording: Recording | null;
  readonly trace: readonly TraceLine[];
};

/** A decision about a call that is nobody's: no stamp, no state, nothing that could be filed under a client. */
export const ofNobody: Omit<Decision, "call" | "instruction" | "trace"> = {
  stamp: null,
  state: null,
  language: null,
  limitSeconds: null,
  refusal: null,
  ended: false,
  target: null,
  schedule: null,
  dialled: null,
  placedBy: null,
  recording: null,
};

/** A step under way: it yields commands and returns the decision. Pure: same inputs and answers, same decision. */
export type Step = Generator<Command, Decision, CommandAnswer>;
