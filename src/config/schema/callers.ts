import { z } from "zod";
import { flag, name } from "../../core/routing/scalars.ts";
import { filePath, numberPrefix } from "./scalars.ts";
import { target } from "./target.ts";

/** A number as people write it: E.164 or the national form of the tenant's country. */
const listedNumber = z
  .string()
  .regex(/^\+?[0-9]{3,20}$/, "must be a telephone number, E.164 or as it is dialled in the tenant's country");

const list = {
  file: filePath.optional().describe("One number a line; NUMBER* for a prefix, `anonymous`, # for comments."),
  numbers: z.array(listedNumber).optional(),
  prefixes: z.array(numberPrefix).optional().describe("Beginnings of numbers, like +1900."),
  anonymous: flag.optional().describe("true: callers who withhold their number."),
};

export const blockedCallers = z.strictObject({ ...list, then: target });

export const vipCallers = z.strictObject({ ...list, route: name });

export type RawCallerList = Omit<z.output<typeof blockedCallers>, "then">;
