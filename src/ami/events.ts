import { ownText } from "../platform/own-text.ts";
import type { AmiMessage } from "./codec.ts";

/** What channelvars in manager.conf put on a message; null where the channel has none. */
export type CallMarks = { readonly sbCall: string | null; readonly sbDirection: string | null };

type Leg = { readonly uniqueid: string; readonly channel: string; readonly accountCode: string };

/** `state` is Asterisk's number: 0 down, 4 ring, 5 ringing, 6 up. */
export type NewChannel = Leg & CallMarks & { readonly type: "new_channel"; readonly state: number };
export type NewState = Leg & CallMarks & { readonly type: "new_state"; readonly state: number };

/** `cause` is a Q.850 cause, 0 when Asterisk knows none. */
export type Hangup = Leg &
  CallMarks & {
    readonly type: "hangup";
    readonly cause: number;
    /** What the dialplan noted about the leg's recording. */
    readonly sbMarks: string | null;
    /** The channel called in and was still ringing as it ended. */
    readonly unanswered?: true;
  };

type Dial = CallMarks & {
  /** The channel that dials; null when the manager or a call file originated. */
  readonly uniqueid: string | null;
  readonly channel: string | null;
  readonly accountCode: string | null;
  readonly destUniqueid: string;
  readonly destChannel: string;
  readonly destAccountCode: string;
  readonly destSbCall: string | null;
  readonly destSbDirection: string | null;
};
export type DialBegin = Dial & { readonly type: "dial_begin" };
/** `status` is ANSWER, BUSY, CANCEL and so on, or GOTO: and a place. It never says that the dialled leg is gone. */
export type DialEnd = Dial & { readonly type: "dial_end"; readonly status: string };

/** A dialled leg says something before its answer: it rings, or sends progress. */
export type DialState = { readonly type: "dial_state"; readonly destUniqueid: string };

/** One row of CoreShowChannels. */
export type ListedChannel = Leg & CallMarks & { readonly type: "listed_channel"; readonly isUp: boolean };

/** One row of Status: proof that the leg lives. */
export type ChannelStatus = {
  readonly type: "channel_status";
  readonly uniqueid: string;
  readonly channel: string;
};

/** The switch's own probing of an endpoint. `reachable` is null when nobody probes it (any more). */
export type EndpointReachable = {
  readonly type: "endpoint_reachable";
  readonly endpoint: string;
  readonly reachable: boolean | null;
};

export type FullyBooted = { readonly type: "fully_booted" };
export type Shutdown = { readonly type: "shutdown"; readonly restart: boolean };

export type AmiEvent =
  | NewChannel
  | NewState
  | Hangup
  | DialBegin
  | DialEnd
  | DialState
  | ListedChannel
  | ChannelStatus
  | EndpointReachable
  | FullyBooted
  | Shutdown;

/** Told once per message that ought to be readable and is not: its name and what is wrong with it. */
export type OnUnreadable = (name: string, why: string) => void;

/**
 * The event in our words; null for one that nothing here uses, and, with `onUnreadable` called, for one that
 * lacks a field, repeats one or holds a value that Asterisk would not write. Nothing is guessed: a sweep
 * finds what such an event would have told.
 */
export function readEvent(message: AmiMessage, onUnreadable: OnUnreadable): AmiEvent | null {
  if (message.kind !== "event") return null;
  const read = READERS.get(message.name);
  return read === undefined ? null : readable(message, read, onUnreadable);
}

/** From the answer to CoreStatus: the same text as long as the same Asterisk process runs. */
export function readBoot(message: AmiMessage, onUnreadable: OnUnreadable): string | null {
  return readable(
    message,
    (fields) => `${fields.matching("CoreStartupDate", DATE)} ${fields.matching("CoreStartupTime", TIME)}`,
    onUnreadable,
  );
}

const UNIQUEID = /^[\w.-]{1,80}$/;
const CHANNEL = /^[^\x00-\x1f\x7f]{1,200}$/;
const TEXT = /^[^\x00-\x1f\x7f]{0,200}$/;
/** Eleven more for each pause and each resumption; Asterisk lets a variable grow to 4096. */
const MARKS = /^[^\x00-\x1f\x7f]{0,4096}$/;
const NUMBER = /^\d{1,5}$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^\d{2}:\d{2}:\d{2}$/;

/** `ChannelState` of a channel that called in and that nobody has answered. */
const RING = 4;
/** That of one that was answered. */
const UP = 6;

class Unreadable extends Error {}

function readable<T>(message: AmiMessage, read: (fields: Fields) => T, onUnreadable: OnUnreadable): T | null {
  try {
    return read(new Fields(message));
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    onUnreadable(message.name, error.message);
    return null;
  }
}

/** Reads a field at most as trusting as its pattern, and never one that came twice. */
class Fields {
  readonly #message: AmiMessage;

  constructor(message: AmiMessage) {
    this.#message = message;
  }

  has(key: string): boolean {
    return this.#message.fields.has(key);
  }

