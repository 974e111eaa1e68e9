/**
 * When people may be called, by the clock, the calendar and the rules of the place they are in. Where several places
 * are plausible all of them must allow it. It reads no clock and knows no number.
 */
import { holidayOn, holidayPlace } from "./holiday-years.ts";
import type { MinuteRange } from "./hours.ts";
import { rangeText, timeText } from "./parse-hours.ts";
import { dateText, type WallClock, wallClock, weekdayOf } from "./wall-clock.ts";

/** When calls are allowed in one place. */
export type CallingRule = {
  /** Seven days, Monday first. */
  readonly weekly: readonly (readonly MinuteRange[])[];
  /** False: nobody is called on a public holiday of his country or state. */
  readonly onHolidays: boolean;
};

export type CallingWindow = {
  /** Whose clock counts. The rules are always those of the called party's state. */
  readonly zone: "callee" | "tenant";
  readonly rule: CallingRule;
  /** State or province (`FL`) → the rule that replaces the usual one there. */
  readonly states: ReadonlyMap<string, CallingRule>;
  /** Campaigns that are held to no window, in capitals. */
  readonly exceptCampaigns: ReadonlySet<string>;
};

/** Who is called, as far as the number tells. `zones` are those whose clock counts. */
export type CalledPlace = {
  readonly country: string | null;
  readonly states: readonly string[];
  readonly anyState: boolean;
  readonly zones: readonly string[];
};

/** `says` of a refusal names the first place that does not allow it. */
export type WindowVerdict = { readonly inside: boolean; readonly says: string };

const DAY = 1440;
const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;

/**
 * Whether `place` may be called at `now` (epoch ms), by what the clock on the wall shows in each of its zones: a
 * repeated hour counts twice, a missing hour never occurs. Ranges are half-open. A zone that does not exist is outside,
 * since nobody can say what time it is there.
 */
export function judgeWindow(window: CallingWindow, place: CalledPlace, now: number): WindowVerdict {
  const rules = rulesFor(window, place);
  for (const zone of place.zones) {
    const clock = wallClock(zone, now);
    if (clock === null) return { inside: false, says: `nobody knows what time it is in ${zone}` };
    for (const each of rules) {
      const obstacle = obstacleTo(each, place.country, zone, clock);
      if (obstacle !== null) return { inside: false, says: obstacle };
    }
  }
  const states = rules.flatMap(({ state, own }) => (own && state !== null ? [state] : []));
  const by = states.length === 0 ? "" : `, by the rule for ${states.join(", ")}`;
  return { inside: true, says: `it may be called now in ${place.zones.join(", ")}${by}` };
}

/** `own`: the rule is this state's and not the usual one. */
type Applied = { readonly rule: CallingRule; readonly state: string | null; readonly own: boolean };

/** The rule of every state that the called party may be in, and the usual one where a state has none. */
function rulesFor({ rule, states }: CallingWindow, place: CalledPlace): readonly Applied[] {
  const usual = { rule, state: null, own: false };
  const named = [...states].map(([state, each]) => ({ rule: each, state, own: true }));
  if (place.anyState) return [usual, ...named];
  if (place.states.length === 0) return [usual];
  return place.states.map((state) => {
    const own = states.get(state);
    return own === undefined ? { rule, state, own: false } : { rule: own, state, own: true };
  });
}

/** Why nobody is called in this place at this hour; null when nothing is in the way. */
function obstacleTo(
  { rule, state, own }: Applied,
  country: string | null,
  zone: string,
  clock: WallClock,
): string | null {
  const { day, minute } = clock;
  const by = own ? `, by the rule for ${state}` : "";
  const calendar = rule.onHolidays || country === null ? null : holidayPlace(country, state);
  const holiday = calendar === null ? null : holidayOn(calendar, dateText(day));
  if (holiday !== null) return `it is ${holiday} in ${[country, state].filter(Boolean).join("/")}${by}`;
  const weekday = weekdayOf(day);
  const today = rule.weekly[weekday] ?? [];
  const before = rule.weekly[(weekday + 6) % 7] ?? [];
  if (covers(today, minute) || covers(before, minute + DAY)) return null;
  if (today.length === 0) return `it is ${DAYS[weekday]} in ${zone}, and nobody is called then${by}`;
  return `it is ${timeText(minute)} in ${zone}, outside ${today.map(rangeText).join(" and ")}${by}`;
}

function covers(ranges: readonly MinuteRange[], minute: number): boolean {
  return ranges.some(({ from, to }) => from <= minute && minute < to);
}
