import type { SlotAnswer, SlotKey, SlotRequest } from "../admission/admission.ts";
import type { E164 } from "../number/e164.ts";
import type { HoursOverride } from "../schedule/hours.ts";
import type { SpendLimits } from "../snapshot/snapshot.ts";
import type { CallId } from "../tenant/stamp.ts";
import type { TenantId } from "../tenant/tenant-id.ts";
import type { CallCode } from "./call-code.ts";

/** What a step asks of the world before it can go on. `calls/run-step` performs it and hands the answer back. */
export type Command =
  | { readonly type: "acquire"; readonly request: SlotRequest }
  /** Frees what is still pending for the leg that `key` was to dial; a bound slot ends with its leg alone. */
  | { readonly type: "release"; readonly key: SlotKey }
  | { readonly type: "do_not_call"; readonly tenant: TenantId; readonly number: E164 }
  | { readonly type: "spend"; readonly request: SpendRequest }
  | { readonly type: "vicidial_owner"; readonly code: CallCode }
  | ({ readonly type: "pin_tried" } & PinTry)
  | ({ readonly type: "set_override" } & OverrideRequest);

/**
 * `acquire` → SlotAnswer, `do_not_call` → DoNotCallAnswer, `spend` → SpendAnswer, `vicidial_owner` → VicidialAnswer,
 * `pin_tried` → PinAnswer, `set_override` → OverrideAnswer, `release` → null.
 */
export type CommandAnswer =
  | SlotAnswer
  | DoNotCallAnswer
  | SpendAnswer
  | VicidialAnswer
  | PinAnswer
  | OverrideAnswer
  | null;

/** Whose list the number is on, null when it is on neither. */
export type DoNotCallAnswer = { readonly listed: "tenant" | "system" | null };

/** A number that is about to be dialled for a call, to be counted if every limit has room: all counts or none. */
export type SpendRequest = {
  readonly call: CallId;
  /**
   * Which of the call's numbers it is: a forward after another has a larger one. Counted once, however often the same
   * one is asked for.
   */
  readonly placing: number;
  readonly tenant: TenantId;
  /** `YYYY-MM-DD` on the tenant's calendar. */
  readonly day: string;
  /** `prefix` "" is the tenant's whole day; otherwise the beginning of a number. */
  readonly limits: readonly (SpendLimits & { readonly prefix: string })[];
  /** What holds while the count of all nodes cannot be asked: refuse, or go by what this node has counted itself. */
  readonly whenUnreachable: "allow" | "refuse";
};

export type SpendAnswer =
  | { readonly within: true }
  /** `unknown`: what was used cannot be read, and a guard that does not know lets nothing past. */
  | { readonly within: false; readonly prefix: string; readonly limit: "calls" | "minutes" | "unknown" };

/** Which campaign one of VICIdial's tables names for a call, and the user group that owns the campaign. */
export type VicidialSign = {
  readonly table: "auto_calls" | "lists" | "live_agents";
  readonly campaign: string;
  /** Null where the campaign is not known or has none. */
  readonly userGroup: string | null;
  /** The agent who placed the call, by VICIdial's user; absent for an automatic call and where nobody knows. */
  readonly agent?: string;
};

/** What VICIdial knows of a call code, the surest first; null when it could not be asked in time. */
export type VicidialAnswer = { readonly signs: readonly VicidialSign[] | null };

/** A PIN was typed. Whether it was the right one is told; the PIN is not. */
export type PinTry = {
  readonly call: CallId;
  readonly tenant: TenantId;
  readonly right: boolean;
  /** Who typed it, as the phone says. */
  readonly by: string;
};

/** While `locked` nobody is let in, with the right PIN neither. */
export type PinAnswer = { readonly locked: boolean };

/** Opens or closes hours by hand; null: they follow the configuration again. */
export type OverrideRequest = {
  readonly call: CallId;
  readonly tenant: TenantId;
  readonly hours: string;
  readonly override: HoursOverride | null;
  readonly by: string;
};

/** Not `kept`: nothing has changed. */
export type OverrideAnswer = { readonly kept: boolean };

/** A part of a step that comes to a `T`. */
export type Asking<T> = Generator<Command, T, CommandAnswer>;

/** Asks for a slot in every scope of a leg, all or nothing. */
export function* acquire(request: SlotRequest): Asking<SlotAnswer> {
  const answer = yield { type: "acquire", request };
  if (answer === null || !("granted" in answer)) throw mixedUp("acquire");
  return answer;
}

/** Gives back a slot whose leg never came up. */
export function* release(key: SlotKey): Asking<void> {
  yield { type: "release", key };
}

/** Asks both lists that hold for a tenant's calls. */
export function* askDoNotCall(tenant: TenantId, number: E164): Asking<DoNotCallAnswer> {
  const answer = yield { type: "do_not_call", tenant, number };
  if (answer === null || !("listed" in answer)) throw mixedUp("do_not_call");
  return answer;
}

/** Counts a call against the day's limits. */
export function* spend(request: SpendRequest): Asking<SpendAnswer> {
  const answer = yield { type: "spend", request };
  if (answer === null || !("within" in answer)) throw mixedUp("spend");
  return answer;
}

/** Asks VICIdial's own tables whose call a call code is. */
export function* askVicidial(code: CallCode): Asking<VicidialAnswer> {
  const answer = yield { type: "vicidial_owner", code };
  if (answer === null || !("signs" in answer)) throw mixedUp("vicidial_owner");
  return answer;
}

/** Counts a right or wrong PIN. */
export function* tellPinTried(pinTry: PinTry): Asking<PinAnswer> {
  const answer = yield { type: "pin_tried", ...pinTry };
  if (answer === null || !("locked" in answer)) throw mixedUp("pin_tried");
  return answer;
}

/** Opens or closes hours by hand, on every node and across restarts. */
export function* setOverride(request: OverrideRequest): Asking<OverrideAnswer> {
  const answer = yield { type: "set_override", ...request };
  if (answer === null || !("kept" in answer)) throw mixedUp("set_override");
  return answer;
}

function mixedUp(asked: Command["type"]): Error {
  return new Error(`bug: the command ${asked} was answered as another would be`);
}
