import { z } from "zod";
import { whole } from "../../core/routing/scalars.ts";
import { destination, numberPrefix } from "./scalars.ts";

export const destinations = z
  .strictObject({ allow: z.array(destination).optional(), deny: z.array(destination).optional() })
  .describe(
    "Beginnings of the numbers that may be dialled, and countries; the longest decides, deny wins a tie.",
  );

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
