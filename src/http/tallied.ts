import { Counter, type CounterConfiguration, Histogram, type Registry } from "prom-client";

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

/** A histogram without labels that is added to on the path of every call, likewise: it shows what the library's would. */
export class TalliedTimes extends Histogram<"le"> {
  readonly #bounds: readonly number[];
  /** How many came within each bound and within none before it; the last are those above all bounds. */
  readonly #counts: number[];
  readonly #about: { readonly name: string; readonly help: string };
  #sum = 0;

  constructor(about: { readonly name: string; readonly help: string }, bounds: number[], registry: Registry) {
    super({ ...about, buckets: bounds, registers: [registry] });
    this.#about = about;
    this.#bounds = bounds;
    this.#counts = Array<number>(bounds.length + 1).fill(0);
  }

  add(seconds: number): void {
    let at = 0;
    for (const bound of this.#bounds) {
      if (seconds <= bound) break;
      at += 1;
    }
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sum += seconds;
  }

  /** What the library reads its histograms by, to be printed and for its own `get`. */
  getForPromString() {
    const { name, help } = this.#about;
    let count = 0;
    const buckets = this.#counts.map((counted, at) => {
      count += counted;
      const labels = { le: this.#bounds[at] ?? "+Inf" };
      return { labels, sharedLabels: {}, value: count, metricName: `${name}_bucket` };
    });
    const total = (what: string, value: number) => ({
      labels: {},
      sharedLabels: {},
      value,
      metricName: `${name}_${what}`,
    });
    const values = [...buckets, total("sum", this.#sum), total("count", count)];
    return { name, help, type: "histogram", aggregator: "sum", values };
  }
}
