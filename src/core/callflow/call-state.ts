import { isE164 } from "../number/e164.ts";
import type { TargetPath } from "../routing/plan.ts";
import type { CallId, Direction } from "../tenant/stamp.ts";
import { parseTenantId, type TenantId } from "../tenant/tenant-id.ts";

/**
 * Everything Signalbox knows of a call between two steps. It travels in one channel variable, so that any node can
 * serve the next step and a killed one loses nothing.
 */
export type CallState = {
  readonly call: CallId;
  readonly tenant: TenantId;
  readonly direction: Direction;
  readonly did: string;
  /** E.164, `anonymous` or what was sent instead of a number. */
  readonly caller: string;
  /** The target whose instruction the switch is performing. */
  readonly at: TargetPath;
  /** How often that target has been performed in a row, the first is 1. */
  readonly attempt: number;
  /** Instructions of this call so far; bounds a chain without end. */
  readonly steps: number;
  /** Language of the prompts, "" for the channel's own. */
  readonly language: string;
};

const VERSION = "1";

/** One line of `A-Za-z0-9_.:+*#=%-` characters, under 600 bytes with the longest legal names. */
export function encodeState(state: CallState): string {
  return [
    VERSION,
    state.call,
    state.tenant,
    state.direction,
    state.did,
    state.caller,
    state.at,
    state.attempt,
    state.steps,
    state.language,
  ]
    .map((field) => encodeURIComponent(String(field)))
    .join(":");
}

/**
 * Reads what `encodeState` wrote; null for anything else (another version, a hand-set variable). The caller then
 * has a call without a state and says so, instead of acting on half of one.
 */
export function decodeState(text: string): CallState | null {
  const fields = splitFields(text);
  if (fields === null || fields.length !== 10 || fields[0] !== VERSION) return null;
  const [
    ,
    call = "",
    tenantText = "",
    direction,
    did = "",
    caller = "",
    at = "",
    attempt,
    steps,
    language = "",
  ] = fields;
  const tenant = parseTenantId(tenantText);
  if (tenant === null || (direction !== "inbound" && direction !== "outbound")) return null;
  if (!/^[A-Za-z0-9_.-]{1,120}$/.test(call) || !isE164(did) || at === "") return null;
  const counts = [Number(attempt), Number(steps)] as const;
  if (!counts.every((count) => Number.isInteger(count) && count >= 1 && count <= 1000)) return null;
  return {
    call: call as CallId,
    tenant,
    direction,
    did,
    caller,
    at: at as TargetPath,
    attempt: counts[0],
    steps: counts[1],
    language,
  };
}

function splitFields(text: string): string[] | null {
  if (text.length > 1000) return null;
  try {
    return text.split(":").map(decodeURIComponent);
  } catch {
    return null; // a broken escape
  }
}
