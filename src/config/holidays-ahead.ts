import { fork } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { countriesBehind } from "../core/number/called-party.ts";
import { nanpStates } from "../core/number/nanp-states.ts";
import {
  type HolidayYear,
  hasHolidays,
  holidayPlace,
  keepHolidays,
  useCalendar,
} from "../core/schedule/holiday-years.ts";
import type { HolidayPlace } from "../core/schedule/hours.ts";
import type { Snapshot, Tenant } from "../core/snapshot/snapshot.ts";

/** One year of one place that is to be known. */
export type HolidayWish = { readonly place: HolidayPlace; readonly year: number };

export type HolidaysAhead = {
  /** Gets ready what calls under `snapshot` will ask this year and next. Never throws, never waits. */
  readonly prepare: (snapshot: Snapshot) => void;
  /** Resolves when nothing is being worked out. */
  readonly idle: () => Promise<void>;
  readonly end: () => void;
};

const PROGRAM = fileURLToPath(new URL("./holidays-process.ts", import.meta.url));

/** Often enough to notice that a year has turned, long before the next one does. */
const LOOK_AGAIN_MS = 12 * 3_600_000;

/**
 * Works out holidays before a call asks for them: each takes up to 90 ms, in which no other call could be decided. It
 * is done elsewhere; a call that comes before it is done works out its own.
 */
export function createHolidaysAhead(now: () => number): HolidaysAhead {
  useCalendar({
    isHolidayPlace: (place) => calendarNow().isHolidayPlace(place),
    holidaysIn: (place, year) => calendarNow().holidaysIn(place, year),
  });
  let current: Snapshot | null = null;
  let running: { readonly done: Promise<void>; readonly kill: () => void } | null = null;
  const look = () => {
    if (current === null || running !== null) return;
    const wishes = wishesOf(current, new Date(now()).getUTCFullYear());
    if (wishes.length === 0) return;
    const started = workOut(wishes);
    running = {
      kill: started.kill,
      done: started.done.then((complete) => {
        running = null;
        // A snapshot may have come in the meantime. What failed is left to the calls, and to the next look.
        if (complete) look();
      }),
    };
  };
  const timer = setInterval(look, LOOK_AGAIN_MS);
  timer.unref();
  return {
    prepare(snapshot) {
      current = snapshot;
      look();
    },
    async idle() {
      while (running !== null) await running.done;
    },
    end() {
      clearInterval(timer);
      current = null;
      running?.kill();
    },
  };
}

/** The calendar of all countries, for a call that came too early. It stays in memory, 40 MB of it, once it is here. */
function calendarNow(): typeof import("../core/schedule/holidays.ts") {
  return createRequire(import.meta.url)("../core/schedule/holidays.ts");
}

/** Each place and year once that is not known yet. */
export function wishesOf(snapshot: Snapshot, year: number): HolidayWish[] {
  const wishes = new Map<string, HolidayWish>();
  for (const tenant of snapshot.tenants.values()) {
    for (const place of placesOf(tenant)) {
      for (const each of [year, year + 1]) {
        const key = `${place.country}/${place.state}/${place.region}/${each}`;
        if (!wishes.has(key) && !hasHolidays(place, each)) wishes.set(key, { place, year: each });
      }
    }
  }
  return [...wishes.values()].sort((a, b) => a.year - b.year);
}

/** Of its own hours, and of everybody whom it may call where its calling window keeps holidays. */
function placesOf(tenant: Tenant): readonly HolidayPlace[] {
  const own = [...tenant.plan.hours.values()].map(({ holidays }) => holidays);
  return [...own, ...calledPlaces(tenant)].filter((place) => place !== null);
}

function calledPlaces({ country, outbound }: Tenant): readonly (HolidayPlace | null)[] {
  const window = outbound.callingWindow;
  if (window === null) return [];
  const everywhere = !window.rule.onHolidays;
  const kept = (state: string): boolean => !(window.states.get(state) ?? window.rule).onHolidays;
  const { allow } = outbound.destinations;
  const countries = allow.length === 0 ? [country] : countriesBehind(allow);
  const states = [...nanpStates].filter(([state, its]) => countries.includes(its) && kept(state));
  return [
    ...(everywhere ? countries.map((each) => holidayPlace(each, null)) : []),
    ...states.map(([state, its]) => holidayPlace(its, state)),
  ];
}

function workOut(wishes: readonly HolidayWish[]): {
  readonly done: Promise<boolean>;
  readonly kill: () => void;
} {
  const child = fork(PROGRAM, [], {
    execArgv: [],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  child.on("message", (known) => keepHolidays(known as HolidayYear));
  const done = new Promise<boolean>((settle) => {
    child.on("error", () => settle(false));
    child.on("close", (code) => settle(code === 0));
  });
  child.send([...wishes], () => {});
  return { done, kill: () => child.kill("SIGKILL") };
}
