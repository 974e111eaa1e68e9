/** A column of a text table; numbers stand to the right. */
export type Column<Row> = {
  readonly title: string;
  readonly cell: (row: Row) => string;
  readonly right?: boolean;
};

/** Lines of a table, padded; no line has spaces at its end. */
export function textTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  return new TextTable(columns).add(rows);
}

/** A table that comes in pieces: its head stands above the first, and a column is never narrower than it was. */
export class TextTable<Row> {
  readonly #columns: readonly Column<Row>[];
  #widths: readonly number[];
  #begun = false;

  constructor(columns: readonly Column<Row>[]) {
    this.#columns = columns;
    this.#widths = columns.map(() => 0);
  }

  add(rows: readonly Row[]): string[] {
    const columns = this.#columns;
    const head = this.#begun ? [] : [columns.map((column) => column.title)];
    this.#begun = true;
    const cells = [...head, ...rows.map((row) => columns.map((column) => printable(column.cell(row))))];
    this.#widths = this.#widths.map((width, index) =>
      cells.reduce((most, line) => Math.max(most, line[index]?.length ?? 0), width),
    );
    return cells.map((line) =>
      line
        .map((cell, index) => this.#padded(cell, index))
        .join("  ")
        .trimEnd(),
    );
  }

  #padded(cell: string, index: number): string {
    const width = this.#widths[index] ?? 0;
    return this.#columns[index]?.right === true ? cell.padStart(width) : cell.padEnd(width);
  }
}

/** For a terminal: what would move its cursor, change its colours or turn its letters around is shown as a mark. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, "\ufffd");
}

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A bar of at most `width` characters for `value` out of `most`. */
export function bar(value: number, most: number, width = 24): string {
  if (most <= 0 || value <= 0) return "";
  const eighths = Math.max(1, Math.round((value / most) * width * 8));
  return "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
}

/** `75` → `1:15`, minutes and seconds: exact, and summable by eye. */
export function minutesText(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** `5400` → `1:30:00`, hours, minutes and seconds. */
export function hoursText(seconds: number): string {
  const rest = minutesText(seconds % 3600);
  return `${Math.floor(seconds / 3600)}:${rest.padStart(5, "0")}`;
}

/**
 * One line of CSV (RFC 4180). A text that a spreadsheet would run as a formula gets a quote in front: callers choose
 * what they send as their number. A telephone number keeps its plus.
 */
export function csvLine(cells: readonly (string | number | null)[]): string {
  return cells
    .map((cell) => {
      if (cell === null) return "";
      const text = String(cell);
      const risky = /^\s*[=@＝＋－＠\t\r\n-]/.test(text) || (/^\s*\+/.test(text) && !/^\+[0-9]*$/.test(text));
      const safe = typeof cell === "string" && risky ? `'${text}` : text;
      return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    })
    .join(",");
}
