import { Counter, type CounterConfiguration } from "prom-client";

type Tally<Label extends string> = { readonly labels: Record<Label, string>; count: number };

/**
 * A counter that is counted up on the path of every call. The library looks its labels up anew at each step of a
 * counter; here that is done once for all that came between two looks at the metrics, which show the same numbers.
 */
export class Tallied<Label extends string> {
  readonly #names: readonly Label[];
  readonly #tallies = new Map<string, Tally<Label>>();

  constructor(configuration: CounterConfiguration<Label> & { readonly labelNames: readonly Label[] }) {
    this.#names = configuration.labelNames;
    const tallies = this.#tallies;
    new Counter<Label>({
      ...configuration,
      collect() {
        for (const tally of tallies.values()) {
          this.inc(tally.labels, tally.count);
          tally.count = 0;
        }
      },
    });
  }

  /** One more; `values` are the labels' in the order of `labelNames`. */
  add(...values: readonly string[]): void {
    const key = values.join("\0");
    let tally = this.#tallies.get(key);
    if (tally === undefined) {
      const labels = Object.fromEntries(this.#names.map((name, at) => [name, values[at] ?? ""]));
      tally = { labels: labels as Record<Label, string>, count: 0 };
      this.#tallies.set(key, tally);
    }
    tally.count += 1;
  }
}
