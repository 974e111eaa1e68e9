import { z } from "zod";
import { name, waitSeconds, whole } from "../../core/routing/scalars.ts";
import { language } from "./scalars.ts";
import { target } from "./target.ts";

const keys = z.string().regex(/^[0-9*#]{1,8}$/, 'must be the keys a caller presses, like "1" or "12" or "*"');

const announced = z.strictObject({ announce: name });

export const menuSchema = z.strictObject({
  prompt: name.describe("Under sounds/TENANT/, then sounds/shared/."),
  wait_seconds: waitSeconds.optional().describe("Until the first key, 5 unless said otherwise."),
  next_digit_seconds: whole(1, 60)
    .optional()
    .describe("Between the keys of a longer choice, 2 unless said otherwise."),
  attempts: whole(1, 20).optional().describe("How often the prompt is played, 3 unless said otherwise."),
  choices: z.record(keys, target),
  invalid: announced.optional().describe("Played before asking again after a wrong key."),
  silent: announced.optional().describe("Played before asking again after no key."),
  /** Where a caller goes who has used up the attempts. */
  exhausted: target,
  language: language.optional(),
});

export type RawMenu = z.output<typeof menuSchema>;
