// Whether every call that was decided has its record, and no more than one: what the nodes logged, against the database.
import type { StoredCall } from "../../src/calls/record-port.ts";
import { openRecords } from "../../src/records/open.ts";

export type Recorded = {
  readonly decided: number;
  readonly records: number;
  /** Calls without a record. */
  readonly missing: readonly string[];
  /** Call ids that stand in more than one place. */
  readonly twice: readonly string[];
  /** Calls that ended before they began, or lasted longer than any run. */
  readonly odd: readonly string[];
  readonly calls: readonly StoredCall[];
};

/** No caller of a run stays for so long. */
const LONGEST_CALL_MS = 900_000;

const DECIDED = /"event":"call\.(?:decided|refused)"/;

/** The call that this line of a node's log says was decided; null for a line about something else. It may be cut off. */
export function decidedCall(line: string): string | null {
  return DECIDED.test(line) ? (/"call":"([^"]+)"/.exec(line)?.[1] ?? null) : null;
}

export async function readRecorded(
  records: string,
  variables: string,
  decided: ReadonlySet<string>,
): Promise<Recorded> {
  const reader = await openRecords(records, variables);
  try {
    const limit = 10_000_000;
    const listed = await Promise.all([reader.calls({ limit }), reader.calls({ limit, unowned: true })]);
    const calls = listed.flat();
    const odd = calls.filter(isOdd);
    const ids = calls.map(({ call }) => String(call));
    const known = new Set(ids);
    const twice = ids.length === known.size ? [] : ids.filter((id, at) => ids.indexOf(id) !== at);
    return {
      decided: decided.size,
      records: ids.length,
      missing: [...decided].filter((call) => !known.has(call)),
      twice,
      calls,
      odd: odd.map(({ call, startedAt, endedAt }) => `${call} (${endedAt - startedAt} ms)`),
    };
  } finally {
    await reader.close();
  }
}

function isOdd({ startedAt, endedAt, billableSeconds }: StoredCall): boolean {
  const ms = endedAt - startedAt;
  return ms < 0 || ms > LONGEST_CALL_MS || billableSeconds < 0 || billableSeconds * 1000 > LONGEST_CALL_MS;
}
