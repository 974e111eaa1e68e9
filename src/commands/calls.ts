import { callsCsv, callsJson, callsText, callText } from "../reports/calls-text.ts";
import { parseAt } from "../simulate/at.ts";
import { type Common, type Io, WrongUse } from "./io.ts";
import { recordingPath, wholeNumber, withRecords, zoneOfTenant } from "./records-of.ts";

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

/** Lists calls, newest first. */
export async function calls(options: CallsOptions, io: Io): Promise<number> {
  return withRecords(options, io, async (records, snapshot) => {
    const zone = zoneOfTenant(snapshot, options.tenant ?? null);
    const moment = (name: "since" | "until") => momentOf(options[name], `--${name}`, zone);
    const stored = await records.calls({
      ...(options.tenant === undefined ? {} : { tenant: options.tenant }),
      ...(options.did === undefined ? {} : { did: options.did }),
      ...(options.unowned === true ? { unowned: true } : {}),
      ...moment("since"),
      ...moment("until"),
      limit: wholeNumber(options.limit ?? "100", "--limit"),
    });
    const listed = stored.map((call) => ({
      ...call,
      recording: recordingPath(call.recording, snapshot, options.variables),
    }));
    if (options.json === true) io.out(`${JSON.stringify(callsJson(listed), null, 2)}\n`);
    else if (options.csv === true) io.out(callsCsv(listed));
    else io.out(callsText(listed, (tenant) => zoneOfTenant(snapshot, tenant)));
    return 0;
  });
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
    const { facts: _, ...record } = found.record;
    const recording = recordingPath(found.recording, snapshot, options.variables);
    if (options.json === true) {
      io.out(`${JSON.stringify({ ...record, recording }, null, 2)}\n`);
    } else io.out(callText(found.record, recording));
    return 0;
  });
}

export function momentOf(
  text: string | undefined,
  option: string,
  zone: string,
): Readonly<Record<string, number>> {
  if (text === undefined) return {};
  const at = parseAt(text, zone);
  if (at === null)
    throw new WrongUse(`${option} takes a date or a moment like 2026-11-23T12:00, not ${text}`);
  return { [option.slice(2)]: at };
}
