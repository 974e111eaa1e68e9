import { z } from "zod";
import { endpointName, flag, name, whole } from "../../core/routing/scalars.ts";
import { billingIncrement } from "./billing.ts";
import {
  address,
  allowOrRefuse,
  country,
  filePath,
  isMysqlUrl,
  network,
  recordingsFolder,
  redisUrlProblem,
} from "./scalars.ts";
import { vicidialSystem } from "./vicidial.ts";

export const unreachable = z.strictObject({
  inbound: allowOrRefuse.optional(),
  outbound: allowOrRefuse.optional(),
});

export const numberFile = z.strictObject({ file: filePath });

/** It becomes one line of Asterisk's files, of which Asterisk cuts off the spaces at both ends. */
const oneLine = z
  .string()
  .min(1)
  .regex(/^[^\s\p{Cc}]([^\p{Cc}]*[^\s\p{Cc}])?$/u, "must be one line without spaces at its ends");

const cdrFile = z
  .string()
  .max(400)
  .regex(
    /^(\/[A-Za-z0-9_.@+-]+)+$/,
    "must be an absolute path, like /var/log/asterisk/cdr-custom/signalbox.csv",
  );

const server = z.strictObject({
  server: name.describe("The switch's name; the rendered dialplan says it in every request."),
  ami: address.describe("Where its manager interface listens."),
  username: name,
  secret: oneLine.describe("Usually ${NAME}, taken from the environment."),
  version: whole(16, 22).optional().describe("Major version of Asterisk, 22 unless said otherwise."),
  technology: z.enum(["pjsip", "sip"]).optional().describe("sip is chan_sip, which ends with Asterisk 20."),
  addresses: z.array(network).min(1).optional().describe("Where its FastAGI connections come from."),
  cdr: cdrFile
    .optional()
    .describe(
      "Its call detail records, which `render` sets up; cdr-custom/signalbox.csv in Asterisk's own log directory unless said otherwise. Read by the node on the same machine.",
    ),
});

const HOSTS = String.raw`([^@/\s]*@)?[^@/?\s]+`;
const NUMBER = String.raw`([0-9]*|\$\{\w+\})`;
const REDIS = [
  `rediss?://${HOSTS}(/${NUMBER})?`,
  String.raw`rediss?\+sentinel://${HOSTS}/[^/?\s]+(/${NUMBER})?`,
  String.raw`rediss?\+cluster://${HOSTS}(/0?)?`,
].join("|");

const slots = z
  .string()
  .regex(new RegExp(String.raw`^(?=.{1,420}$)(memory|(${REDIS})(\?\S*)?)$`), {
    error: ({ input }) => `must be memory or a Redis URL, like ${redisLike(String(input))}`,
  })
  .superRefine((url, context) => {
    const problem = url === "memory" ? null : redisUrlProblem(url);
    if (problem !== null) context.addIssue({ code: "custom", message: `cannot be read: ${problem}` });
  });

/** An address of the kind that was meant. */
function redisLike(text: string): string {
  if (/^rediss?\+sentinel:/.test(text)) return "redis+sentinel://HOST:26379,HOST:26379/NAME/0";
  if (/^rediss?\+cluster:/.test(text)) return "redis+cluster://HOST:6379,HOST:6379";
  return "redis://127.0.0.1:6379/0";
}

const records = z
  .string()
  .regex(
    /^(sqlite:[^\p{Cc}]{1,400}|(?=.{1,420}$)mysql:\/\/[^/\s]+\/[^/\s]+)$/u,
    "must be sqlite:FILE or mysql://USER:PASSWORD@HOST/DATABASE",
  )
  .refine(
    (url) => url.startsWith("sqlite:") || isMysqlUrl(url),
    "must be mysql://USER:PASSWORD@HOST:PORT/DATABASE and nothing behind it, with % written %25",
  );

/** `signalbox.yaml` */
export const systemSchema = z
  .strictObject({
    node: name.optional().describe("This node's name; --node overrides it."),
    fastagi: z
      .strictObject({
        listen: address.optional().describe("127.0.0.1:4573 unless said otherwise."),
        allow: z
          .array(network)
          .min(1)
          .optional()
          .describe("Who may connect; 127.0.0.0/8 unless said otherwise."),
        addresses: z
          .array(address)
          .min(1)
          .optional()
          .describe("What the switches dial, in order; `listen` unless said otherwise."),
      })
      .optional(),
    http: z.strictObject({ listen: address.optional() }).optional(),
    asterisk: z.array(server).optional().describe("Every switch; any node may listen to any of them."),
    slots: slots
      .optional()
      .describe("Where the count of live channels is kept; memory unless said otherwise."),
    records: records.optional().describe("Where call records go; sqlite:signalbox.db unless said otherwise."),
    recordings: z
      .strictObject({
        directory: recordingsFolder
          .optional()
          .describe("Where Asterisk writes them; recordings under --var."),
        pause: flag
          .optional()
          .describe("true: `recordings pause` works; the manager account is given the right `call`."),
      })
      .optional(),
    country: country.optional().describe("Where numbers without a country belong; US unless said otherwise."),
    emergency_numbers: z
      .array(z.string().regex(/^[0-9]{2,6}$/, "must be 2 to 6 digits in quotes"))
      .optional()
      .describe("Dialled without any decision; 911, 112, 933 and 988 unless said otherwise."),
    do_not_call: numberFile.optional().describe("Numbers that nobody here may call."),
    when_slots_unreachable: unreachable.optional(),
    vicidial: vicidialSystem.optional().describe("A VICIdial on the same switches."),
  })
  .describe("Signalbox: the system");

