// As much of PromQL as rules need, read as Prometheus reads it: what does not parse, asks for a series or a label that
// there is not, takes a rate of no range, or divides series that never meet is an error here and not on the day.

export type KnownSeries = {
  readonly labels: readonly string[];
  /** Where a label has a fixed set of values. */
  readonly values?: Readonly<Record<string, readonly string[]>>;
};

type Value =
  | { readonly kind: "number" }
  | { readonly kind: "series" | "ranges"; readonly labels: readonly string[] };

/** Prometheus adds these to whatever it reads. */
const ADDED = ["instance", "job"];

const AGGREGATORS = new Set(["sum", "min", "max", "avg", "count", "group"]);
const OF_RANGES = new Set([
  "rate",
  "irate",
  "increase",
  "delta",
  "changes",
  "max_over_time",
  "min_over_time",
]);
const OF_SERIES = new Set(["abs", "ceil", "floor", "round", "absent"]);

const BINDING: readonly (readonly string[])[] = [
  ["or"],
  ["and", "unless"],
  ["==", "!=", ">", "<", ">=", "<="],
  ["+", "-"],
  ["*", "/", "%"],
];

const TOKEN =
  /\s*(?:(\d+(?:ms|[smhdwy]))|(\d+(?:\.\d+)?)|("(?:[^"\\]|\\.)*")|([a-zA-Z_:][\w:]*)|([=!]~|[=!<>]=|[-+*/%<>=(){}[\],]))/y;

/** The labels that each alert of this expression has. Throws Error where Prometheus would refuse it, or never find anything. */
export function labelsOf(expr: string, known: ReadonlyMap<string, KnownSeries>): readonly string[] {
  const value = new Reader(tokensOf(expr), known).whole();
  if (value.kind !== "series") throw new Error(`${expr}: no series, but ${value.kind}`);
  return value.labels;
}

function tokensOf(expr: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < expr.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(expr);
    if (found === null) throw new Error(`nothing can be read at: ${expr.slice(at)}`);
    tokens.push(found[0].trim());
  }
  return tokens;
}

class Reader {
  readonly #tokens: string[];
  readonly #known: ReadonlyMap<string, KnownSeries>;

  constructor(tokens: string[], known: ReadonlyMap<string, KnownSeries>) {
    this.#tokens = tokens;
    this.#known = known;
  }

  whole(): Value {
    const value = this.#binary(0);
    if (this.#tokens.length > 0) throw new Error(`more than an expression: ${this.#tokens.join(" ")}`);
    return value;
  }

  #binary(level: number): Value {
    const operators = BINDING[level];
    if (operators === undefined) return this.#primary();
    let left = this.#binary(level + 1);
    while (operators.includes(this.#tokens[0] ?? "")) {
      const operator = this.#next();
      const on = this.#take("on") ? this.#names() : null;
      left = combined(operator, left, this.#binary(level + 1), on);
    }
    return left;
  }

  #primary(): Value {
    const token = this.#next();
    if (token === "(") {
      const inner = this.#binary(0);
      this.#expect(")");
      return inner;
    }
    if (/^\d+(\.\d+)?$/.test(token)) return { kind: "number" };
    if (!/^[a-zA-Z_:]/.test(token)) throw new Error(`an expression is missing before: ${token}`);
    if (AGGREGATORS.has(token)) return this.#aggregate();
    return this.#tokens[0] === "(" ? this.#call(token) : this.#selector(token);
  }

  #aggregate(): Value {
    let by = this.#take("by") ? this.#names() : null;
    const [inner] = this.#arguments(1);
    if (by === null && this.#take("by")) by = this.#names();
    const labels = seriesOf(inner);
    for (const name of by ?? [])
      if (!labels.includes(name)) throw new Error(`nothing there has a label ${name}`);
    return { kind: "series", labels: by ?? [] };
  }

  #call(name: string): Value {
    if (name === "histogram_quantile") {
      const [share, buckets] = this.#arguments(2);
      const labels = seriesOf(buckets);
      if (share?.kind !== "number" || !labels.includes("le"))
        throw new Error("a quantile needs a share and le");
      return { kind: "series", labels: labels.filter((label) => label !== "le") };
    }
    const [inner] = this.#arguments(1);
    if (OF_SERIES.has(name)) return { kind: "series", labels: seriesOf(inner) };
    if (!OF_RANGES.has(name)) throw new Error(`${name} is no function known here`);
    if (inner?.kind !== "ranges") throw new Error(`${name} needs a range`);
    return { kind: "series", labels: inner.labels };
  }

