// Writes what a run found into docs/RELIABILITY.md, between its marks.
import { replaceFigures, row } from "../bench/report.ts";
import { FAULTS } from "./faults/catalogue.ts";
import type { Report } from "./html.ts";

/** Throws LabError `report_without_marks` for a file that has no place for the table. */
export function rewriteReliability(file: string, { profile, began, machine, result }: Report): void {
  const verdict = result.broken.length === 0 ? "every invariant held" : `${result.broken.length} broken`;
  replaceFigures(file, [
    `\`npm run load -- ${profile}\`, ${began.slice(0, 10)}, ${machine}: ${verdict}.`,
    "",
    row(["what", "result"]),
    row(["---", "---"]),
    ...result.rows.map(([what, value]) => row([describedAs(what), value])),
    ...result.broken.map((text) => row(["**broken**", text])),
  ]);
}

/** A fault's name alone says little to who has not read the list of them. */
function describedAs(what: string): string {
  const fault = FAULTS.find(({ name }) => name === what);
  return fault === undefined ? what : `\`${what}\`: ${fault.says}`;
}
