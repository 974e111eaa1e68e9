import { z } from "zod";

/** Every scalar of the configuration arrives as a string; these give it its type. Units are in the names. */

/** A name of a route, menu, hours set, trunk or prompt. */
export const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
    "must be letters, digits, _ or -, at most 64, starting with a letter or digit",
  );

/** A name of an endpoint that the operator's own Asterisk has; those of carriers are often names of hosts. */
export const endpointName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/,
    "must be letters, digits, _, . or -, at most 64, starting with a letter or digit",
  );

/** A whole number within limits. */
export function whole(least: number, most: number): z.ZodType<number> {
  return z
    .string()
    .regex(/^-?[0-9]{1,15}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be a whole number from ${least} to ${most}`);
}

/** A decimal number within limits. */
export function decimal(least: number, most: number): z.ZodType<number> {
  return z
    .string()
    .regex(/^[0-9]{1,12}(\.[0-9]{1,9})?$/, `must be a number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be a number from ${least} to ${most}`);
}

/** `true` or `false` and nothing else: `off` and `no` are ordinary words. */
export const flag = z
  .enum(["true", "false"], { error: "must be true or false" })
  .transform((value) => value === "true");

/** Seconds that a caller waits for something: 1 to 3600. */
export const waitSeconds = whole(1, 3600);

/** What may stand in a dialplan context or extension that we jump to. */
export const dialplanWord = z
  .string()
  .regex(/^[A-Za-z0-9_+*#.@-]{1,79}$/, "must be letters, digits and _ + * # . @ -, at most 79");

/** A name on the PBX (queue, in-group, mailbox): what Asterisk and VICIdial both take. */
export const pbxName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,40}$/, "must be letters, digits, _ or -, at most 40");
