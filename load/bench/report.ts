// Keeps a table of a Markdown file in step with the last run: what stands between the two marks is replaced, the words
// around it are people's.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
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

/** Whether the file is there and has a place for the table. */
export function hasMarks(file: string): boolean {
  if (!existsSync(file)) return false;
  const text = readFileSync(file, "utf8");
  return text.includes(BEGIN) && text.includes(END);
}

/**
 * What was run takes the place of what the table had of it; other benches keep their rows, and the line that says of
 * which run they are. Throws LabError `report_without_marks` for a file that has no place for the table.
 */
export function rewriteReport(file: string, run: BenchRun): void {
  const { machine, began, rounds, size, findings } = run;
  const rows = findings.map((finding) =>
    row([finding.bench, finding.what, finding.target, finding.measured, verdictOf(finding), finding.why]),
  );
  const about = `${began.slice(0, 16).replace("T", " ")} UTC, ${machine.cores} cores (${machine.cpu}), Node ${machine.node}, load before the run ${machine.loadBefore.toFixed(1)}, ${rounds} rounds, size ${size}.`;
  const names = [...new Set(findings.map(({ bench }) => bench))];
  const kept = keptOf(readFileSync(file, "utf8"), new Set(names));
  replaceFigures(file, [
    ...kept.abouts,
    `- ${names.join(", ")}: ${about}`,
    "",
    row(["bench", "what", "target", "median (min–max)", "", "why"]),
    row(Array<string>(6).fill("---")),
    ...[...kept.rows, ...rows].sort((a, b) => placeOf(a) - placeOf(b)),
  ]);
}

const ORDER = ["agi", "step", "calls", "slots", "ami", "configuration", "records"];

function benchOf(row: string): string {
  return /^\| ([a-z]+) \|/.exec(row)?.[1] ?? "";
}

function placeOf(row: string): number {
  const place = ORDER.indexOf(benchOf(row));
  return place < 0 ? ORDER.length : place;
}

/** What the table has of benches that were not run anew, and what it says of their runs. */
function keptOf(text: string, anew: ReadonlySet<string>): { abouts: string[]; rows: string[] } {
  const lines = text.slice(text.indexOf(BEGIN), text.indexOf(END)).split("\n");
  const rows = lines.filter((line) => !["", "bench", ...anew].includes(benchOf(line)));
  const abouts = lines.flatMap((line) => {
    const [, names = "", about = ""] = /^- ([a-z, ]+): (.*)$/.exec(line) ?? [];
    const left = names.split(", ").filter((name) => name !== "" && !anew.has(name));
    return left.length === 0 ? [] : [`- ${left.join(", ")}: ${about}`];
  });
  return { abouts, rows };
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

/** What a program said may be of several lines; a row is one. */
export function row(cells: readonly string[]): string {
  const inOne = (cell: string) =>
    cell
      .trim()
      .replaceAll(/\s*\n\s*/g, " / ")
      .replaceAll("|", "\\|");
  return `| ${cells.map(inOne).join(" | ")} |`;
}
