import { type E164, isE164 } from "../number/e164.ts";
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
  /** E.164; "" on an outbound call. */
  readonly did: string;
  /** E.164, `anonymous` or what was sent instead of a number. On an outbound call: who dials. */
  readonly caller: string;
  /**
   * The target whose instruction the switch is performing. "" on an outbound call, which follows none, or
   * `hours_code.pin` and `hours_code.choice` while staff open or close a line.
   */
  readonly at: TargetPath;
  /** How often that target has been performed in a row, the first is 1. */
  readonly attempt: number;
  /** Instructions of this call so far; bounds a chain without end. */
  readonly steps: number;
  /** Language of the prompts, "" for the channel's own. */
  readonly language: string;
  /** Null unless the switch is dialling on a trunk for this call. */
  readonly dialling: Dialling | null;
};

/** A number on its way out: what the next attempt needs to know of the ones before it. */
export type Dialling = {
  readonly number: E164;
  readonly callerId: E164;
  /** Trunks in the order they were dialled; the last is the one the switch is performing. */
  readonly tried: readonly string[];
  /** Epoch milliseconds: when the first of them was dialled, and the last. */
  readonly since: number;
  readonly lastSince: number;
  /** The most seconds one attempt may ring. */
  readonly ringSeconds: number;
  /** The dialler's campaign, where what is recorded depends on it. */
  readonly campaign?: string;
};

/** The fields of each version that can be in flight: `2` is `1` and a number on its way out, `3` has its campaign too. */
const FIELDS: Readonly<Record<string, number>> = { "1": 10, "2": 16, "3": 17 };

/** The longest text that is read back. */
const MOST_CHARACTERS = 1200;

/**
 * How long the path of a target may be when it is written. All the rest, with the longest legal names of five trunks, is
 * under 800 characters.
 */
export const LONGEST_PATH = 400;

/** True when a call can stand at this target between two steps. */
export function fitsState(path: TargetPath): boolean {
  return encodeURIComponent(path).length <= LONGEST_PATH;
}

/** One line of `A-Za-z0-9_.:+*#=%-` characters, never more than can be read back where every path `fitsState`. */
export function encodeState(state: CallState): string {
  const { dialling } = state;
  const out =
    dialling === null
      ? []
      : [
          dialling.number,
          dialling.callerId,
          dialling.tried.join("/"),
          dialling.since,
          dialling.lastSince,
          dialling.ringSeconds,
          ...(dialling.campaign === undefined ? [] : [dialling.campaign]),
        ];
  return [
    dialling === null ? "1" : dialling.campaign === undefined ? "2" : "3",
    state.call,
    state.tenant,
    state.direction,
    state.did,
    state.caller,
    state.at,
    state.attempt,
    state.steps,
    state.language,
    ...out,
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
  if (fields === null || fields.length !== FIELDS[fields[0] ?? ""]) return null;
  const [
    version,
    call = "",
    tenantText = "",
    direction,
    did = "",
    caller = "",
    at = "",
    attempt,
    steps,
    language = "",
    ...out
  ] = fields;
  const tenant = parseTenantId(tenantText);
  if (tenant === null || (direction !== "inbound" && direction !== "outbound")) return null;
  if (!/^[A-Za-z0-9_.-]{1,120}$/.test(call)) return null;
  const dialling = version === "1" ? null : decodeDialling(out);
  if (version !== "1" && dialling === null) return null;
  // Only a call that came in has a number it was called under and a place among the targets.
  const begun = direction === "inbound" ? isE164(did) && at !== "" : did === "" || isE164(did);
  if (!begun) return null;
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
    dialling,
  };
}

function decodeDialling(fields: readonly string[]): Dialling | null {
  const [number = "", callerId = "", tried = ""] = fields;
  const [since = -1, lastSince = -1, ringSeconds = -1] = fields.slice(3, 6).map(Number);
  const campaign = fields[6];
  if (!isE164(number) || !isE164(callerId) || tried === "") return null;
  if (![since, lastSince, ringSeconds].every((each) => Number.isSafeInteger(each) && each >= 0)) return null;
  const dialling = { number, callerId, tried: tried.split("/"), since, lastSince, ringSeconds };
  return campaign === undefined ? dialling : { ...dialling, campaign };
}

function splitFields(text: string): string[] | null {
  if (text.length > MOST_CHARACTERS) return null;
  try {
    return text.split(":").map(decodeURIComponent);
  } catch {
    return null; // a broken escape
  }
}
