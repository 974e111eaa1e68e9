import { readCallerNumber } from "../../core/number/caller.ts";
import type { CallerList } from "../../core/number/caller-list.ts";
import { MOST_BAD_LINES } from "../../core/number/number-lines.ts";
import type { Report } from "../issue.ts";
import { type ListedFiles, numberIn } from "../listed-files.ts";
import type { RawCallerList } from "../schema/callers.ts";

type ListPlace = {
  /** The tenant's file, which messages name. */
  readonly file: string;
  readonly country: string;
  readonly report: Report;
  readonly files: ListedFiles;
};

type DraftList = { numbers: Set<string>; prefixes: string[]; anonymous: boolean };

/** Callers picked out by a tenant: what its file says and the list file that it names. */
export function callerListOf(raw: RawCallerList, key: string, place: ListPlace): CallerList {
  const list: DraftList = {
    numbers: new Set(),
    prefixes: [...(raw.prefixes ?? [])],
    anonymous: raw.anonymous ?? false,
  };
  (raw.numbers ?? []).forEach((text, index) => {
    const number = readCallerNumber(text, place.country);
    if (number !== null) list.numbers.add(number);
    else place.report.error(place.file, [key, "numbers", index], notANumber(text, place.country));
  });
  if (raw.file !== undefined) addFile(list, raw.file, key, place);
  return list;
}

/** One number a line, `#` begins a comment, `NUMBER*` is a prefix, `anonymous` stands for withheld numbers. */
function addFile(list: DraftList, name: string, key: string, place: ListPlace): void {
  const lines = place.files.read(name, { file: place.file, path: [key, "file"] }).split(/\r?\n/);
  let bad = 0;
  for (const [index, line] of lines.entries()) {
    const text = numberIn(line);
    if (text === "" || addEntry(list, text, place.country)) continue;
    if (++bad > MOST_BAD_LINES) continue;
    const says = `${name}, line ${index + 1}: ${notANumber(text, place.country)}`;
    place.report.error(place.file, [key, "file"], says);
  }
  if (bad > MOST_BAD_LINES) {
    const says = `${name}: ${bad - MOST_BAD_LINES} more lines are no telephone numbers`;
    place.report.error(place.file, [key, "file"], says);
  }
}

function addEntry(list: DraftList, text: string, country: string): boolean {
  if (text.toLowerCase() === "anonymous") {
    list.anonymous = true;
    return true;
  }
  if (text.endsWith("*")) {
    const prefix = text.slice(0, -1);
    if (!/^\+[1-9][0-9]{0,14}$/.test(prefix)) return false;
    list.prefixes.push(prefix);
    return true;
  }
  const number = readCallerNumber(text, country);
  if (number === null) return false;
  list.numbers.add(number);
  return true;
}

function notANumber(text: string, country: string): string {
  const shown = text.slice(0, 40);
  return `"${shown}" is no telephone number: write it like +12125550100, or as it is dialled in ${country}; a prefix is +1900*`;
}
