/**
 * Every channel variable between Signalbox and the dialplan, both ways, in one place; the other half of this
 * agreement is dialplan/signalbox.conf. Reads what a step brought, writes what a decision says. It decides nothing.
 */
import type { Offer, Return } from "../core/callflow/call-event.ts";
import { type CallState, decodeState, encodeState } from "../core/callflow/call-state.ts";
import type { Decision } from "../core/callflow/decision.ts";
import type { CarrierManners, DialStatus, Instruction, Outcome } from "../core/routing/instruction.ts";
import { callIdOf, callMarked } from "../core/tenant/stamp.ts";
import { ownText } from "../platform/own-text.ts";
import type { AgiRequest } from "./codec.ts";

export type Variables = readonly (readonly [name: string, value: string])[];

/** A step as the switch asked for it; `problem` says why nothing can be decided. */
export type ReadStep =
  | { readonly type: "offer"; readonly offer: Offer }
  | { readonly type: "return"; readonly event: Return; readonly state: CallState }
  | { readonly type: "problem"; readonly problem: string };

const UNIQUEID = /^[A-Za-z0-9_.-]{1,80}$/;
const UNIQUEID_IS = "systemname in asterisk.conf may have letters, digits, _ . and - alone";

/** Reads the headers of one AGI request. `server` is the switch that the connection has been matched to. */
export function readStep(request: AgiRequest, server: string): ReadStep {
  const header = (name: string): string => ownText(request.headers.get(name) ?? "");
  const uniqueid = header("uniqueid");
  const channel = header("channel");
  const withheld = isWithheld(header("callingpres"));
  if (!UNIQUEID.test(uniqueid))
    return { type: "problem", problem: `the request carries no usable agi_uniqueid: ${UNIQUEID_IS}` };
  if (channel === "") return { type: "problem", problem: "the request carries no agi_channel" };
  switch (request.path) {
    case "inbound":
    case "outbound":
      return {
        type: "offer",
        offer: {
          type: "offer",
          direction: request.path,
          server,
          uniqueid,
          channel,
          dialled: header("extension"),
          callerNumber: header("callerid"),
          withheld,
          callerName: header("calleridname"),
          accountcode: header("accountcode"),
          tenantHint: request.query.get("tenant") ?? null,
          campaign: readCampaign(request),
          ...readSentFrom(request, server, uniqueid),
        },
      };
    case "next":
      return readReturn(request, { server, uniqueid, channel, withheld });
    default:
      return { type: "problem", problem: `there is no step called ${request.path.slice(0, 40)}` };
  }
}

/** Bits 6 and 7 of a presentation, as Asterisk and ISDN have it, say whether the number may be shown. */
function isWithheld(presentation: string): boolean {
  return /^[0-9]{1,3}$/.test(presentation) && (Number(presentation) & 0x60) === 0x20;
}

/** As the dialplan passes it: filtered there, and nothing else is taken. */
function readCampaign({ path, args }: AgiRequest): string | null {
  const campaign = path === "outbound" ? (args[4] ?? "") : "";
  return /^[A-Za-z0-9_-]{1,20}$/.test(campaign) ? campaign : null;
}

/** A channel that comes a second time carries the name of its own call. */
function readSentFrom({ path, args }: AgiRequest, server: string, uniqueid: string): Pick<Offer, "sentFrom"> {
  const [mark = "", state] = path === "inbound" ? args : [];
  const call = callMarked(mark, server);
  return call === null || call === callIdOf(server, uniqueid)
    ? {}
    : { sentFrom: { call, isUp: state === "Up" } };
}

function readReturn(
  request: AgiRequest,
  leg: Pick<Return, "server" | "uniqueid" | "channel" | "withheld">,
): ReadStep {
  const [stateText = "", kind = "", result = "", cause = "", , silent = ""] = request.args;
  const state = decodeState(ownText(stateText));
  if (state === null)
    return { type: "problem", problem: "the call came back without a state that can be read" };
  const outcome = readOutcome({ kind, result, cause, silent });
  if (outcome === null)
    return { type: "problem", problem: `the call came back from nothing known: ${kind.slice(0, 40)}` };
  return { type: "return", state, event: { type: "return", ...leg, outcome } };
}

const DIAL_STATUS = new Set<string>([
  "ANSWER",
  "BUSY",
  "NOANSWER",
  "CANCEL",
  "CONGESTION",
  "CHANUNAVAIL",
  "DONTCALL",
  "TORTURE",
  "INVALIDARGS",
] satisfies DialStatus[]);

type Result = {
  readonly kind: string;
  readonly result: string;
  readonly cause: string;
  readonly silent: string;
};

