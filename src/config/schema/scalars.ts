import ipaddr from "ipaddr.js";
import { getCountries, isSupportedCountry } from "libphonenumber-js/min";
import { z } from "zod";
import { isE164 } from "../../core/number/e164.ts";
import { TENANT_ID } from "../../core/tenant/tenant-id.ts";
import { RedisUrlError, readRedisUrl } from "../../platform/redis-url.ts";
import { didYouMean } from "../nearest.ts";
import { recordingsFolderLength, recordingsFolderRule } from "../recordings-folder.ts";

/** Free text for people: a name, a label. */
export const text = z.string().regex(/^[^\p{Cc}]{1,200}$/u, "must be 1 to 200 characters on one line");

/** The name a tenant goes by; it becomes its account code and its folder of sounds. */
export const tenantId = z
  .string()
  .regex(TENANT_ID, "must be lower-case letters, digits, _ or -, at most 20, starting with a letter");

export const e164 = z.string().refine(isE164, 'must be an E.164 number in quotes, like "+12125550100"');

/** The beginning of E.164 numbers: `+1900`. */
export const numberPrefix = z
  .string()
  .regex(/^\+[1-9][0-9]{0,14}$/, 'must be the beginning of E.164 numbers in quotes, like "+1900"');

/** What people write for a country that has another code. Of two letters every other code is near: a guess misleads. */
const OTHER_CODES: ReadonlyMap<string, string> = new Map(
  `UK GB, ENG GB, EL GR, USA US, GBR GB, CAN CA, MEX MX, AUS AU, NZL NZ, IRL IE, DEU DE, GER DE, AUT AT, CHE CH, SUI CH,
   FRA FR, ITA IT, ESP ES, PRT PT, POR PT, NLD NL, NED NL, BEL BE, DNK DK, DEN DK, SWE SE, NOR NO, FIN FI, POL PL, CZE CZ,
   GRC GR, TUR TR, UKR UA, RUS RU, ISR IL, ZAF ZA, IND IN, CHN CN, JPN JP, KOR KR, PHL PH, SGP SG, BRA BR, ARG AR, COL CO,
   CHL CL, JAM JM, DOM DO, PRI PR`
    .split(",")
    .map((pair) => pair.trim().split(" "))
    .map(([other = "", code = ""]) => [other, code] as const),
);

function countryMeant(text: string): string | null {
  const upper = text.toUpperCase();
  if (isSupportedCountry(upper)) return upper;
  const other = OTHER_CODES.get(upper);
  if (other !== undefined || text.length < 4) return other ?? null;
  const names = new Intl.DisplayNames("en", { type: "region" });
  return getCountries().find((code) => names.of(code)?.toUpperCase() === upper) ?? null;
}

/** ISO 3166-1 alpha-2. */
export const country = z.string().superRefine((code, context) => {
  if (isSupportedCountry(code)) return;
  const meant = countryMeant(code);
  context.addIssue({
    code: "custom",
    message: `there is no country "${code}": use two capital letters (ISO 3166), like US${meant === null ? "" : `; did you mean "${meant}"?`}`,
  });
});

/** What calls may go to: `+1900`, or a country. */
export const destination = z.string().superRefine((entry, context) => {
  const schema = /^[+0-9]/.test(entry) ? numberPrefix : country;
  const { error } = schema.safeParse(entry);
  for (const { message } of error?.issues ?? []) context.addIssue({ code: "custom", message });
});

const zonesSeen = new Map<string, boolean>();

/** IANA time zone. Abbreviations and offsets are refused: they know nothing of summer time. */
export const timezone = z.string().superRefine((zone, context) => {
  if (isZone(zone)) return;
  const hint = didYouMean(zone, Intl.supportedValuesOf("timeZone"));
  context.addIssue({
    code: "custom",
    message: `there is no time zone "${zone}": use an IANA name, like America/New_York${hint}`,
  });
});

function isZone(zone: string): boolean {
  const seen = zonesSeen.get(zone);
  if (seen !== undefined) return seen;
  let known = false;
  if (zone === "UTC" || /^[A-Za-z]+\/[A-Za-z0-9_+/-]+$/.test(zone)) {
    try {
      new Intl.DateTimeFormat("en", { timeZone: zone });
      known = true;
    } catch {
      // A RangeError is how Intl says that it has no such zone.
    }
  }
  zonesSeen.set(zone, known);
  return known;
}

/** `host:port`; IPv6 in brackets. */
export const address = z.string().refine(isAddress, 'must be HOST:PORT in quotes, like "127.0.0.1:5060"');

function isAddress(value: string): boolean {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9_.-]{1,253})):([0-9]{1,5})$/.exec(value);
  if (match === null) return false;
  const [, six, host = "", port] = match;
  if (Number(port) < 1 || Number(port) > 65_535) return false;
  if (six !== undefined) return ipaddr.IPv6.isValid(six);
  return !/^[0-9.]+$/.test(host) || ipaddr.IPv4.isValidFourPartDecimal(host);
}

/** One address or a network: `10.0.0.5`, `10.0.0.0/8`. */
export const network = z
  .string()
  .refine(
    (value) =>
      isWhole(value.replace(/\/.*$/, "")) &&
      (value.includes("/") ? ipaddr.isValidCIDR(value) : ipaddr.isValid(value)),
    'must be an IP address or a network, like "10.0.0.0/8"',
  );

/** The library also reads `10/8`, `1.5` and octal `010.0.0.1`, which mean something else to Asterisk and to people. */
function isWhole(address: string): boolean {
  return address.includes(":") || ipaddr.IPv4.isValidFourPartDecimal(address);
}

/** `en`, `es`, `en_GB`: a folder under the sounds of a tenant. */
export const language = z.string().regex(/^[a-z]{2,3}(_[A-Z]{2})?$/, "must be a language, like es or en_GB");

/** A file beside the configuration (relative to its directory) or anywhere (absolute). */
export const filePath = z.string().regex(/^[^\p{Cc}]{1,500}$/u, "must be the name of a file");

/** Where recordings go. */
export const recordingsFolder = z
  .string()
  .regex(recordingsFolderRule.pattern, recordingsFolderRule.says)
  .refine(recordingsFolderLength.fits, recordingsFolderLength.says);

export const allowOrRefuse = z.enum(["allow", "refuse"]);

/** What the environment will put in its place is not known here: a number is good for a host, a port and a password. */
const filledIn = (url: string) => url.replaceAll(/\$\{\w+\}/g, "1");

/** Reads a URL of MySQL as it will be when it is opened. */
export function isMysqlUrl(url: string): boolean {
  const filled = filledIn(url);
  const parsed = URL.canParse(filled) ? new URL(filled) : null;
  if (parsed === null || parsed.hostname === "" || `${parsed.search}${parsed.hash}` !== "") return false;
  try {
    return [parsed.username, parsed.password, parsed.pathname].map(decodeURIComponent).length > 0;
  } catch {
    return false; // a broken escape
  }
}

/** What is wrong with a URL of Redis, or null. */
export function redisUrlProblem(url: string): string | null {
  try {
    readRedisUrl(filledIn(url));
    return null;
  } catch (error) {
    if (error instanceof RedisUrlError) return error.problem;
    throw error;
  }
}
