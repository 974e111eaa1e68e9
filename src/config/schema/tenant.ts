import { z } from "zod";
import { flag, name, pbxName, whole } from "../../core/routing/scalars.ts";
import { tenantBilling } from "./billing.ts";
import { blockedCallers, vipCallers } from "./callers.ts";
import { callingWindow } from "./calling-window.ts";
import { did } from "./did.ts";
import { hoursSchema } from "./hours.ts";
import { limitsSchema } from "./limits.ts";
import { menuSchema } from "./menu.ts";
import { callerId, destinations, outboundPrefix, recordingShare, spending } from "./outbound.ts";
import { country, e164, language, tenantId, text, timezone } from "./scalars.ts";
import { numberFile, unreachable } from "./system.ts";
import { target } from "./target.ts";
import { vicidialCampaign, vicidialUserGroup } from "./vicidial.ts";

const recording = z.strictObject({
  inbound: recordingShare.optional(),
  outbound: recordingShare.optional(),
  format: z.enum(["wav", "wav49", "gsm"]).optional(),
  notice: name.optional().describe("Prompt that says that the call is recorded."),
  keep_days: whole(1, 36_500).optional(),
  legs: flag
    .optional()
    .describe(
      "true: besides the mixed file, one with what the recorded leg said and one with what it heard.",
    ),
  campaigns: z
    .record(vicidialCampaign, recordingShare)
    .optional()
    .describe("Calls out of these campaigns; wins over outbound."),
});

const hoursCode = z.strictObject({
  code: z.string().regex(/^[*#][0-9*#]{1,7}$/, 'must be a feature code in quotes, like "*21"'),
  pin: z.string().regex(/^[0-9]{4,10}$/, "must be 4 to 10 digits in quotes"),
  hours: name.describe("The hours that staff open and close with it."),
});

/** `tenants/NAME.yaml` */
export const tenantSchema = z
  .strictObject({
    tenant: tenantId.describe("The file's own name; stamped on every channel, record and recording."),
    name: text.optional(),
    timezone,
    country: country.optional(),
    language: language.optional().describe("Of the prompts, unless a number or a menu has its own."),
    agents: whole(0, 100_000).optional(),
    billing_increment: tenantBilling
      .optional()
      .describe("How its calls are billed: one increment, or {default, trunks: {NAME: …}}; 6/6 unless said."),
    accountcodes: z
      .array(z.string().regex(/^[A-Za-z0-9_-]{1,20}$/, "must be letters, digits, _ or -, at most 20"))
      .optional()
      .describe("What endpoints of this tenant carry; its own name always counts."),
    limits: limitsSchema.optional(),
    trunks: z
      .strictObject({
        strategy: z.enum(["shared", "dedicated", "hybrid"]),
        dedicated: z.array(name).optional(),
      })
      .optional()
      .describe("hybrid takes the dedicated trunks first, then the shared pool."),
    caller_ids: z.array(e164).optional().describe("The first is the default."),
    emergency: z.strictObject({ caller_id: e164.optional(), trunks: z.array(name).optional() }).optional(),
    dids: z.record(e164, did).optional(),
    hours: z.record(name, hoursSchema).optional(),
    fallback: target.optional().describe("Where calls go when no decision comes; static."),
    blocked_callers: blockedCallers.optional(),
    vip_callers: vipCallers.optional(),
    routes: z.record(name, target).optional(),
    menus: z.record(name, menuSchema).optional(),
    recording: recording.optional(),
    do_not_call: numberFile.optional(),
    calling_window: callingWindow.optional(),
    destinations: destinations.optional(),
    caller_id: callerId.optional(),
    spending: spending.optional(),
    ingroups: z.array(pbxName).optional().describe("VICIdial in-groups that this tenant may reach."),
    queues: z.array(pbxName).optional().describe("Asterisk queues that this tenant may reach."),
    outbound_prefixes: z.array(outboundPrefix).optional().describe("Dialled prefixes that mean this tenant."),
    hours_code: hoursCode.optional().describe("Feature code that opens and closes a line by phone."),
    when_slots_unreachable: unreachable.optional(),
    user_groups: z.array(vicidialUserGroup).optional().describe("VICIdial's user groups of this tenant."),
    campaigns: z.array(vicidialCampaign).optional().describe("VICIdial's campaigns of this tenant."),
  })
  .describe("Signalbox: one tenant");

export type RawTenant = z.output<typeof tenantSchema>;
