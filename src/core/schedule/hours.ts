/** Local wall-clock minutes after a day's midnight, half-open; `to` above 1440 runs into the next day. */
export type MinuteRange = { readonly from: number; readonly to: number };

export type OpenState = "open" | "closed" | "holiday";

/** One named set of opening hours of one tenant. */
export type Hours = {
  /** IANA zone; always the tenant's. */
  readonly zone: string;
  /** Seven days, Monday first. */
  readonly weekly: readonly (readonly MinuteRange[])[];
  /** Public holidays of this place close the day. */
  readonly holidays: HolidayPlace | null;
  /** `YYYY-MM-DD` → the ranges of that day, [] for closed all day. Replaces the weekly hours and any holiday. */
  readonly exceptions: ReadonlyMap<string, readonly MinuteRange[]>;
  /** Wins over everything until it ends; null `until` (epoch ms) means until it is taken back. */
  readonly override: HoursOverride | null;
};

/** Place as the holiday calendar knows it: country `US`, state `NY`, region within the state. */
export type HolidayPlace = {
  readonly country: string;
  readonly state: string | null;
  readonly region: string | null;
};

export type HoursOverride = { readonly state: OpenState; readonly until: number | null };
