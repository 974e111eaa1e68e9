import { z } from "zod";
import { isHolidayPlace } from "../../core/schedule/holidays.ts";
import { isDate, parseDayRanges, parseDays } from "../../core/schedule/parse-hours.ts";
import { country } from "./scalars.ts";

export const dayKey = z.string().superRefine((key, context) => {
  const days = parseDays(key);
  if (!days.ok) context.addIssue({ code: "custom", message: days.problem });
});

/** `closed`, one range or a list of ranges, as people write them; minutes are made of them once they are sound. */
export const dayRanges = z
  .union([z.string(), z.array(z.string())], {
    error: 'must be closed or a list of ranges, like ["09:00-18:00"]',
  })
  .superRefine((raw, context) => {
    const ranges = parseDayRanges(raw);
    if (!ranges.ok) context.addIssue({ code: "custom", message: ranges.problem });
  });

const date = z.string().refine(isDate, 'is no date: write it in quotes, like "2026-12-25"');

const until = z
  .string()
  .regex(
    /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?$/,
    'must be a moment in quotes, like "2026-11-30T09:00:00-05:00"; without an offset it is the tenant\'s wall clock',
  )
  .refine(
    // Date.parse takes the 31st of November for the 1st of December.
    (value) => isDate(value.slice(0, 10)) && !Number.isNaN(Date.parse(value)),
    "must be a moment that exists",
  );

const places = new Map<string, boolean>();

const holidays = z
  .strictObject({
    country,
    state: z.string().max(10).optional().describe("As the holiday calendar has it: NY."),
    region: z.string().max(20).optional(),
  })
  .transform(({ country: code, state, region }) => {
    return { country: code, state: state ?? null, region: region ?? null };
  })
  .superRefine((place, context) => {
    const key = JSON.stringify(place);
    const known = places.get(key) ?? isHolidayPlace(place);
    places.set(key, known);
    if (known) return;
    const where = [place.country, place.state, place.region].filter((part) => part !== null).join("/");
    const message = `the holiday calendar has no ${where}: use a country and state (ISO 3166-2), like {country: US, state: NY}`;
    context.addIssue({ code: "custom", message });
  });

/** One named set of opening hours. */
export const hoursSchema = z.strictObject({
  weekly: z.record(dayKey, dayRanges).optional().describe("Local times; a range may cross midnight."),
  holidays: holidays.optional().describe("Public holidays of this place close the day."),
  exceptions: z.record(date, dayRanges).optional().describe("Single dates; they replace the whole day."),
  override: z
    .strictObject({ state: z.enum(["open", "closed", "holiday"]), until: until.optional() })
    .optional()
    .describe("Wins over everything until it ends."),
});

export type RawHours = z.output<typeof hoursSchema>;
