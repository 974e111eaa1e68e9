// The end of a run for people: one line a finding, the reason below those that were missed.
import type { Finding } from "./finding.ts";

/** Text with aligned columns; every finding is one line, the reason of a missed one another. */
export function table(findings: readonly Finding[]): string {
  const rows = findings.map((finding) => [
    finding.bench,
    finding.what,
    finding.target,
    finding.measured,
    verdictOf(finding),
  ]);
  const head = ["bench", "what", "target", "measured: median (min–max)", ""];
  const widths = head.map((cell, at) => Math.max(cell.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd();
  const body = findings.flatMap((finding, at) => [
    line(rows[at] ?? []),
    ...(finding.why === "" ? [] : [`${" ".repeat(widths[0] ?? 0)}    ${finding.why}`]),
  ]);
  return [line(head), ...body].join("\n");
}

export function verdictOf({ met }: Finding): string {
  if (met === null) return "";
  return met ? "met" : "MISSED";
}
