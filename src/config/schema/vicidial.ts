import { z } from "zod";
import { flag, whole } from "../../core/routing/scalars.ts";
import { address, isMysqlUrl } from "./scalars.ts";

/** A campaign's id: VICIdial's column has eight characters. */
export const vicidialCampaign = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,8}$/, "must be a campaign's id: letters, digits, _ or -, at most 8");

export const vicidialUserGroup = z
  .string()
  .regex(
    /^(?!---[Aa][Ll][Ll]---$)[A-Za-z0-9_-]{1,20}$/,
    "must be the name of a user group: letters, digits, _ or -, at most 20; a group of all tenants is nobody's",
  );

/** `did_id` of `vicidial_inbound_dids`. */
export const vicidialDid = whole(1, 2_147_483_647);

/** `vicidial:` of `signalbox.yaml` */
export const vicidialSystem = z.strictObject({
  database: z
    .string()
    .regex(/^(?=.{1,420}$)mysql:\/\/[^/\s]+\/[^/\s]+$/, "must be mysql://USER:PASSWORD@HOST/DATABASE")
    .refine(
      isMysqlUrl,
      "must be mysql://USER:PASSWORD@HOST:PORT/DATABASE and nothing behind it, with % written %25",
    )
    .optional()
    .describe("Its database, by an account that may only read. Without it call codes are not looked up."),
  look_up: z
    .enum(["missing", "always"])
    .optional()
    .describe(
      "missing: only calls that nothing else places are looked up. always: every call code is, and a call whose prefix names another tenant than its campaign is refused.",
    ),
  do_not_call: flag.optional().describe("true: vicidial_dnc and the campaigns' own lists count as well."),
  pass_unknown_dids: flag
    .optional()
    .describe("true: calls to numbers of no tenant go on to trunkinbound instead of being refused."),
  fail_open: flag
    .optional()
    .describe("true: without a decision, numbers that have no fallback go on to trunkinbound."),
  fastagi: address
    .optional()
    .describe(
      "VICIdial's own FastAGI server, as its switches reach it; 127.0.0.1:4577 unless said otherwise.",
    ),
  dial_prefix: z
    .string()
    .regex(/^[0-9]{1,8}$/, 'must be 1 to 8 digits in quotes, like "9"')
    .optional()
    .describe("Dial prefix of campaigns of all tenants; the call code says whose call it is."),
});

export type RawVicidial = z.output<typeof vicidialSystem>;
