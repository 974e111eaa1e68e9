import type { z } from "zod";
import type { OpenState } from "../schedule/hours.ts";
import type { Instruction, Outcome } from "./instruction.ts";
import type { RoutingPlan, SoundFile, TargetPath } from "./plan.ts";
import type * as words from "./words.ts";

/** A target as the YAML has it, before it is linked: one object whose keys name its type. */
export type RawTarget = { readonly [key: string]: unknown };

/** Zod, and the scalars that targets share. */
export type SchemaWords = typeof words;

/** Gives the path of a child target: `link("no_answer", raw.no_answer)`. */
export type Link = (key: string, child: RawTarget) => TargetPath;

/** What a target needs to exist elsewhere; `check` follows these. */
export type Reference =
  | { readonly to: "route" | "menu" | "hours" | "prompt" | "ingroup" | "queue"; readonly name: string }
  | { readonly to: "mailbox"; readonly name: string }
  | { readonly to: "endpoint"; readonly name: string }
  | { readonly to: "context"; readonly name: string }
  | { readonly to: "target"; readonly path: TargetPath };

/** What a target sees when it is resolved. Pure values only. */
export type ResolveContext = {
  readonly tenant: string;
  readonly plan: RoutingPlan;
  /** Open, closed or holiday of the named hours at the moment of this step, with the reason. */
  readonly hoursState: (name: string) => { readonly state: OpenState; readonly why: string };
  /** The file of a prompt in the call's language; falls back to the name where no file is known. */
  readonly sound: (prompt: string) => SoundFile;
  /** Which time this target is performed in a row, 1 at first: a menu's attempt. */
  readonly attempt: number;
};

/** What a target says: go on elsewhere, do something on the switch, or leave by the outbound rules. */
export type Resolution =
  | { readonly kind: "go"; readonly to: TargetPath; readonly says: string; readonly hours?: OpenState }
  | {
      readonly kind: "perform";
      readonly instruction: Instruction;
      readonly says: string;
      /** Set when the same target is to be performed again with this attempt number. */
      readonly attempt?: number;
      readonly language?: string;
    }
  | {
      readonly kind: "forward";
      readonly number: string;
      readonly ringSeconds: number;
      readonly says: string;
    }
  /** Nothing more is configured: the call ends here by configuration. */
  | { readonly kind: "end"; readonly cause: number; readonly says: string };

/**
 * One kind of target, whole: its name, its YAML, what it refers to, and how it is decided. Adding a kind is adding
 * a file with one of these and a line in targets/index.ts.
 */
export type TargetType<Type extends string, Raw extends RawTarget, Spec extends { readonly type: Type }> = {
  readonly type: Type;
  /** One sentence for the documentation table. */
  readonly summary: string;
  /**
   * YAML object → Raw, given what schemas are made of and the schema of a nested target. All scalars arrive as strings.
   * It is given, so that a node that decides calls and reads no YAML need not hold it in memory.
   */
  readonly schema: (its: SchemaWords, target: z.ZodType<RawTarget>) => z.ZodType<Raw>;
  readonly compile: (raw: Raw, link: Link) => Spec;
  readonly references: (spec: Spec) => readonly Reference[];
  /** First arrival at this target. */
  readonly resolve: (spec: Spec, context: ResolveContext) => Resolution;
  /** What the simulator's JSON shows under `target`. */
  readonly show: (spec: Spec) => Readonly<Record<string, unknown>>;
  /** YAML lines that are valid, used by the documentation and by the contract test. */
  readonly examples: readonly string[];
} & (ComesBack<Spec> | NeverComesBack);

/** Its instruction comes back to us for the next step. */
type ComesBack<Spec> = {
  readonly resume: (spec: Spec, outcome: Outcome, context: ResolveContext) => Resolution;
  /** What its instruction can come back with. Anything else belongs to a target that stood here before a reload. */
  readonly comesBackWith: readonly Outcome["type"][];
};

type NeverComesBack = { readonly resume?: never; readonly comesBackWith?: never };
