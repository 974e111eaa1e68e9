import { openTrunks, type SlotAnswer, type SlotRequest } from "../core/admission/admission.ts";
import { weigh } from "../core/admission/weigh.ts";
import { DIRECTIONS } from "./words.ts";

/** Live legs as somebody supposes them; none of these numbers implies another. What is not named counts 0. */
export type InUse = {
  /** `apex`: both directions; `apex/inbound`: one of them. */
  readonly tenants: ReadonlyMap<string, number>;
  /** Legs of a tenant on shared trunks. */
  readonly pool: ReadonlyMap<string, number>;
  readonly trunks: ReadonlyMap<string, number>;
  /** How many of those on a trunk are being turned away; only a running node can tell. */
  readonly refused: ReadonlyMap<string, number>;
  /** The running node's store does not rule now, so `when_slots_unreachable` answers. */
  readonly unreachable?: true;
};

export const nothingInUse: InUse = {
  tenants: new Map(),
  pool: new Map(),
  trunks: new Map(),
  refused: new Map(),
};

/** The names that `--in-use` may speak of. */
export type KnownNames = { readonly tenants: ReadonlySet<string>; readonly trunks: ReadonlySet<string> };

/**
 * Reads `apex=30,apex/inbound=10,pool:apex=5,trunk:pool_a=100`; `problem` says what is wrong and what to write. A
 * name that is not configured is a problem too: a mistyped one would count for nobody.
 */
export function parseInUse(text: string, known: KnownNames): InUse | { readonly problem: string } {
  const read = { ...nothingInUse, tenants: new Map<string, number>(), pool: new Map(), trunks: new Map() };
  for (const part of text.split(",").map((each) => each.trim())) {
    if (part === "") continue;
    const match = /^(pool:|trunk:)?([A-Za-z0-9_-]+)(\/[a-z]+)?=([0-9]{1,6})$/.exec(part);
    if (match === null || (match[1] !== undefined && match[3] !== undefined)) return badPart(part);
    const [, kind, name = "", direction = "", count] = match;
    if (direction !== "" && !DIRECTIONS.includes(direction.slice(1))) return badPart(part);
    const trunk = kind === "trunk:";
    if (!(trunk ? known.trunks : known.tenants).has(name)) {
      return { problem: `${part}: there is no ${trunk ? "trunk" : "tenant"} called ${name}` };
    }
    const where = trunk ? read.trunks : kind === "pool:" ? read.pool : read.tenants;
    where.set(`${name}${direction}`, Number(count));
  }
  return read;
}

function badPart(part: string): { readonly problem: string } {
  return {
    problem: `${part}: write TENANT=N, TENANT/inbound=N, TENANT/outbound=N, pool:TENANT=N or trunk:TRUNK=N`,
  };
}

/** Answers acquires from supposed numbers, and counts the legs that the simulated call itself has got. */
export class SupposedSlots {
  readonly #inUse: InUse;
  readonly #held: SlotRequest[] = [];

  constructor(inUse: InUse) {
    this.#inUse = inUse;
  }

  acquire(request: SlotRequest): SlotAnswer {
    const { unreachable = false } = this.#inUse;
    if (unreachable && request.whenUnreachable === "refuse") {
      return { granted: false, scope: "slots_unreachable" };
    }
    // A channel that asks again for a leg has done with its last attempt.
    this.#drop((held) => held.leg === request.leg);
    const { tenants, pool, trunks, refused } = this.#inUse;
    const held = (counts: (each: SlotRequest) => boolean) => this.#held.filter(counts).length;
    const open = request.pool === null ? [] : openTrunks(request.pool);
    // What is up on a trunk that takes no call holds nothing of the others.
    const resting = (request.pool?.trunks ?? []).filter((name) => !open.includes(name));
    const own = held((each) => request.pool?.trunks.includes(each.trunk) ?? false);
    const poolUse = Math.max(0, sumOf(pool.values()) - sumOf(resting.map((name) => trunks.get(name) ?? 0)));
    const answer = weigh(request, {
      tenant: (tenants.get(request.tenant) ?? 0) + held(() => true),
      direction:
        (tenants.get(`${request.tenant}/${request.direction}`) ?? 0) +
        held(({ direction }) => direction === request.direction),
      trunk: (trunks.get(request.trunk) ?? 0) + held(({ trunk }) => trunk === request.trunk),
      pool: poolUse + held((each) => open.includes(each.trunk)),
      poolOf: (tenant) => (pool.get(tenant) ?? 0) + (tenant === request.tenant ? own : 0),
      refused: {
        trunk: refused.get(request.trunk) ?? 0,
        pool: sumOf(open.map((name) => refused.get(name) ?? 0)),
      },
      lastSecond: { tenant: 0, trunk: 0 },
    });
    if (!answer.granted) return answer;
    this.#held.push(request);
    return unreachable ? { ...answer, wouldRefuse: answer.wouldRefuse ?? "slots_unreachable" } : answer;
  }

  release(): void {
    this.#drop((held) => held.leg === "dialled");
  }

  #drop(gone: (held: SlotRequest) => boolean): void {
    const kept = this.#held.filter((held) => !gone(held));
    this.#held.splice(0, this.#held.length, ...kept);
  }
}

function sumOf(counts: Iterable<number>): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
