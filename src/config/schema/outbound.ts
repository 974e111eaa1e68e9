import { z } from "zod";
import { whole } from "../../core/routing/scalars.ts";
import { isMapping, oneOfForms } from "./delegate.ts";
import { numberPrefix } from "./scalars.ts";

const clock = z
  .string()
  .regex(/^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$/, 'must be a time in quotes, like "08:00"');

const window = z
  .strictObject({
    from: clock,
    to: clock,
    zone: z
      .enum(["callee", "tenant"])
      .optional()
      .describe("Whose clock counts; callee unless said otherwise."),
  })
  .refine(({ from, to }) => from < to, {
    message: "ends before it begins: `to` must be later than `from` on the same day",
    path: ["to"],
  });

const noWindow = z.literal("none");

export type RawCallingWindow = z.output<typeof window> | "none";

export const callingWindowForms = [window, noWindow] as const;

/** When this tenant may call out; `none` for at any time. */
export const callingWindow = oneOfForms<RawCallingWindow>((value) => {
  if (isMapping(value)) return { schema: window };
  if (value === "none") return { schema: noWindow };
  return { problem: 'must be none or {from: "08:00", to: "21:00", zone: callee}' };
});

export const destinations = z
  .strictObject({ allow: z.array(numberPrefix).optional(), deny: z.array(numberPrefix).optional() })
  .describe("Beginnings of the numbers that may be dialled; deny wins over allow.");

export const callerId = z.strictObject({
  on_foreign: z
    .enum(["replace", "refuse"])
    .optional()
    .describe(
      "What happens to a call with a caller ID that is not the tenant's; replace unless said otherwise.",
    ),
  choice: z
    .enum(["default", "area_code", "rotate"])
    .optional()
    .describe(
      "Which of caller_ids replaces it: the first, the one nearest to the called number, or each in turn.",
    ),
});

const spendShape = {
  calls_per_day: whole(1, 10_000_000).optional(),
  minutes_per_day: whole(1, 10_000_000).optional(),
};

/** The most that is dialled in one day of the tenant's calendar. */
export const spending = z.strictObject({
  ...spendShape,
  per_prefix: z
    .record(numberPrefix, z.strictObject(spendShape))
    .optional()
    .describe("Beginnings of numbers with limits of their own; the longest applies."),
});

/** `all`, `none` or a percentage. */
export const recordingShare = z
  .string()
  .regex(/^(all|none|([0-9]|[1-9][0-9]|100)%)$/, "must be all, none or a share like 25%")
  .transform((text) => (text === "all" ? 100 : text === "none" ? 0 : Number(text.slice(0, -1))));

export const outboundPrefix = z.string().regex(/^[0-9]{1,8}$/, 'must be 1 to 8 digits in quotes, like "71"');
