import { basename } from "node:path";
import type { Switch } from "../../core/snapshot/snapshot.ts";

/** The file's name in the folder `cdr-custom` of the switch's log directory, where Asterisk puts every such file. */
export const CDR_FILE = "signalbox.csv";

/**
 * One row for each call detail record, in the columns that calls/cdr-rows.ts reads; the first says which these are. Times
 * are seconds since 1970 with microseconds, so that neither a zone nor a summer time is in them. What a caller chose is
 * filtered here already.
 */
const COLUMNS = [
  "1",
  "${CDR(uniqueid)}",
  "${CDR(linkedid)}",
  "${CDR(channel)}",
  "${CDR(dstchannel)}",
  "${CDR(start,u)}",
  "${CDR(answer,u)}",
  "${CDR(end,u)}",
  "${CDR(billsec)}",
  "${CDR(disposition)}",
  "${CDR(accountcode)}",
  "${FILTER(0-9+*#,${CDR(src)})}",
  "${CDR(signalbox)}",
  "${CDR(signalbox_answer)}",
] as const;

/** A line for `[mappings]`: a second section of that name would not be read. */
export function renderCdr({ cdr }: Pick<Switch, "cdr">): string {
  const name = cdr === null ? CDR_FILE : basename(cdr);
  const cells = COLUMNS.map((column) => `\${CSV_QUOTE(${column})}`);
  return [
    "; Signalbox: call detail records, for #include under [mappings] in cdr_custom.conf",
    `${name} => ${cells.join(",")}`,
    "",
  ].join("\n");
}
