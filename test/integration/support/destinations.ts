// What became of calls, as Asterisk's own log has it: the operator's contexts of these tests write one line for every
// call that reaches them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { waitFor } from "../../../load/lab/ports.ts";

/** A call that has reached one of the operator's contexts, and what its channel carried there. */
export type Arrival = {
  /** `ingroup APEX_INBOUND` or `context extension`. */
  readonly at: string;
  readonly tenant: string;
  readonly call: string;
  readonly direction: string;
  readonly did: string;
  readonly trunk: string;
  readonly account: string;
  readonly peeraccount: string;
  /** The caller's number; every call of a test has its own. */
  readonly from: string;
  /** Milliseconds since 1970, by Asterisk's log. */
  readonly time: number;
};

const FIELDS = {
  tenant: "${SB_TENANT}",
  call: "${SB_CALL}",
  direction: "${SB_DIRECTION}",
  did: "${SB_DID}",
  trunk: "${SB_TRUNK}",
  account: "${CHANNEL(accountcode)}",
  peeraccount: "${CHANNEL(peeraccount)}",
  from: "${CALLERID(num)}",
};

const REPORT = Object.entries(FIELDS)
  .map(([name, value]) => `${name}=${value}`)
  .join(" ");

/**
 * In-groups that report and answer, an agents' context that reports and hangs up at once, and `moh` that holds. What
 * they hold ends with the caller.
 */
export const OPERATOR_DIALPLAN = `[signalbox-ingroup]
exten => _[A-Za-z0-9][A-Za-z0-9_]!,1,Log(NOTICE,ARRIVAL ingroup:\${EXTEN} ${REPORT})
 same => n,Answer()
 same => n,Wait(120)
 same => n,Hangup(16)

[desk]
exten => _[A-Za-z0-9][A-Za-z0-9_]!,1,Log(NOTICE,ARRIVAL desk:\${EXTEN} ${REPORT})
 same => n,Answer()
 same => n,Wait(1)
 same => n,Hangup(16)
`;

export type Arrivals = {
  all(): readonly Arrival[];
  /** The arrivals of a caller so far. */
  of(from: string): readonly Arrival[];
  /** The first arrival of a caller; rejects after `withinMs`. */
  first(from: string, withinMs?: number): Promise<Arrival>;
};

export function watchArrivals(asteriskFolder: string): Arrivals {
  const all = (): Arrival[] => {
    const text = readFileSync(join(asteriskFolder, "log/full"), "utf8");
    return text.split("\n").flatMap(readArrival);
  };
  const of = (from: string): Arrival[] => all().filter((arrival) => arrival.from === from);
  return {
    all,
    of,
    first: (from, withinMs = 5000) =>
      waitFor(`the arrival of the call from ${from}`, () => of(from)[0], withinMs, 50),
  };
}

// The log also shows the line that is about to run, where the text stands in quotes behind the application's name.
const LINE = /^\[(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3})\] NOTICE\b.*?: ARRIVAL (\w+):(\S+) (.*)$/;

function readArrival(line: string): Arrival[] {
  const [, date, time, kind, name, rest = ""] = LINE.exec(line) ?? [];
  if (kind === undefined) return [];
  const values = new Map(
    rest.split(" ").map((pair): [string, string] => {
      const at = pair.indexOf("=");
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
  const value = (key: keyof typeof FIELDS): string => values.get(key) ?? "";
  return [
    {
      at: `${kind} ${name}`,
      tenant: value("tenant"),
      call: value("call"),
      direction: value("direction"),
      did: value("did"),
      trunk: value("trunk"),
      account: value("account"),
      peeraccount: value("peeraccount"),
      from: value("from"),
      time: Date.parse(`${date}T${time}`),
    },
  ];
}
