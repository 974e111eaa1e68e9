import type { Outcome } from "./instruction.ts";
import type { Reference, Resolution, ResolveContext, TargetType } from "./target-type.ts";
import { type TargetSpec, type TargetTypeName, targetTypes } from "./targets/index.ts";

/** What the table holds for any type, with the spec's own type forgotten: the key it stands under vouches for it. */
type AnyTarget = TargetType<TargetTypeName, never, TargetSpec>;

const byType = new Map<TargetTypeName, AnyTarget>(
  targetTypes.map((type) => [type.type, type as unknown as AnyTarget]),
);

function typeOf(spec: TargetSpec): AnyTarget {
  const type = byType.get(spec.type);
  if (type === undefined) throw new Error(`bug: the target type ${spec.type} is not in targets/index.ts`);
  return type;
}

/** First arrival at a target. */
export function resolveTarget(spec: TargetSpec, context: ResolveContext): Resolution {
  return typeOf(spec).resolve(spec, context);
}

/** The switch is back from a target's instruction. */
export function resumeTarget(spec: TargetSpec, outcome: Outcome, context: ResolveContext): Resolution {
  const type = typeOf(spec);
  if (type.resume === undefined) return { kind: "end", cause: 16, says: `${spec.type} is over` };
  return type.resume(spec, outcome, context);
}

/** Whether what the switch came back with can have come of this target, and not of one that stood in its place. */
export function canComeOf(spec: TargetSpec, outcome: Outcome): boolean {
  return typeOf(spec).comesBackWith?.includes(outcome.type) ?? false;
}

/** What a target needs to exist elsewhere. */
export function referencesOf(spec: TargetSpec): readonly Reference[] {
  return typeOf(spec).references(spec);
}

/** A target as the simulator's JSON shows it. */
export function showTarget(spec: TargetSpec): Readonly<Record<string, unknown>> {
  return typeOf(spec).show(spec);
}
