// Keeps a table of a Markdown file in step with the last run: what stands between the two marks is replaced, the words
// around it are people's.
import { readFileSync, writeFileSync } from "node:fs";
import { LabError } from "../lab/lab-error.ts";
import type { Finding } from "./finding.ts";
import { verdictOf } from "./table.ts";

const BEGIN = "<!-- figures: begin -->";
const END = "<!-- figures: end -->";

export type BenchRun = {
  readonly began: string;
  readonly machine: {
    readonly cores: number;
    readonly cpu: string;
    readonly loadBefore: number;
    readonly node: string;
  };
  readonly rounds: number;
  readonly size: number;
  readonly findings: readonly Finding[];
};

/** Throws LabError `report_without_marks` for a file that has no place for the table. */
export function rewriteReport(file: string, run: BenchRun): void {
  const { machine, began, rounds, size, findings } = run;
  const rows = findings.map((finding) =>
    row([finding.bench, finding.what, finding.target, finding.measured, verdictOf(finding), finding.why]),
  );
  replaceFigures(file, [
    `${began.slice(0, 10)}, ${machine.cores} cores (${machine.cpu}), Node ${machine.node}, load before the run ${machine.loadBefore.toFixed(1)}, ${rounds} rounds, size ${size}.`,
    "",
    row(["bench", "what", "target", "median (min–max)", "", "why"]),
    row(Array<string>(6).fill("---")),
    ...rows,
  ]);
}

/** Replaces what stands between the marks of `file`. */
export function replaceFigures(file: string, lines: readonly string[]): void {
  const text = readFileSync(file, "utf8");
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) {
    throw new LabError(
      "report_without_marks",
      `${file} needs the lines ${BEGIN} and ${END}, where the table goes`,
    );
  }
  writeFileSync(file, `${text.slice(0, from + BEGIN.length)}\n${lines.join("\n")}\n${text.slice(to)}`);
}

export function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
