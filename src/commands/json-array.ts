import type { Io } from "./io.ts";

/** Prints one JSON array as its items come, laid out as JSON.stringify does it with two spaces. */
export class JsonArray {
  readonly #io: Pick<Io, "out">;
  #count = 0;

  constructor(io: Pick<Io, "out">) {
    this.#io = io;
  }

  add(item: unknown): void {
    const text = JSON.stringify(item, null, 2).replaceAll("\n", "\n  ");
    this.#io.out(`${this.#count === 0 ? "[\n" : ",\n"}  ${text}`);
    this.#count += 1;
  }

  end(): void {
    this.#io.out(this.#count === 0 ? "[]\n" : "\n]\n");
  }
}
