/** Calls as records see them, made from what a case is about. Times are epoch milliseconds. */
import { recordOf, stampRecord } from "../src/core/record/derive.ts";
import type { CallFacts, LegNote, StampedCall, StepNote, UnownedCall } from "../src/core/record/record.ts";
import type { CallId } from "../src/core/tenant/stamp.ts";
import { at, tenantId } from "./builders.ts";

export const noon = at("2026-11-23T12:00:00-05:00");

export function stepNote(step: Partial<StepNote> = {}): StepNote {
  return {
    at: noon,
    uniqueid: "1764000000.1",
    turn: "offer",
    direction: "inbound",
    tenant: tenantId("apex"),
    zone: "America/New_York",
    did: "+12125550100",
    caller: "+13125550123",
    dialled: "+12125550100",
    back: null,
    choice: null,
    does: "goto",
    cause: null,
    dial: null,
    queue: null,
    ended: false,
    schedule: "open",
    target: { ingroup: "APEX_INBOUND" },
    refusal: null,
    revision: "0123456789ab",
    trace: [{ rule: "did", says: "+12125550100 belongs to apex" }],
    ...step,
  };
}

export function legNote(leg: Partial<LegNote> = {}): LegNote {
  return {
    uniqueid: "1764000000.1",
    channel: "PJSIP/pool_a-00000001",
    trunk: { name: "pool_a", shared: true },
    dialledBy: null,
    upAt: noon,
    dialAt: null,
    answeredAt: noon + 2000,
    seenAt: null,
    endedAt: noon + 62_000,
    cause: 16,
    byFarEnd: null,
    dialStatus: null,
    tenant: null,
    zone: null,
    direction: null,
    ...leg,
  };
}

export type WrittenCall = {
  readonly number?: number;
  readonly call?: string;
  readonly boot?: string;
  readonly startedAt?: number;
  readonly ringMs?: number;
  /** 0: never answered. */
  readonly talkMs?: number;
  readonly step?: Partial<StepNote>;
  readonly leg?: Partial<LegNote>;
};

/** One call with one leg. An outbound one is dialled by a Local channel of its own. */
export function callFacts(written: WrittenCall = {}): CallFacts {
  const {
    number = 1,
    boot = "2026-11-23 08:00:00",
    startedAt = noon,
    ringMs = 2000,
    talkMs = 60_000,
  } = written;
  const uniqueid = `1764000000.${number}`;
  const outbound = written.step?.direction === "outbound";
  const endedAt = startedAt + ringMs + talkMs;
  const times = {
    upAt: startedAt,
    answeredAt: talkMs === 0 ? null : startedAt + ringMs,
    endedAt,
  };
  const own = legNote({ uniqueid: outbound ? `${uniqueid}9` : uniqueid, ...times, ...written.leg });
  const step = stepNote({ at: startedAt, uniqueid, ...written.step });
  const legs = outbound
    ? [
        { ...legNote(), uniqueid, channel: "Local/1@x-00000001;2", trunk: null, ...times },
        { ...own, dialledBy: uniqueid, dialAt: startedAt },
      ]
    : [own];
  const call = (written.call ?? `ast1-${uniqueid}`) as CallId;
  return { call, server: "ast1", boot, steps: [step], legs, lostAt: null };
}

export function stampedCall(written: WrittenCall = {}): StampedCall {
  return stampedOf(callFacts(written));
}

export function stampedOf(facts: CallFacts): StampedCall {
  const stamped = stampRecord(recordOf(facts));
  if (stamped === null) throw new Error("the call is nobody's");
  return stamped;
}

export function outboundCall(written: WrittenCall = {}): StampedCall {
  const dial = { dial: "PJSIP/+14155550100@pool_a", trunk: "pool_a", number: "+14155550100", callerId: null };
  const step = {
    direction: "outbound",
    did: null,
    does: "dial",
    target: null,
    dial,
    ...written.step,
  } as const;
  return stampedCall({ ...written, step });
}

export function unownedCall(written: WrittenCall = {}): UnownedCall {
  const says = "no client owns +12125559999";
  const record = recordOf(
    callFacts({
      talkMs: 0,
      ...written,
      step: {
        tenant: null,
        zone: null,
        did: null,
        dialled: "+12125559999",
        does: "hangup",
        cause: 1,
        target: null,
        refusal: { reason: "unknown_did", says },
        ...written.step,
      },
    }),
  );
  return { ...record, tenant: null };
}
