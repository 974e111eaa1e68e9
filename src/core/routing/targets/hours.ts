import type { TargetPath } from "../plan.ts";
import type { RawTarget, TargetType } from "../target-type.ts";

export type HoursSpec = {
  readonly type: "hours";
  readonly hours: string;
  readonly open: TargetPath;
  readonly closed: TargetPath;
  /** Where no holiday target is given, a holiday is treated as closed. */
  readonly holiday: TargetPath;
};

type Raw = { hours: string; open: RawTarget; closed: RawTarget; holiday?: RawTarget | undefined };

export const hours: TargetType<"hours", Raw, HoursSpec> = {
  type: "hours",
  summary: "Chooses between `open`, `closed` and `holiday` by a named set of hours.",
  schema: ({ z, name }, target) =>
    z.strictObject({ hours: name, open: target, closed: target, holiday: target.optional() }),
  compile: (raw, link) => {
    const closed = link("closed", raw.closed);
    return {
      type: "hours",
      hours: raw.hours,
      open: link("open", raw.open),
      closed,
      holiday: raw.holiday === undefined ? closed : link("holiday", raw.holiday),
    };
  },
  references: (spec) => [
    { to: "hours", name: spec.hours },
    ...[spec.open, spec.closed, spec.holiday].map((path) => ({ to: "target", path }) as const),
  ],
  resolve: (spec, context) => {
    const { state, why } = context.hoursState(spec.hours);
    return { kind: "go", to: spec[state], says: `${spec.hours} is ${state}: ${why}`, hours: state };
  },
  show: (spec) => ({ hours: spec.hours }),
  examples: ["{hours: office, open: {route: main}, closed: {announce: closed}}"],
};
