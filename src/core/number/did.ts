import { type E164, isE164, parseNumber } from "./e164.ts";

export type DidSpelling = {
  /** Country whose national forms the trunk sends, ISO 3166-1 alpha-2. */
  readonly country: string;
  /** Digits that this carrier puts before every DID, or "". */
  readonly prefix: string;
};

/**
 * The DID that a carrier meant by `dialled`, among those that are `known`. Carriers send `+12125550100`,
 * `12125550100`, `2125550100`, `01112125550100` or put digits of their own in front. Readings are tried from the
 * most to the least explicit and the first that is a known DID wins; with none known, the first reading is
 * returned so that the refusal can name a number.
 */
export function readDid(
  dialled: string,
  spelling: DidSpelling,
  known: (did: E164) => boolean,
): { readonly did: E164 | null; readonly known: boolean } {
  const readings = readingsOf(dialled, spelling);
  for (const did of readings) if (known(did)) return { did, known: true };
  return { did: readings[0] ?? null, known: false };
}

function readingsOf(dialled: string, { country, prefix }: DidSpelling): E164[] {
  const readings: E164[] = [];
  const spellings = [dialled];
  if (prefix !== "" && dialled.startsWith(prefix)) spellings.unshift(dialled.slice(prefix.length));
  for (const spelling of spellings) {
    const national = parseNumber(spelling, country);
    if (national !== null) readings.push(national);
    // A client may have it as it was before its country's plan changed.
    if (isE164(spelling)) readings.push(spelling);
    // Carriers from elsewhere write 00 on any trunk.
    const international = `+${spelling.replace(/^00/, "")}`;
    if (isE164(international)) readings.push(international);
  }
  return readings;
}
