// Asterisk's own account of its calls, as cdr_csv writes it.
import { readFile } from "node:fs/promises";

/** One row of Master.csv. Times are epoch milliseconds, whole seconds. */
export type CdrRow = {
  readonly accountcode: string;
  readonly src: string;
  readonly channel: string;
  readonly dstchannel: string;
  readonly start: number;
  readonly answer: number | null;
  readonly end: number;
  readonly duration: number;
  readonly billsec: number;
  readonly disposition: string;
  readonly uniqueid: string;
};

/** Rows in their order; none while there is no file. */
export async function readMasterCsv(file: string): Promise<readonly CdrRow[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const cells = [...line.matchAll(/("((?:[^"]|"")*)"|([^,]*))(,|$)/g)].map(
      ([, , quoted, plain]) => quoted ?? plain ?? "",
    );
    const cell = (index: number): string => cells[index] ?? "";
    return {
      accountcode: cell(0),
      src: cell(1),
      channel: cell(5),
      dstchannel: cell(6),
      start: timeOf(cell(9)),
      answer: cell(10) === "" ? null : timeOf(cell(10)),
      end: timeOf(cell(11)),
      duration: Number(cell(12)),
      billsec: Number(cell(13)),
      disposition: cell(14),
      uniqueid: cell(16),
    };
  });
}

/** `2026-11-23 12:00:00` on the machine's own clock. */
function timeOf(text: string): number {
  return Date.parse(text.replace(" ", "T"));
}
