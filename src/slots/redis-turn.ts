import type { RedisClient } from "./redis-client.ts";
import { runScript } from "./redis-scripts.ts";

/** The fields that one run of turn.lua reads, each once. */
export class Fields {
  readonly names: string[];
  readonly #numbers = new Map<string, number>();

  /** Whether a slot is taken in that run. */
  readonly taking: boolean;

  constructor(taking: boolean) {
    this.taking = taking;
    this.names = taking ? ["gen", "ready", "due", "pool"] : ["gen"];
  }

  /** Number of the first of `names`, which stand together. A field MUST NOT be in two such rows. */
  row(names: readonly string[]): number {
    const [first = ""] = names;
    const known = this.#numbers.get(first);
    if (known !== undefined) return known;
    const number = this.names.length + 1;
    for (const name of names) this.#numbers.set(name, this.names.push(name));
    return number;
  }
}

/** What many asks have in common. */
export type Scope = {
  /** Equal for equal scopes. */
  readonly name: string;
  /** Reserves its rows of fields; all scopes do before any asks for its arguments. */
  readonly reads: (fields: Fields) => void;
  readonly args: (fields: Fields) => readonly (string | number)[];
};

/** One slot to take or to free, as redis-form.ts writes it. */
export type Ask = {
  readonly scope: Scope;
  /** Server and uniqueid as in the names of its fields and of its tombstone. */
  readonly channel: string;
  /** The fields of its own: one, or two where it frees the leg's slot and the pending one. */
  readonly slots: readonly string[];
  /** Null of a slot to free. */
  readonly call: string | null;
};

type Waiting = {
  readonly ask: Ask;
  readonly resolve: (answer: string | number) => void;
  readonly reject: (error: unknown) => void;
};

export type TurnOptions = {
  readonly client: RedisClient;
  readonly keys: readonly string[];
  readonly tombstoneKey: (channel: string) => string;
  /** By Redis' clock, when what is asked now must not be taken any more. */
  readonly deadlineMs: () => number;
};

/** So many leave at once: Redis does them while more are asked, and nobody else waits long for a script of them. */
const MOST = 16;

/**
 * What is asked in one turn of the event loop goes to Redis as one script, in order: most of what a slot costs there is
 * the script and the commands in it, not what they do. Nothing waits for it, since it leaves as soon as those who have
 * just been answered have asked anew.
 */
export class Turn {
  readonly #options: TurnOptions;
  readonly #channels = new Set<string>();
  #waiting: Waiting[] = [];
  #deadlineMs = 0;

  constructor(options: TurnOptions) {
    this.#options = options;
  }

  ask(ask: Ask): Promise<string | number> {
    // The script knows each channel once; what was asked first comes first.
    if (this.#channels.has(ask.channel) || this.#waiting.length >= MOST) this.send();
    if (this.#waiting.length === 0) {
      this.#deadlineMs = this.#options.deadlineMs();
      process.nextTick(() => this.send());
    }
    this.#channels.add(ask.channel);
    return new Promise((resolve, reject) => this.#waiting.push({ ask, resolve, reject }));
  }

  /** At once: whatever else is sent was asked later and must not come first. */
  send(): void {
    const asked = this.#waiting;
    if (asked.length === 0) return;
    this.#waiting = [];
    this.#channels.clear();
    this.#run(asked).then(
      (answers) => {
        for (let nth = 0; nth < asked.length; nth += 1) asked[nth]?.resolve(answers[nth] ?? "lost");
      },
      (error: unknown) => {
        for (const { reject } of asked) reject(error);
      },
    );
  }

  async #run(asked: readonly Waiting[]): Promise<readonly (string | number)[]> {
    const { client, keys, tombstoneKey } = this.#options;
    const taking: string[] = [];
    const freeing: string[] = [];
    const scopes = new Map<string, Scope>();
    for (const { ask } of asked) {
      (ask.call === null ? freeing : taking).push(tombstoneKey(ask.channel));
      scopes.set(ask.scope.name, ask.scope);
    }
    const fields = new Fields(taking.length > 0);
    for (const scope of scopes.values()) scope.reads(fields);
    const written = [...scopes.values()].map((scope) => scope.args(fields));
    const { names } = fields;
    const common = names.length;
    for (const { ask } of asked) names.push(...ask.slots);
    const args: (string | number)[] = [this.#deadlineMs, names.length, common, taking.length, ...names];
    const places = new Map<string, number>();
    for (const name of scopes.keys()) {
      const scope = written[places.size] ?? [];
      places.set(name, args.length + 1);
      args.push(...scope);
    }
    for (const { ask } of asked) {
      args.push(places.get(ask.scope.name) ?? 0);
      if (ask.call !== null) args.push(ask.call);
    }
    const reply = await runScript(client, "turn", [...keys, ...taking, ...freeing], args);
    return Array.isArray(reply) ? reply : asked.map(() => "lost");
  }
}
