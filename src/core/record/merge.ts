/**
 * Joins what is known of one call. The join is associative, commutative and idempotent, so facts may arrive in any
 * order, twice, or half from another node: earliest times win, later signs of life win, what is known beats what is
 * not, and of two different words for one thing the smaller stands, so that every node picks the same.
 */
import { mergeCdr } from "./cdr.ts";
import type { CallFacts, LegNote, StepNote } from "./record.ts";

/** Both MUST be about the same call; that is the caller's to know. */
export function mergeFacts(a: CallFacts, b: CallFacts): CallFacts {
  const marks = mergeMarks(a.marks, b.marks);
  const cdr = mergeCdr(a.cdr, b.cdr);
  const overheard = mergeOverheard(a.overheard, b.overheard);
  return {
    call: a.call,
    server: a.server,
    boot: a.boot > b.boot ? a.boot : b.boot,
    steps: mergeSteps(a.steps, b.steps),
    legs: mergeLegs(a.legs, b.legs),
    lostAt: least(a.lostAt, b.lostAt),
    ...(marks === undefined ? {} : { marks }),
    ...(cdr === undefined ? {} : { cdr }),
    ...(overheard === undefined ? {} : { overheard }),
    ...(a.late === true || b.late === true ? { late: true as const } : {}),
  };
}

function mergeOverheard(a: CallFacts["overheard"], b: CallFacts["overheard"]): CallFacts["overheard"] {
  if (a === undefined || b === undefined) return a ?? b;
  return { legs: mergeLegs(a.legs, b.legs), lostAt: least(a.lostAt, b.lostAt) };
}

/** None of either is none, so that facts without a recording stay as small as they were. */
export function mergeMarks(a: CallFacts["marks"], b: CallFacts["marks"]): CallFacts["marks"] {
  if (b === undefined || b.length === 0) return a;
  const byKey = new Map([...(a ?? []), ...b].map((mark) => [`${mark.at} ${mark.what}`, mark]));
  return [...byKey.values()].sort((x, y) => x.at - y.at || order(x.what, y.what));
}

function mergeSteps(a: readonly StepNote[], b: readonly StepNote[]): readonly StepNote[] {
  if (b.length === 0) return a;
  const [last, first] = [a.at(-1), b[0]];
  if (b.length === 1 && first !== undefined && (last === undefined || last.at < first.at))
    return [...a, first];
  const byKey = new Map<string, StepNote>();
  for (const step of [...a, ...b]) {
    const key = `${step.at} ${step.turn} ${step.uniqueid}`;
    const known = byKey.get(key);
    if (known === undefined || known === step || text(step) < text(known)) byKey.set(key, step);
  }
  return [...byKey.entries()].sort(([x, s], [y, t]) => s.at - t.at || order(x, y)).map(([, step]) => step);
}

export function mergeLegs(a: readonly LegNote[], b: readonly LegNote[]): readonly LegNote[] {
  if (b.length === 0) return a;
  const byId = new Map(a.map((leg) => [leg.uniqueid, leg]));
  for (const leg of b) {
    const known = byId.get(leg.uniqueid);
    byId.set(leg.uniqueid, known === undefined ? leg : joinLegs(known, leg));
  }
  return [...byId.values()].sort((x, y) => order(x.uniqueid, y.uniqueid));
}

/** Both MUST be about the same channel. */
export function joinLegs(a: LegNote, b: LegNote): LegNote {
  return {
    uniqueid: a.uniqueid,
    channel: smaller(a.channel, b.channel),
    trunk: text(a.trunk) <= text(b.trunk) ? (a.trunk ?? b.trunk) : (b.trunk ?? a.trunk),
    dialledBy: smaller(a.dialledBy, b.dialledBy),
    upAt: least(a.upAt, b.upAt),
    dialAt: least(a.dialAt, b.dialAt),
    answeredAt: least(a.answeredAt, b.answeredAt),
    seenAt: most(a.seenAt, b.seenAt),
    endedAt: least(a.endedAt, b.endedAt),
    // A cause beats no cause, whichever report of the end came first.
    cause: most(a.cause, b.cause),
    byFarEnd: a.byFarEnd === null ? b.byFarEnd : b.byFarEnd === null ? a.byFarEnd : a.byFarEnd || b.byFarEnd,
    ...(a.unanswered === true || b.unanswered === true ? { unanswered: true as const } : {}),
    ...(a.overtime === true || b.overtime === true ? { overtime: true as const } : {}),
    dialStatus: smaller(a.dialStatus, b.dialStatus),
    tenant: smaller(a.tenant, b.tenant),
    zone: smaller(a.zone, b.zone),
    direction: smaller(a.direction, b.direction),
  };
}

function least(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}

function most(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}

function smaller<Text extends string>(a: Text | null, b: Text | null): Text | null {
  return a === null ? b : b === null ? a : a < b ? a : b;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function text(value: unknown): string {
  return JSON.stringify(value);
}
