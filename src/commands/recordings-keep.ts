import type { StoredRecording } from "../calls/recording-port.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { userName } from "../platform/user.ts";
import { type Common, counted, type Io, WrongUse } from "./io.ts";
import { type Chosen, queryOf } from "./recordings.ts";
import { tenantName, wholeNumber, withRecordings } from "./records-of.ts";

export type RecordingsKeepOptions = Omit<Chosen, keyof Common> &
  Common & {
    readonly tenant: string;
    /** From the end of the call; as configured now unless given. */
    readonly days?: string;
    /** Without it nothing is changed, only told. */
    readonly apply?: boolean;
  };

const DAY_MS = 86_400_000;
/** As in the configuration. Where there is no date any more, no row of recordings could be read again. */
const MOST_DAYS = 36_500;

/**
 * Gives recordings that are there already another time to be kept. A change of the configuration alone never does:
 * what a slip of the pen made due, the next purge would have deleted.
 */
export async function keepRecordings(options: RecordingsKeepOptions, io: Io): Promise<number> {
  const tenant = tenantName(options.tenant);
  const write = options.apply === true;
  return withRecordings(options, io, { write }, async (book, place) => {
    const days = daysOf(options, place.snapshot);
    const until = ({ callEndedAt }: StoredRecording) => callEndedAt + days * DAY_MS;
    const now = Date.now();
    const counts = { changed: 0, due: 0 };
    const query = { ...queryOf(options, place), tenant, states: ["begun", "kept"] as const };
    for await (const page of book.pages(query)) {
      const changing = page.filter((row) => row.keepUntil !== until(row));
      counts.changed += changing.length;
      counts.due += changing.filter((row) => until(row) <= now && row.hold === null).length;
      if (write && changing.length > 0)
        await book.keepFor(
          changing.map(({ file }) => file),
          days * DAY_MS,
        );
    }
    const what = `${counted(counts.changed, "recording")} of ${tenant}`;
    const rest = `for ${counted(days, "day")}, ${counts.due} of them due with the next purge`;
    if (!write) io.err(`${what} would be kept ${rest}; nothing was changed: add --apply to do it\n`);
    else io.out(`${new Date().toISOString()} ${userName()}: ${what} kept ${rest}\n`);
    return 0;
  });
}

function daysOf({ tenant, days }: RecordingsKeepOptions, { tenants }: Snapshot): number {
  if (days !== undefined) {
    const asked = wholeNumber(days, "--days");
    if (asked > MOST_DAYS)
      throw new WrongUse(`--days takes at most ${MOST_DAYS}, a hundred years, not ${days}`);
    return asked;
  }
  const configured = [...tenants.values()].find(({ id }) => id === tenant)?.recording.keepDays ?? null;
  if (configured === null) throw new WrongUse(`${tenant} has no keep_days: say with --days how long`);
  return configured;
}
