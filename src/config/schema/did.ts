import { z } from "zod";
import { decimal, name } from "../../core/routing/scalars.ts";
import { isDate } from "../../core/schedule/parse-hours.ts";
import { recordingShare } from "./outbound.ts";
import { language, text } from "./scalars.ts";
import { target } from "./target.ts";
import { vicidialDid } from "./vicidial.ts";

const date = z.string().refine(isDate, 'is no date: write it in quotes, like "2026-12-31"');

/** One number of a tenant: in service by its route, or kept on hold after its client has left. */
export const did = z
  .strictObject({
    route: name.optional().describe("The route its calls take; a number on hold has none."),
    label: text.optional(),
    monthly_cost: decimal(0, 1_000_000).optional(),
    in_service_since: date.optional().describe("For people: the first day of service."),
    on_hold_until: date
      .optional()
      .describe("The number is out of service and kept until this day: its calls hear an announcement."),
    hold_announce: name
      .optional()
      .describe("Prompt for calls to a number on hold; number-not-in-service unless said."),
    fallback: target
      .optional()
      .describe("Where its calls go when no decision comes; wins over the tenant's."),
    language: language.optional(),
    recording: recordingShare.optional(),
    vicidial_did_id: vicidialDid.optional().describe("did_id of the same number in VICIdial's inbound DIDs."),
  })
  .superRefine((raw, context) => {
    for (const [key, message] of problemsOf(raw)) {
      context.addIssue({ code: "custom", message, path: [key] });
    }
  });

type Raw = {
  readonly [key in "route" | "in_service_since" | "on_hold_until" | "hold_announce"]?: string | undefined;
} & { readonly fallback?: unknown };

function* problemsOf(raw: Raw): Generator<readonly [key: string, says: string]> {
  const { route, on_hold_until: until, in_service_since: since } = raw;
  if (until === undefined) {
    if (route === undefined)
      yield ["route", "is missing: name a route, or keep the number on hold with on_hold_until"];
    if (raw.hold_announce !== undefined)
      yield ["hold_announce", "is only for a number on hold: add on_hold_until or take it out"];
    return;
  }
  if (route !== undefined)
    yield [
      "on_hold_until",
      "the number is in service by its route and on hold as well: take out one of the two",
    ];
  if (raw.fallback !== undefined)
    yield ["fallback", "a number on hold has none: its announcement is played without a decision too"];
  if (since !== undefined && since > until)
    yield ["on_hold_until", `the hold ends before the service began on ${since}`];
}

export type RawDid = z.output<typeof did>;
