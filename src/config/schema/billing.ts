import { z } from "zod";
import { type IncrementName, increments } from "../../core/billing/increments.ts";
import { name } from "../../core/routing/scalars.ts";
import { isMapping, oneOfForms } from "./delegate.ts";

const names = Object.keys(increments);

/** Seconds that are billed: at least so many, then in steps of so many. */
export const billingIncrement = z
  .enum(names as [IncrementName, ...IncrementName[]], { error: `must be ${names.join(", ")} in quotes` })
  .describe("Least seconds billed and the step after them: 6/6, 30/6, 60/60, or 1/1 for seconds.");

const byTrunk = z.strictObject({
  default: billingIncrement.optional(),
  trunks: z.record(name, billingIncrement).optional(),
});

export type RawTenantBilling = IncrementName | z.output<typeof byTrunk>;

export const tenantBillingForms = [billingIncrement, byTrunk] as const;

/** One increment for everything, or `{default, trunks: {NAME: …}}`. */
export const tenantBilling = oneOfForms<RawTenantBilling>((value) =>
  isMapping(value) ? { schema: byTrunk } : { schema: billingIncrement },
);
