import type { TextTable } from "../reports/table.ts";
import type { Io } from "./io.ts";

/** Prints one table as its rows come, in bounded memory; one without a row has its head all the same. */
export class PagedTable<Row> {
  readonly #table: TextTable<Row>;
  readonly #io: Pick<Io, "out">;
  #empty = true;

  constructor(table: TextTable<Row>, io: Pick<Io, "out">) {
    this.#table = table;
    this.#io = io;
  }

  add(rows: readonly Row[]): void {
    this.#empty = false;
    this.#io.out(`${this.#table.add(rows).join("\n")}\n`);
  }

  end(): void {
    if (this.#empty) this.add([]);
  }
}
