import { z } from "zod";
import { nanpStates } from "../../core/number/nanp-states.ts";
import { isMapping, oneOfForms } from "./delegate.ts";
import { dayKey, dayRanges } from "./hours.ts";
import { vicidialCampaign } from "./vicidial.ts";

const CLOCK = /^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$/;

const clock = z.string().regex(CLOCK, 'must be a time in quotes, like "08:00"');

const stateKey = z
  .string()
  .refine(
    (key) => nanpStates.has(key),
    "is no state of the US and no province of Canada: use its two letters, like FL",
  );

const times = {
  from: clock.optional(),
  to: clock.optional(),
  days: dayKey.optional().describe("Days on which it holds; daily unless said otherwise."),
  weekly: z
    .record(dayKey, dayRanges)
    .optional()
    .describe("Instead of from, to and days: ranges of each day."),
  holidays: z
    .enum(["open", "closed"])
    .optional()
    .describe(
      "closed: nobody is called on a public holiday of his country and state; open unless said otherwise.",
    ),
};

const rule = z.strictObject(times);

export type RawRule = z.output<typeof rule>;

/** What the state's rule leaves out is as everywhere else. */
export function stateRule(state: RawRule, usual: RawRule): RawRule {
  const holidays = state.holidays ?? usual.holidays;
  if (state.weekly !== undefined) return { weekly: state.weekly, holidays };
  const { from, to, days } = { ...usual, ...given(state) };
  const clocks = state.from !== undefined || state.to !== undefined || state.days !== undefined;
  return usual.weekly !== undefined && !clocks ? { ...usual, holidays } : { from, to, days, holidays };
}

function given<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as Partial<T>;
}

const window = z
  .strictObject({
    ...times,
    zone: z
      .enum(["callee", "tenant"])
      .optional()
      .describe("Whose clock counts; callee unless said otherwise."),
    states: z
      .record(stateKey, rule)
      .optional()
      .describe("Rules of single states or provinces; what one leaves out is as everywhere else."),
    except_campaigns: z
      .array(vicidialCampaign)
      .optional()
      .describe("The dialler's campaigns that are held to no window."),
  })
  .superRefine((raw, context) => {
    const add = (path: readonly string[], message: string) =>
      context.addIssue({ code: "custom", path: [...path], message });
    judge(raw, [], add);
    for (const [state, own] of Object.entries(raw.states ?? {})) {
      judge(own.weekly === undefined ? stateRule(own, raw) : own, ["states", state], add);
    }
  });

function judge(
  raw: RawRule,
  at: readonly string[],
  add: (path: readonly string[], says: string) => void,
): void {
  const { from, to, days, weekly } = raw;
  if (weekly !== undefined) {
    const beside = (
      [
        ["from", from],
        ["to", to],
        ["days", days],
      ] as const
    ).find(([, value]) => value !== undefined);
    if (beside !== undefined) add([...at, beside[0]], "means nothing beside weekly: keep one of the two");
    return;
  }
  if (from === undefined || to === undefined) {
    const key = from === undefined ? "from" : "to";
    add([...at, key], 'is missing: add it, like "08:00", or weekly');
  } else if (CLOCK.test(from) && CLOCK.test(to) && from >= to)
    add([...at, "to"], "ends before it begins: `to` must be later than `from` on the same day");
}

const noWindow = z.literal("none");

export type RawCallingWindow = z.output<typeof window> | "none";

export const callingWindowForms = [window, noWindow] as const;

/** When this tenant may call out; `none` for at any time. */
export const callingWindow = oneOfForms<RawCallingWindow>((value) => {
  if (isMapping(value)) return { schema: window };
  if (value === "none") return { schema: noWindow };
  return { problem: 'must be none or {from: "08:00", to: "21:00", zone: callee}' };
});
