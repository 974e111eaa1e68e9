import { type E164, parseInternational, parseNumber } from "./e164.ts";

export type Caller =
  | { readonly kind: "number"; readonly number: E164 }
  /** Withheld, or sent without a number. */
  | { readonly kind: "anonymous" }
  /** Something that is no telephone number, kept as sent but never longer than 40 safe characters. */
  | { readonly kind: "malformed"; readonly text: string };

const WITHHELD = new Set([
  "",
  "anonymous",
  "restricted",
  "private",
  "unavailable",
  "unknown",
  "withheld",
  "asterisk",
]);

/**
 * Who calls, from a caller-ID number that the caller controls. What is no number of `country` may be one with its
 * country code and no `+`, as many carriers write it. Never throws; never trusts.
 */
export function readCaller(text: string, country: string): Caller {
  const trimmed = text.trim();
  if (WITHHELD.has(trimmed.toLowerCase())) return { kind: "anonymous" };
  const number = readCallerNumber(trimmed.replace(/[\s().-]/g, ""), country);
  if (number !== null) return { kind: "number", number };
  return { kind: "malformed", text: trimmed.replace(/[^A-Za-z0-9+*#_.@-]/g, "?").slice(0, 40) };
}

/** The same of digits that are a number or none, as lists of callers have them. */
export function readCallerNumber(digits: string, country: string): E164 | null {
  // 00 is what carriers write for + in every country, also where people dial something else and 00 may begin that.
  const abroad = digits.startsWith("00") ? parseInternational(digits.slice(2)) : null;
  return abroad ?? parseNumber(digits, country) ?? parseInternational(digits);
}

/** The caller as records and traces show it. */
export function callerText(caller: Caller): string {
  if (caller.kind === "number") return caller.number;
  return caller.kind === "anonymous" ? "anonymous" : caller.text;
}