function readOutcome({ kind, result, cause, silent }: Result): Outcome | null {
  switch (kind) {
    case "played":
      return { type: "played" };
    case "silence":
      return { type: "silence" };
    case "digits":
      return /^[0-9A-D*#]{1,40}$/.test(result) ? { type: "digits", digits: result } : null;
    case "dialled":
      return {
        type: "dialled",
        status: DIAL_STATUS.has(result) ? (result as DialStatus) : "CHANUNAVAIL",
        cause: /^[0-9]{1,3}$/.test(cause) && cause !== "0" ? Number(cause) : null,
        ...(silent === "1" || silent === "0" ? { silent: silent === "1" } : {}),
      };
    case "queued":
      return readQueued(result);
    default:
      return null;
  }
}

/** `TIMEOUT.4`; without a place where the dialplan is of an earlier version. */
function readQueued(result: string): Outcome {
  const [, status, place] = /^([A-Z]{1,20})(?:\.([1-9][0-9]{0,4}))?$/.exec(result) ?? [];
  if (status === undefined) return { type: "queued", status: "UNKNOWN" };
  return { type: "queued", status, ...(place === undefined ? {} : { place: Number(place) }) };
}

/**
 * What to set on the channel, in order: the stamp first; the state and the decision itself (`SB_ACTION`) last, which
 * may be found together or not at all. `recordings` is the absolute directory that the switch writes recordings to;
 * `begins` says that the call was offered with this step.
 */
export function decisionVariables(decision: Decision, recordings: string, begins: boolean): Variables {
  const variables: [string, string][] = [...stampVariables(decision, begins)];
  if (decision.language !== null) variables.push(["CHANNEL(language)", decision.language]);
  if (decision.limitSeconds !== null) variables.push(["SB_LIMIT", String(decision.limitSeconds)]);
  variables.push(...recordingVariables(decision, recordings));
  variables.push(
    ...instructionVariables(decision.instruction),
    ["SB_STATE", decision.state === null ? "" : encodeState(decision.state)],
    ["TIMEOUT(absolute)", "0"],
    ["SB_ACTION", decision.instruction.do],
  );
  return variables;
}

/**
 * An inbound trunk leg gets both codes: its own, and the one its bridges and dialled legs take over. A phone that
 * dials keeps its own code; the dialplan sets peeraccount before each Dial.
 */
function stampVariables({ stamp, refusal, call, state }: Decision, begins: boolean): [string, string][] {
  if (stamp === null && refusal !== null) {
    return [
      ["__SB_CALL", call],
      ["__SB_DIRECTION", "refused"],
    ];
  }
  // A trunk leg that is transferred keeps its stamp; what it dials belongs to the call that it asks for. One that
  // somebody originated may carry no more of a stamp than its account code.
  if (stamp === null && begins && state !== null)
    return [
      ["__SB_TENANT", state.tenant],
      ["__SB_CALL", call],
    ];
  if (stamp === null) return [];
  const variables: [string, string][] = [
    ["__SB_TENANT", stamp.tenant],
    ["__SB_CALL", stamp.call],
    ["__SB_DIRECTION", stamp.direction],
  ];
  if (stamp.did !== null) {
    variables.unshift(["CHANNEL(accountcode)", stamp.tenant], ["CHANNEL(peeraccount)", stamp.tenant]);
    variables.push(["__SB_DID", stamp.did]);
  }
  if (stamp.trunk !== null) variables.push(["__SB_TRUNK", stamp.trunk]);
  return variables;
}

function recordingVariables({ recording }: Decision, directory: string): [string, string][] {
  if (recording === null) return [["SB_RECORD", ""]];
  return [
    ["SB_RECORD", `${directory}/${recording.file}`],
    ["SB_RECORD_LEGS", recording.legs === true ? "1" : ""],
    ["SB_NOTICE", recording.notice ?? ""],
  ];
}

function carrierVariables(carrier: CarrierManners | null): [string, string][] {
  if (carrier === null) return [];
  const { silentSeconds, shown, stamped } = carrier;
  return [
    ["SB_SILENT_SECONDS", silentSeconds === null ? "" : String(silentSeconds)],
    ["SB_PRESENTATION", shown === null ? "" : shown ? "allowed" : "prohib"],
    ["SB_STAMPED", stamped ? "yes" : ""],
  ];
}

function instructionVariables(instruction: Instruction): [string, string][] {
  switch (instruction.do) {
    case "play":
      return [["SB_FILES", instruction.files.join("&")]];
    case "collect":
      return [
        ["SB_FILES", instruction.files.join("&")],
        ["SB_FIRST_SECONDS", String(instruction.firstDigitSeconds)],
        ["SB_NEXT_SECONDS", String(instruction.nextDigitSeconds)],
        ["SB_PREFIXES", instruction.prefixes.join("-")],
        ["SB_LENGTH", instruction.digits === null ? "" : String(instruction.digits)],
      ];
    case "dial":
      return [
        ["SB_DIAL", instruction.dial],
        ["SB_RING_SECONDS", String(instruction.ringSeconds)],
        ["SB_DIAL_TRUNK", instruction.trunk ?? ""],
        ["SB_CALLER_ID", instruction.callerId ?? ""],
        ["SB_LEG_SECONDS", instruction.limitSeconds === null ? "" : String(instruction.limitSeconds)],
        ...carrierVariables(instruction.carrier),
      ];
    case "queue":
      return [
        ["SB_QUEUE", instruction.queue],
        ["SB_WAIT_SECONDS", instruction.waitSeconds === null ? "" : String(instruction.waitSeconds)],
      ];
    case "voicemail":
      return [
        ["SB_MAILBOX", instruction.mailbox],
        ["SB_CONTEXT", instruction.context],
        ["SB_GREETING", { unavailable: "u", busy: "b", none: "s" }[instruction.greeting]],
      ];
    case "goto":
      return [
        ["SB_CONTEXT", instruction.context],
        ["SB_EXTEN", instruction.extension],
        ["SB_PRIORITY", String(instruction.priority)],
        ["AGIEXITONHANGUP", "no"],
      ];
    case "hangup":
      return [
        ["SB_CAUSE", String(instruction.cause)],
        ["SB_ANNOUNCE", instruction.announce ?? ""],
      ];
  }
}
