import type { StoredCall } from "../calls/record-port.ts";
import { isE164 } from "../core/number/e164.ts";
import { callCsv, callJson, callsCsvHead, callsTable, callText, recordJson } from "../reports/calls-text.ts";
import { parseAt } from "../simulate/at.ts";
import { type Common, type Io, WrongUse } from "./io.ts";
import { JsonArray } from "./json-array.ts";
import { PagedTable } from "./paged-table.ts";
import {
  calendarOf,
  isConfigured,
  recordingPath,
  wholeNumber,
  withRecords,
  zoneOfTenant,
} from "./records-of.ts";

/** As they are written on the command line. */
export type CallsOptions = Common & {
  readonly tenant?: string;
  readonly did?: string;
  /** Calls of nobody instead. */
  readonly unowned?: boolean;
  /** The client's wall clock, or UTC's, unless it has an offset. */
  readonly since?: string;
  readonly until?: string;
  readonly limit?: string;
  readonly json?: boolean;
  readonly csv?: boolean;
};

/** People are shown so many unless they ask for more; a program that was not told would take them for all. */
const SHOWN = 100;

/** Lists calls, newest first, a page at a time. */
export async function calls(options: CallsOptions, io: Io): Promise<number> {
  const limit = options.limit === undefined ? undefined : wholeNumber(options.limit, "--limit");
  if (options.did !== undefined && !isE164(options.did))
    throw new WrongUse(`--did takes a number like +12125550100, not ${options.did}`);
  if (options.unowned === true && options.tenant !== undefined)
    throw new WrongUse("--unowned lists calls of nobody, and --tenant a client's: take one of them");
  if (options.json === true && options.csv === true) throw new WrongUse("take --json or --csv, not both");
  // Wrong use is told as such where there are no records yet too.
  for (const name of ["since", "until"] as const) momentOf(options[name], `--${name}`, "UTC");
  return withRecords(options, io, async (records, snapshot) => {
    const zone = await calendarOf(records, snapshot, options.tenant);
    const moment = (name: "since" | "until") => momentOf(options[name], `--${name}`, zone);
    const query = {
      ...(options.tenant === undefined ? {} : { tenant: options.tenant }),
      ...(options.did === undefined ? {} : { did: options.did }),
      ...(options.unowned === true ? { unowned: true } : {}),
      ...moment("since"),
      ...moment("until"),
    };
    const whole = options.json === true || options.csv === true;
    const most = limit ?? (whole ? Infinity : SHOWN);
    let listed = 0;
    const zoneOf = (tenant: string | null) =>
      options.tenant === undefined ? zoneOfTenant(snapshot, tenant) : zone;
    const printer = printerOf(options, zoneOf, io);
    for await (const page of records.pages({ ...query, limit: most })) {
      listed += page.length;
      printer.add(
        page.map((call) => ({
          ...call,
          recording: recordingPath(call.recording, snapshot, options.variables),
        })),
      );
    }
    printer.end();
    if (!whole && limit === undefined && listed === SHOWN)
      io.err(`the newest ${SHOWN}; --limit, --since and --json show more\n`);
    if (listed > 0 || isConfigured(snapshot, options.tenant)) return 0;
    io.err(`signalbox: there is no client ${options.tenant}, and no such call of one\n`);
    return 1;
  });
}

type Printer = { add(calls: readonly StoredCall[]): void; end(): void };

function printerOf(
  { json, csv }: Pick<CallsOptions, "json" | "csv">,
  zoneOf: (tenant: string | null) => string,
  io: Io,
): Printer {
  if (json === true) {
    const array = new JsonArray(io);
    return {
      add: (page) => {
        for (const call of page) array.add(callJson(call));
      },
      end: () => array.end(),
    };
  }
  if (csv === true) {
    io.out(callsCsvHead);
    return { add: (page) => io.out(page.map(callCsv).join("")), end: () => {} };
  }
  return new PagedTable(callsTable(zoneOf), io);
}

export type CallsShowOptions = Common & { readonly id: string; readonly json?: boolean };

/** Shows one call whole, with the trace of its decisions; 1 when there is no such call. */
export async function callsShow(options: CallsShowOptions, io: Io): Promise<number> {
  return withRecords(options, io, async (records, snapshot) => {
    const found = await records.call(options.id);
    if (found === null) {
      io.err(`signalbox: there is no call ${options.id}; \`signalbox calls\` lists those there are\n`);
      return 1;
    }
    const recording = recordingPath(found.recording, snapshot, options.variables);
    if (options.json === true) {
      io.out(`${JSON.stringify(recordJson(found.record, recording), null, 2)}\n`);
    } else io.out(callText(found.record, recording));
    return 0;
  });
}

const AGO = /^([0-9]{1,6})([smhdw])$/;
const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** A moment on the clock of `zone`, or how long ago: `2h`, `7d`. Throws WrongUse for other text. */
export function momentOf(
  text: string | undefined,
  option: string,
  zone: string,
): Readonly<Record<string, number>> {
  if (text === undefined) return {};
  const [, count, unit] = AGO.exec(text) ?? [];
  const at =
    count === undefined
      ? parseAt(text, zone)
      : Date.now() - Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  if (at === null)
    throw new WrongUse(
      `${option} takes a date, a moment like 2026-11-23T12:00, or 2h or 7d ago, not ${text}`,
    );
  return { [option.slice(2)]: at };
}