  matching(key: string, pattern: RegExp): string {
    const value = this.#message.fields.get(key);
    if (value === undefined) throw new Unreadable(`${key} is missing`);
    if (this.#message.repeated.has(key)) throw new Unreadable(`${key} came twice`);
    if (!pattern.test(value)) throw new Unreadable(`${key} is malformed`);
    return ownText(value);
  }

  number(key: string): number {
    return Number(this.matching(key, NUMBER));
  }

  isUp(): boolean {
    return this.has("ChannelState") && this.number("ChannelState") === UP;
  }

  leg(): Leg {
    return {
      uniqueid: this.matching("Uniqueid", UNIQUEID),
      channel: this.matching("Channel", CHANNEL),
      accountCode: this.matching("AccountCode", TEXT),
    };
  }

  marks(): CallMarks {
    const { variables } = this.#message;
    return {
      sbCall: this.#variable("ChanVariable", variables, "SB_CALL"),
      sbDirection: this.#variable("ChanVariable", variables, "SB_DIRECTION"),
    };
  }

  recordingMarks(): string | null {
    return this.#variable("ChanVariable", this.#message.variables, "SB_MARKS", MARKS);
  }

  destMarks(): { destSbCall: string | null; destSbDirection: string | null } {
    const { destVariables } = this.#message;
    return {
      destSbCall: this.#variable("DestChanVariable", destVariables, "SB_CALL"),
      destSbDirection: this.#variable("DestChanVariable", destVariables, "SB_DIRECTION"),
    };
  }

  #variable(
    key: string,
    variables: ReadonlyMap<string, string>,
    name: string,
    pattern = TEXT,
  ): string | null {
    const value = variables.get(name);
    if (value === undefined || value === "") return null;
    if (this.#message.repeated.has(key)) throw new Unreadable(`${key} came twice`);
    if (!pattern.test(value)) throw new Unreadable(`${key} ${name} is malformed`);
    return ownText(value);
  }
}

const READERS: ReadonlyMap<string, (fields: Fields) => AmiEvent> = new Map<
  string,
  (fields: Fields) => AmiEvent
>([
  ["Newchannel", (f) => ({ type: "new_channel", ...f.leg(), state: f.number("ChannelState"), ...f.marks() })],
  ["Newstate", (f) => ({ type: "new_state", ...f.leg(), state: f.number("ChannelState"), ...f.marks() })],
  [
    "Hangup",
    (f) => ({
      type: "hangup",
      ...f.leg(),
      cause: f.number("Cause"),
      ...f.marks(),
      sbMarks: f.recordingMarks(),
      ...(f.has("ChannelState") && f.number("ChannelState") === RING ? { unanswered: true as const } : {}),
    }),
  ],
  ["DialBegin", (f) => ({ type: "dial_begin", ...dial(f) })],
  ["DialEnd", (f) => ({ type: "dial_end", ...dial(f), status: f.matching("DialStatus", TEXT) })],
  ["DialState", (f) => ({ type: "dial_state", destUniqueid: f.matching("DestUniqueid", UNIQUEID) })],
  // How long it has been up is left alone: it is negative after a clock was set back.
  ["CoreShowChannel", (f) => ({ type: "listed_channel", ...f.leg(), isUp: f.isUp(), ...f.marks() })],
  ["Status", channelStatus],
  ["ContactStatus", contactStatus],
  ["PeerStatus", peerStatus],
  ["FullyBooted", () => ({ type: "fully_booted" })],
  ["Shutdown", (f) => ({ type: "shutdown", restart: f.matching("Restart", TEXT).toLowerCase() === "true" })],
]);

function dial(fields: Fields): Dial {
  // All of the dialling side or nothing: half of it would be a forged or cut message.
  const dialler = fields.has("Uniqueid") || fields.has("Channel") ? fields.leg() : NOBODY;
  return {
    ...dialler,
    ...fields.marks(),
    destUniqueid: fields.matching("DestUniqueid", UNIQUEID),
    destChannel: fields.matching("DestChannel", CHANNEL),
    destAccountCode: fields.matching("DestAccountCode", TEXT),
    ...fields.destMarks(),
  };
}

const NOBODY = { uniqueid: null, channel: null, accountCode: null };

/** PJSIP. An endpoint of ours has one contact, so what is said of that is said of the endpoint. */
function contactStatus(fields: Fields): EndpointReachable {
  const status = fields.matching("ContactStatus", TEXT);
  return {
    type: "endpoint_reachable",
    endpoint: fields.matching("EndpointName", TEXT),
    ...readProbe(status),
  };
}

/** chan_sip (`SIP/apex_sip`). PJSIP sends it too, where its contacts have said it before. */
function peerStatus(fields: Fields): EndpointReachable {
  const [, technology, endpoint = ""] = /^(\w+)\/(.*)$/.exec(fields.matching("Peer", TEXT)) ?? [];
  const said = technology === "SIP" ? fields.matching("PeerStatus", TEXT) : "";
  return { type: "endpoint_reachable", endpoint: technology === "SIP" ? endpoint : "", ...readProbe(said) };
}

/** A carrier that answers late (`Lagged`) is there. */
function readProbe(status: string): { readonly reachable: boolean | null } {
  if (status === "Reachable" || status === "Lagged") return { reachable: true };
  return { reachable: status === "Unreachable" ? false : null };
}

function channelStatus(fields: Fields): ChannelStatus {
  return {
    type: "channel_status",
    uniqueid: fields.matching("Uniqueid", UNIQUEID),
    channel: fields.matching("Channel", CHANNEL),
  };
}
