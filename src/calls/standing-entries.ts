/**
 * Standing orders as entries by key, each with the moment it was written: of two entries for one key the later holds,
 * so that files and nodes can be joined in any order and any number of times. What is taken back stays as an entry
 * without a value, or an old copy would bring it up again. There are as many keys as clients have hours: they are kept
 * for good.
 */
import type { HoursOverride } from "../core/schedule/hours.ts";
import { parseTenantId, type TenantId } from "../core/tenant/tenant-id.ts";
import { type Ordered, type PinVerdict, pinRule, type Standing } from "./standing-port.ts";

/** `value` null: taken back. */
export type Entry = {
  readonly at: number;
  readonly value: OverrideEntry | SuspendedEntry | PinsEntry | null;
};

type OverrideEntry = HoursOverride & { readonly kind: "override"; readonly by: string };
type SuspendedEntry = { readonly kind: "suspended"; readonly by: string; readonly why: string };
type PinsEntry = { readonly kind: "pins"; readonly wrong: readonly number[]; readonly lockedUntil: number };

/** `override:apex/office`, `suspended:apex`, `pins:apex` → entry. */
export type Entries = ReadonlyMap<string, Entry>;

const LONGEST_KEY = 200;

/** Reads entries from what JSON has made of them; `problem` names the first that is none. */
export function readEntries(value: unknown): { readonly entries: Entries } | { readonly problem: string } {
  if (!isObject(value)) return { problem: "is no object of entries" };
  const entries = new Map<string, Entry>();
  for (const [key, each] of Object.entries(value)) {
    const entry = key.length > LONGEST_KEY ? null : entryOf(each);
    if (entry === null) return { problem: `${key}: is no entry` };
    entries.set(key, entry);
  }
  return { entries };
}

/** Reads one entry from its JSON; null for what is none. */
export function readEntry(text: string): Entry | null {
  try {
    return entryOf(JSON.parse(text));
  } catch {
    return null;
  }
}

/** An entry with a key too many is of a version that we do not know, and none of ours. */
function entryOf(from: unknown): Entry | null {
  if (!hasKeys(from, ["at", "value"]) || !isMoment(from.at)) return null;
  const { at, value } = from;
  if (value === null) return { at, value };
  if (!isObject(value)) return null;
  const isKnown = value.kind === "override" ? isOverride : value.kind === "pins" ? isPins : isSuspended;
  return isKnown(value) ? { at, value } : null;
}

function isOverride(value: unknown): value is OverrideEntry {
  if (!hasKeys(value, ["kind", "state", "until", "by"]) || value.kind !== "override") return false;
  const { state, until, by } = value;
  const known = state === "open" || state === "closed" || state === "holiday";
  return known && (until === null || isMoment(until)) && typeof by === "string";
}

function isSuspended(value: unknown): value is SuspendedEntry {
  if (!hasKeys(value, ["kind", "by", "why"]) || value.kind !== "suspended") return false;
  return typeof value.by === "string" && typeof value.why === "string";
}

function isPins(value: unknown): value is PinsEntry {
  if (!hasKeys(value, ["kind", "wrong", "lockedUntil"]) || value.kind !== "pins") return false;
  const { wrong, lockedUntil } = value;
  if (!Array.isArray(wrong) || wrong.length > pinRule.most) return false;
  return wrong.every(isMoment) && isMoment(lockedUntil);
}

function isMoment(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasKeys<Key extends string>(
  value: unknown,
  keys: readonly Key[],
): value is Readonly<Record<Key, unknown>> {
  if (!isObject(value) || Object.keys(value).length !== keys.length) return false;
  return keys.every((key) => Object.hasOwn(value, key));
}

/** Those of `theirs` that are later than ours. */
export function laterEntries(theirs: Entries, ours: Entries): Entries {
  return new Map([...theirs].filter(([key, entry]) => isLater(entry, ours.get(key))));
}

/** Of two written in the same millisecond the greater text is the later one: every node must choose alike. */
function isLater(entry: Entry, than: Entry | undefined): boolean {
  if (than === undefined || entry.at !== than.at) return than === undefined || entry.at > than.at;
  return JSON.stringify(entry.value) > JSON.stringify(than.value);
}

/** An entry that is later than the one before, whatever clock wrote that. */
export function entryAfter(before: Entry | undefined, now: number, value: Entry["value"]): Entry {
  return { at: Math.max(now, (before?.at ?? 0) + 1), value };
}

/** What is in force by these entries; a key that names no tenant counts for nobody. */
export function standingOf(entries: Entries): Standing {
  const overrides = new Map<string, HoursOverride & Ordered>();
  const suspendedTenants = new Map<TenantId, Ordered & { why: string }>();
  for (const [key, { at, value }] of entries) {
    const name = key.slice(key.indexOf(":") + 1);
    if (value?.kind === "override") {
      const { state, until, by } = value;
      overrides.set(name, { state, until, by, at });
    }
    const tenant = value?.kind === "suspended" ? parseTenantId(name) : null;
    if (value?.kind === "suspended" && tenant !== null)
      suspendedTenants.set(tenant, { by: value.by, why: value.why, at });
  }
  return { overrides, suspended: suspendedTenants };
}

/** What a PIN comes to, and the entry to keep after it; null leaves the one before. */
export function judgePin(
  before: Entry | undefined,
  right: boolean,
  now: number,
): { readonly verdict: PinVerdict; readonly value: Entry["value"] | undefined } {
  const known = before?.value?.kind === "pins" ? before.value : { wrong: [], lockedUntil: 0 };
  // One that would last for much longer than it was made for was written by a clock that has been set back since.
  if (known.lockedUntil > now && known.lockedUntil - now < 2 * pinRule.lockMs) {
    const verdict = { locked: true, until: known.lockedUntil, wrong: known.wrong.length };
    return { verdict, value: undefined };
  }
  if (right) {
    const value = known.wrong.length === 0 && before?.value == null ? undefined : null;
    return { verdict: { locked: false, until: null, wrong: 0 }, value };
  }
  const recent = known.lockedUntil > 0 ? [] : known.wrong.filter((at) => at > now - pinRule.windowMs);
  const wrong = [...recent, now];
  if (wrong.length < pinRule.most) {
    const value = { kind: "pins", wrong, lockedUntil: 0 } as const;
    return { verdict: { locked: false, until: null, wrong: wrong.length }, value };
  }
  const until = now + pinRule.lockMs;
  const value = { kind: "pins", wrong, lockedUntil: until } as const;
  return { verdict: { locked: true, until, wrong: wrong.length }, value };
}
