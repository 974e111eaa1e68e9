/**
 * Standing orders as entries by key, each with the moment it was written: of two entries for one key the later holds,
 * so that files and nodes can be joined in any order and any number of times. What is taken back stays as an entry
 * without a value, or an old copy would bring it up again. There are as many keys as clients have hours: they are kept
 * for good.
 */
import { z } from "zod";
import type { HoursOverride } from "../core/schedule/hours.ts";
import { parseTenantId, type TenantId } from "../core/tenant/tenant-id.ts";
import { type Ordered, type PinVerdict, pinRule, type Standing } from "./standing-port.ts";

const moment = z.int().nonnegative();

const override = z.strictObject({
  kind: z.literal("override"),
  state: z.enum(["open", "closed", "holiday"]),
  until: moment.nullable(),
  by: z.string(),
});
const suspended = z.strictObject({ kind: z.literal("suspended"), by: z.string(), why: z.string() });
const pins = z.strictObject({
  kind: z.literal("pins"),
  wrong: z.array(moment).max(pinRule.most),
  lockedUntil: moment,
});

/** `value` null: taken back. */
const entrySchema = z.strictObject({
  at: moment,
  value: z.discriminatedUnion("kind", [override, suspended, pins]).nullable(),
});

export type Entry = z.output<typeof entrySchema>;

/** `override:apex/office`, `suspended:apex`, `pins:apex` → entry. */
export type Entries = ReadonlyMap<string, Entry>;

export const entriesSchema = z
  .record(z.string().max(200), entrySchema)
  .transform((record): Entries => new Map(Object.entries(record)));

/** Reads one entry from its JSON; null for what is none. */
export function readEntry(text: string): Entry | null {
  try {
    return entrySchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
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
  if (known.lockedUntil > now) {
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
