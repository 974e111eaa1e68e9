import { z } from "zod";
import { name, whole } from "../../core/routing/scalars.ts";
import { nearest } from "../nearest.ts";
import { isMapping, oneOfForms } from "./delegate.ts";

const fullWord = z.enum(["busy", "congestion"]);
const fullAnnounced = z.strictObject({ announce: name, then: fullWord });
const fullRouted = z.strictObject({ route: name });

export type RawWhenFull =
  | z.output<typeof fullWord>
  | z.output<typeof fullAnnounced>
  | z.output<typeof fullRouted>;

/** What `when_full` may say, for the JSON Schema. */
export const whenFullForms = [fullWord, fullAnnounced, fullRouted] as const;

/** `busy`, `congestion`, `{route: NAME}` or `{announce: NAME, then: busy}`. */
export const whenFull = oneOfForms<RawWhenFull>((value) => {
  if (isMapping(value)) return { schema: isAnnounced(Object.keys(value)) ? fullAnnounced : fullRouted };
  if (value === "busy" || value === "congestion") return { schema: fullWord };
  return { problem: "must be busy, congestion, {route: NAME} or {announce: NAME, then: busy}" };
});

/** The form that was meant, by any key that is the one's or nearly so. */
function isAnnounced(keys: readonly string[]): boolean {
  const known = ["announce", "then", "route"];
  const meant = keys.map((key) => (known.includes(key) ? key : nearest(key, known)));
  return !meant.includes("route") && meant.some((key) => key !== null);
}

const oneDirection = whole(0, 100_000);

export const limitsSchema = z.strictObject({
  mode: z
    .enum(["enforce", "watch"])
    .optional()
    .describe("watch admits every call and flags what would have been refused."),
  channels: whole(1, 100_000)
    .optional()
    .describe("Trunk legs at a time, both directions, all servers together."),
  inbound: oneDirection.optional().describe("Of those, calls from outside; 0 lets none in."),
  outbound: oneDirection.optional().describe("Of those, calls to the outside; 0 lets none out."),
  reserved: whole(0, 100_000)
    .optional()
    .describe("Legs of the shared pool that are always there for this tenant."),
  calls_per_second: whole(1, 10_000).optional(),
  longest_call_minutes: whole(1, 10_080).optional().describe("A stuck or hijacked call ends by itself."),
  when_full: z
    .strictObject({ inbound: whenFull.optional(), outbound: whenFull.optional() })
    .optional()
    .describe("What a refused call hears: busy (486), congestion (503), a route or an announcement."),
});

export type RawLimits = z.output<typeof limitsSchema>;