  #arguments(count: number): Value[] {
    this.#expect("(");
    const values = [this.#binary(0)];
    while (this.#take(",")) values.push(this.#binary(0));
    this.#expect(")");
    if (values.length !== count) throw new Error(`${values.length} arguments instead of ${count}`);
    return values;
  }

  #selector(name: string): Value {
    const series = this.#known.get(name);
    if (series === undefined) throw new Error(`there is no series ${name}`);
    const labels = [...series.labels, ...ADDED];
    if (this.#take("{")) this.#matchers(name, { ...series, labels });
    const isRange = this.#take("[");
    if (isRange) {
      this.#length();
      this.#expect("]");
    }
    if (this.#take("offset")) this.#length();
    return { kind: isRange ? "ranges" : "series", labels };
  }

  #length(): void {
    const token = this.#next();
    if (!/^\d+(ms|[smhdwy])$/.test(token)) throw new Error(`a length of time is missing before: ${token}`);
  }

  #matchers(series: string, { labels, values }: KnownSeries): void {
    do {
      const [label, operator, text] = [this.#next(), this.#next(), this.#next()];
      if (!labels.includes(label)) throw new Error(`${series} has no label ${label}`);
      if (!["=", "!=", "=~", "!~"].includes(operator) || !text.startsWith('"')) {
        throw new Error(`${series}: ${label} ${operator} ${text} is no matcher`);
      }
      const fixed = values?.[label];
      const asked: string[] = JSON.parse(text).split("|");
      const unknown = asked.find((value) => fixed !== undefined && !fixed.includes(value));
      if (unknown !== undefined) throw new Error(`${label} of ${series} is never ${unknown}`);
    } while (this.#take(","));
    this.#expect("}");
  }

  #names(): string[] {
    this.#expect("(");
    const names = [this.#next()];
    while (this.#take(",")) names.push(this.#next());
    this.#expect(")");
    return names;
  }

  #next(): string {
    const token = this.#tokens.shift();
    if (token === undefined) throw new Error("it ends too early");
    return token;
  }

  #take(token: string): boolean {
    if (this.#tokens[0] !== token) return false;
    this.#tokens.shift();
    return true;
  }

  #expect(token: string): void {
    const found = this.#next();
    if (found !== token) throw new Error(`${token} is missing before: ${found}`);
  }
}

function seriesOf(value: Value | undefined): readonly string[] {
  if (value?.kind !== "series") throw new Error(`series are needed, not ${value?.kind ?? "nothing"}`);
  return value.labels;
}

function combined(operator: string, left: Value, right: Value, on: readonly string[] | null): Value {
  if (left.kind === "number" && right.kind === "number") return left;
  if (left.kind === "number") return { kind: "series", labels: seriesOf(right) };
  if (right.kind === "number") return { kind: "series", labels: seriesOf(left) };
  const sides = [seriesOf(left), seriesOf(right)];
  for (const name of on ?? []) {
    if (!sides.every((labels) => labels.includes(name)))
      throw new Error(`not both sides have a label ${name}`);
  }
  const [one, other] = sides.map((labels) => labels.toSorted().join());
  if (on === null && one !== other) throw new Error(`${operator}: {${one}} and {${other}} never meet`);
  return { kind: "series", labels: on ?? seriesOf(left) };
}
