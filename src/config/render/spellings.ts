/** Trunk prefix and international prefixes of a country, as its carriers may send them. */
export type NationalPrefixes = { readonly national: string; readonly international: readonly string[] };

/** Countries of the North American Numbering Plan dial 1 and 011; carriers from elsewhere send 00 there too. */
const NANP = new Set("US CA AG AI AS BB BM BS DM DO GD GU JM KN KY LC MP MS PR SX TC TT VC VG VI".split(" "));

/** Countries whose national numbers are dialled as they are. */
const NO_TRUNK_PREFIX = new Set(
  "ES PT IT DK NO GR PL CZ EE LV LU MT CY HK SG SM VA IS MX CO AD BH KW OM QA CR SV GT HN NI PA".split(" "),
);

/** Where the trunk prefix is neither 0 nor 1. */
const OTHER: Readonly<Record<string, string>> = { RU: "8", KZ: "8", BY: "80", TM: "8", HU: "06", LT: "0" };

/** ITU-T's usual `0` and `00`, with the exceptions that matter to a carrier's spelling of a DID. */
export function nationalPrefixes(country: string): NationalPrefixes {
  if (NANP.has(country)) return { national: "1", international: ["011", "00"] };
  const national = NO_TRUNK_PREFIX.has(country) ? "" : (OTHER[country] ?? "0");
  return { national, international: country === "AU" ? ["0011", "00"] : ["00"] };
}
