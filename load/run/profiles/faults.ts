// Faults on purpose, by name and drawn from a seed, with calls up and calls coming. After each, every invariant is looked
// at before the next one is done; after one that left a trace the next begins on a new floor.
import { join } from "node:path";
import { messageOf } from "../../../src/platform/errors.ts";
import { onEnd } from "../../lab/ending.ts";
import { LabError } from "../../lab/lab-error.ts";
import { assertRoot } from "../apart.ts";
import { FAULTS } from "../faults/catalogue.ts";
import { type Fault, type FloorKind, type Outcome, undergo } from "../faults/fault.ts";
import { killsOf } from "../faults/kills.ts";
import { closeBooks, type Profile, type ProfileResult, type RunContext } from "../profile.ts";

const KILLS = 50;

export const faults: Profile = {
  name: "faults",
  says: "parts that die, hang, are cut off or are lied to while calls are up: by name, all, or drawn from a seed",
  ownFloors: true,
  run: async (context) => {
    const { flags, say } = context;
    const isRoot = process.getuid?.() === 0;
    const named = flags.all ? FAULTS : FAULTS.filter(({ name }) => flags.only.includes(name));
    const kills = killsOf(flags.seed, flags.kills ?? (flags.only.length > 0 ? 0 : KILLS));
    if (named.length + kills.length === 0) {
      throw new LabError(
        "nothing_to_do",
        "no fault and no kill: name some with --only, or leave --kills out",
      );
    }
    if (!flags.all && named.some(({ floor }) => floor.needsRoot === true)) assertRoot("one of these faults");
    const left = named.filter(({ floor }) => floor.needsRoot === true && !isRoot);
    for (const { name } of left) say(`${name} needs root: it is left out`);
    const visit = new Visit(context);
    for (const fault of [...named.filter((each) => !left.includes(each)), ...kills])
      await visit.undergo(fault);
    await visit.leave();
    return resultOf(flags.seed, visit, left);
  },
};

/** Goes from floor to floor. */
class Visit {
  readonly outcomes: Outcome[] = [];
  readonly books: ProfileResult[] = [];
  readonly #context: RunContext;
  #kind: FloorKind | null = null;
  #floors = 0;
  #tidy: () => Promise<void> = async () => {};
  #forget: () => void = () => {};

  constructor(context: RunContext) {
    this.#context = context;
  }

  async undergo(fault: Fault): Promise<void> {
    const began = performance.now();
    const outcome = await this.#outcomeOf(fault);
    this.outcomes.push(outcome);
    const seconds = Math.round((performance.now() - began) / 1000);
    const verdict = outcome.broken.length === 0 ? "all well" : outcome.broken.join("; ");
    this.#context.say(`${fault.name} (${fault.says}), ${seconds} s: ${verdict}`);
    // What is missing now has been waited for and told; where the switch died nobody knows how many calls it was given.
    if (outcome.broken.length > 0) await this.leave(1000);
    else if (fault.endsCalls === true) await this.leave();
  }

  /** Closes the books of the floor there is and takes it down. */
  async leave(withinMs?: number): Promise<void> {
    if (this.#kind === null) return;
    const { name } = this.#kind;
    this.#kind = null;
    const books = await closeBooks(this.#context.floor, withinMs).catch(
      (error: unknown): ProfileResult => ({ rows: [], broken: [messageOf(error)], figures: {} }),
    );
    this.books.push({ ...books, broken: books.broken.map((text) => `floor ${name}: ${text}`) });
    await this.#context.clear();
    await this.#tidy();
    this.#forget();
  }

  /** A floor that cannot be built is one fault's outcome, not the end of the run. */
  async #outcomeOf(fault: Fault): Promise<Outcome> {
    try {
      await this.#moveTo(fault.floor);
      return await undergo(this.#context.floor, fault);
    } catch (error) {
      const broken = [`it could not be done: ${messageOf(error)}`];
      const none = { established: "0 of 0", coming: "0 of 0", tries: 0, heardMs: 0, readyMs: 0, agreeMs: 0 };
      return { name: fault.name, broken, ...none };
    }
  }

  async #moveTo(kind: FloorKind): Promise<void> {
    if (this.#kind === kind) return;
    await this.leave();
    this.#floors += 1;
    const name = `${this.#floors}-${kind.name}`;
    const folder = join(this.#context.folder, name);
    await kind.prepare?.(folder);
    this.#tidy = async () => kind.tidy?.(folder);
    // Also when the run is broken off.
    this.#forget = onEnd(this.#tidy);
    await this.#context.moveTo(name, kind.options);
    this.#kind = kind;
  }
}

function resultOf(seed: number, { outcomes, books }: Visit, left: readonly Fault[]): ProfileResult {
  const groups = Map.groupBy(outcomes, ({ name }) => name);
  const counted = (what: "decided" | "records") =>
    books.reduce((sum, { figures }) => sum + Number(figures[what]), 0);
  return {
    rows: [
      ["seed", String(seed)],
      ...[...groups].map(([name, list]) => [name, lineOf(list)] as const),
      ...left.map(({ name }) => [name, "not run: needs root"] as const),
      ["calls decided, call records", `${counted("decided")}, ${counted("records")}`],
    ],
    broken: [
      ...outcomes.flatMap(({ name, broken }) => broken.map((text) => `${name}: ${text}`)),
      ...books.flatMap(({ broken }) => broken),
    ],
    figures: { seed, outcomes, decided: counted("decided"), records: counted("records") },
  };
}

function lineOf(list: readonly Outcome[]): string {
  const worst = (field: "readyMs" | "agreeMs" | "heardMs") =>
    `${(Math.max(...list.map((outcome) => outcome[field])) / 1000).toFixed(1)} s`;
  const good = list.filter(({ broken }) => broken.length === 0).length;
  const [only] = list;
  const held = good === list.length ? "held" : `${list.length - good} of ${list.length} BROKEN`;
  const how = list.length > 1 ? `${list.length} times, ${held}` : held;
  const calls = list.length === 1 ? `; calls kept ${only?.established}, callers heard ${only?.coming}` : "";
  const again = list.reduce((sum, { tries }) => sum + Math.max(0, tries - 1), 0);
  const placed = again === 0 ? "" : `; calls placed ${again} times more before all were up`;
  return `${how}${calls}${placed}; longest wait ${worst("heardMs")}, ready after ${worst("readyMs")}, store = switch ${worst("agreeMs")} later`;
}