const codec = z.string().regex(/^[a-z0-9_.-]{1,20}$/, "must be a codec as Asterisk names it, like ulaw");

const trunk = z.strictObject({
  address: address.optional().describe("The carrier's host:port."),
  endpoint: endpointName
    .optional()
    .describe("An endpoint that the operator's Asterisk already has; nothing is rendered."),
  tenant: name.optional().describe("The only tenant that may use it: a dedicated trunk."),
  shared: flag.optional().describe("true for a trunk of the shared pool."),
  channels: whole(1, 100_000).describe("Most legs at a time, both directions."),
  calls_per_second: whole(1, 10_000).optional(),
  cost_per_minute: z
    .string()
    .regex(/^[0-9]{1,6}(\.[0-9]{1,9})?$/, "must be a price, like 0.008")
    .transform(Number)
    .optional(),
  billing_increment: billingIncrement.optional(),
  formerly: z
    .array(name)
    .optional()
    .describe("Names that it had: legs that were dialled under them are billed as its own."),
  weight: whole(1, 1000)
    .optional()
    .describe("Share among equals of one overflow tier, 1 unless said otherwise."),
  match: z.array(network).optional().describe("Source networks besides the address."),
  auth: z.strictObject({ username: oneLine.max(128), password: oneLine }).optional(),
  register: flag.optional(),
  codecs: z.array(codec).min(1).optional(),
  country: country.optional().describe("Whose national forms this carrier uses."),
  send_as: z.enum(["e164", "international", "national"]).optional(),
  strip: whole(0, 15).optional().describe("Leading digits to drop, after send_as."),
  prefix: z
    .string()
    .regex(/^[0-9*#]{1,12}$/, "must be digits")
    .optional()
    .describe("Digits to put in front, after strip."),
  emergency_prefix: z
    .string()
    .regex(/^[0-9*#]{1,12}$/, "must be digits")
    .optional()
    .describe("Digits to put in front of emergency numbers, which know neither prefix nor strip."),
  did_prefix: z
    .string()
    .regex(/^[0-9*#]{1,12}$/, "must be digits")
    .optional()
    .describe("Digits that this carrier puts before the DIDs it delivers."),
  failover_causes: z
    .array(whole(1, 127))
    .optional()
    .describe("Hangup causes after which the next trunk is tried."),
  silent_seconds: whole(0, 120)
    .optional()
    .describe(
      "The next trunk is tried when nothing rings for so long; 15 unless said otherwise, 0 for never.",
    ),
  least_answer_ratio: z
    .string()
    .regex(/^([0-9]|[1-9][0-9])(\.[0-9]{1,2})?%$/, "must be a share, like 5%")
    .transform((text) => Number(text.slice(0, -1)) / 100)
    .optional()
    .describe(
      "The trunk rests while a smaller share of its calls is answered; 1% unless said otherwise, 0% for never.",
    ),
  asserted_identity: flag
    .optional()
    .describe("false: the caller ID goes out in From alone, without P-Asserted-Identity."),
  privacy: z
    .enum(["caller", "always", "never"])
    .optional()
    .describe("When the number is withheld from who is called: when the caller wants it, always, or never."),
  internal: flag
    .optional()
    .describe(
      "true for a host of the house: calls to it carry X-Signalbox headers, which carriers never see.",
    ),
  qualify_seconds: whole(0, 3600)
    .optional()
    .describe("Seconds between the switch's probes of the carrier; 0, which is the default, for none."),
});

const equals = z.array(name).min(1);

export const tierForms = [name, equals] as const;

/** One trunk, or several that are equals. */
export const tier = z.preprocess((value) => (typeof value === "string" ? [value] : value), equals);

/** `trunks.yaml` */
export const trunksSchema = z
  .strictObject({
    trunks: z.record(name, trunk),
    overflow: z
      .array(tier)
      .optional()
      .describe("The shared pool in order; trunks of a nested list are equals."),
  })
  .describe("Signalbox: the carriers' trunks");

export type RawSystem = z.output<typeof systemSchema>;
export type RawTrunks = z.output<typeof trunksSchema>;
export type RawTrunk = z.output<typeof trunk>;
