/**
 * VICIdial's do-not-call tables, in memory beside the lists from files. Every minute each table is asked for what is
 * cheap (how many numbers, the last of them); when that has changed, and every quarter of an hour in any case, for the
 * marks of its parts, and only parts with another mark are read again. Until a list has been read once every number
 * counts as listed; after that a database that fails leaves the last content in force.
 */
import { type CountryCode, getCountryCallingCode } from "libphonenumber-js/min";
import type { Logger } from "pino";
import type { E164 } from "../core/number/e164.ts";
import { nationalForm } from "../core/number/national-form.ts";
import { NumberLines } from "../core/number/number-lines.ts";
import type { TenantId } from "../core/tenant/tenant-id.ts";
import { messageOf } from "../platform/errors.ts";
import type { DoNotCallLists } from "./do-not-call-port.ts";
import { NumberSet, sortKeys } from "./number-set.ts";
import type { ListPart, VicidialList, VicidialLists } from "./vicidial-port.ts";

/**
 * `tenant` null is everyone's list, or that of `tenants`. `country` gives national forms their meaning: VICIdial compares
 * what it dials with what is listed as it stands, so a line may mean another number to clients of another country.
 */
export type VicidialSource = VicidialList & {
  readonly tenant: TenantId | null;
  readonly tenants?: ReadonlySet<TenantId>;
  readonly country: string;
};

/** What a refresh did, for the log and for tests. */
export type ListRefreshed = { readonly parts: number; readonly read: number; readonly bad: number };

type Part = {
  readonly mark: string;
  readonly numbers: NumberSet;
  readonly areas: readonly string[];
  readonly bad: number;
};

type Held = {
  readonly source: VicidialSource;
  readonly size: string;
  readonly parts: ReadonlyMap<string, Part>;
  /**
   * Parts whose numbers begin with something else than their digits, as `(212) 555-0100` does, or with a 0: what may
   * stand behind that (`00`, `011`, a code that chooses a carrier) is more than a number's forms tell.
   */
  readonly odd: readonly Part[];
  /** Refreshes since the marks were last compared. */
  readonly age: number;
};

/** Digits that a part's numbers begin with. */
const BEGINNING = 3;

/** Refreshes after which the marks are compared although nothing cheap has changed. */
const COMPARE_EVERY = 15;

type Indexed = {
  readonly of: readonly VicidialSource[];
  readonly own: ReadonlyMap<string, VicidialSource>;
  readonly common: readonly VicidialSource[];
};

export class VicidialNumbers implements DoNotCallLists {
  readonly #lists: VicidialLists;
  readonly #log: Logger;
  readonly #sources: () => readonly VicidialSource[];
  readonly #held = new Map<string, Held>();
  #indexed: Indexed = { of: [], own: new Map(), common: [] };

  /** `sources` MUST give the same array for as long as nothing has changed: every outbound call asks. */
  constructor(lists: VicidialLists, sources: () => readonly VicidialSource[], log: Logger) {
    this.#lists = lists;
    this.#sources = sources;
    this.#log = log;
  }

  listed(tenant: TenantId, number: E164): "tenant" | "system" | null {
    const { own, common } = this.#index();
    const theirs = own.get(tenant);
    if (theirs !== undefined && this.#has(theirs, number)) return "tenant";
    const holds = ({ tenants }: VicidialSource): boolean => tenants === undefined || tenants.has(tenant);
    return common.some((source) => holds(source) && this.#has(source, number)) ? "system" : null;
  }

  /** Brings every list up to date. Never rejects: what cannot be read is logged and stays as it was. */
  async refresh(): Promise<ReadonlyMap<string, ListRefreshed>> {
    const done = new Map<string, ListRefreshed>();
    const wanted = new Set(this.#sources().map(keyOf));
    for (const key of this.#held.keys()) if (!wanted.has(key)) this.#held.delete(key);
    for (const source of this.#sources()) {
      try {
        done.set(keyOf(source), await this.#refresh(source));
      } catch (error) {
        const says = `${nameOf(source)} cannot be read (${messageOf(error)}); what was read last stays in force, and a list never read stops every call it holds for`;
        this.#log.error({ event: "do_not_call.unreadable", code: "vicidial_list_unreadable" }, says);
      }
    }
    return done;
  }

  #index(): Indexed {
    const sources = this.#sources();
    if (this.#indexed.of === sources) return this.#indexed;
    const own = sources.flatMap((source) =>
      source.tenant === null ? [] : [[source.tenant, source] as const],
    );
    const common = sources.filter(({ tenant }) => tenant === null);
    this.#indexed = { of: sources, own: new Map(own), common };
    return this.#indexed;
  }

  #has(source: VicidialSource, number: E164): boolean {
    const held = this.#held.get(keyOf(source));
    if (held === undefined) return true;
    const parts = beginningsOf(number, source.country).map((beginning) => held.parts.get(beginning));
    return [...parts, ...held.odd].some(
      (part) =>
        part !== undefined &&
        (part.numbers.has(number) || part.areas.some((area) => number.startsWith(area))),
    );
  }

  async #refresh(source: VicidialSource): Promise<ListRefreshed> {
    const key = keyOf(source);
    const before = this.#held.get(key);
    const { count, last } = await this.#lists.size(source);
    const size = `${count} ${last}`;
    if (before !== undefined && before.size === size && before.age < COMPARE_EVERY) {
      this.#held.set(key, { ...before, source, age: before.age + 1 });
      return { parts: before.parts.size, read: 0, bad: 0 };
    }
    const parts = new Map<string, Part>();
    let read = 0;
    for (const part of await this.#lists.parts(source)) {
      const known = before?.parts.get(part.beginning);
      const mark = `${part.count} ${part.mark}`;
      if (known?.mark !== mark) read++;
      parts.set(part.beginning, known?.mark === mark ? known : await this.#read(source, part, mark));
    }
    const odd = [...parts].flatMap(([beginning, part]) => (/^\+?[1-9][0-9]*$/.test(beginning) ? [] : [part]));
    this.#held.set(key, { source, size, parts, odd, age: 0 });
    const bad = [...parts.values()].reduce((sum, part) => sum + part.bad, 0);
    if (read > 0)
      this.#log.info({ event: "do_not_call.read", list: nameOf(source), numbers: count, read, bad });
    return { parts: parts.size, read, bad };
  }

  async #read(source: VicidialSource, { beginning }: ListPart, mark: string): Promise<Part> {
    const keys: number[] = [];
    const areas: string[] = [];
    const lines = new NumberLines(source.country, (key) => keys.push(key));
    for await (const page of this.#lists.numbers(source, beginning)) {
      const whole = page.filter((text) => !takeArea(text, source.country, areas));
      lines.push(Buffer.from(`${whole.join("\n")}\n`, "latin1"));
    }
    const bad = lines.end().count;
    return { mark, numbers: new NumberSet(sortKeys(Float64Array.from(keys))), areas, bad };
  }
}

/** `212XXXXXXX` is VICIdial's way to list a whole area code, in capitals or not. True when `text` was one. */
function takeArea(text: string, country: string, areas: string[]): boolean {
  const [, digits] = /^([0-9]{3})X{7}$/i.exec(text) ?? [];
  if (digits === undefined || getCountryCallingCode(country as CountryCode) !== "1") return false;
  areas.push(`+1${digits}`);
  return true;
}

/** How the number may begin in a table, but for a 0: with and without country code, and with a 0 behind that. */
function beginningsOf(number: E164, country: string): string[] {
  const digits = number.slice(1);
  const code = getCountryCallingCode(country as CountryCode);
  const rest = digits.startsWith(code) ? digits.slice(code.length) : null;
  const forms = [
    number,
    digits,
    nationalForm(number, country),
    ...(rest === null ? [] : [rest, `${code}0${rest}`]),
  ];
  return [...new Set(forms.map((form) => form.slice(0, BEGINNING)))];
}

function keyOf({ tenant, of, country }: VicidialSource): string {
  return `${tenant ?? ""} ${country} ${of?.campaigns.join(",") ?? ""} ${of?.userGroups.join(",") ?? ""}`;
}

function nameOf({ tenant, tenants, country }: VicidialSource): string {
  if (tenant !== null) return `vicidial_campaign_dnc of ${tenant}`;
  return tenants === undefined ? "vicidial_dnc" : `vicidial_dnc for clients in ${country}`;
}

/** Both kinds of list as one; a tenant's own hit is named before everyone's. */
export function eitherList(files: DoNotCallLists, tables: DoNotCallLists): DoNotCallLists {
  return {
    listed(tenant, number) {
      const filed = files.listed(tenant, number);
      if (filed === "tenant") return filed;
      return tables.listed(tenant, number) ?? filed;
    },
  };
}
