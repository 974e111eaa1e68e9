// The steps that both ends of a call can take: talk, type, wait, hang up.
import { lengthMs, type MediaPiece } from "./pcap.ts";
import { END, type Page, play, type Step, sendMessage } from "./scenario.ts";

/** How keys are pressed; milliseconds. */
export interface TypingPace {
  /** How long each key is down. Default 100. */
  readonly onMs?: number;
  /** Quiet between keys. Default 100. */
  readonly offMs?: number;
}

export const VIA = "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport";
export const CONTACT = "Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>";
/** A capture holds every packet; callees that wait for an hour need not talk all the time. */
const LONGEST_SILENCE_MS = 60_000;
export const LOCAL_TAG = "[pid]sipp[call_number]";

/** The lines of a request of the end that called, in the call or, with `uri` and `via` of the INVITE, about it. */
export function inDialog(method: string, cseq: string, uri = "[next_url]", via = VIA): string[] {
  return [
    `${method} ${uri} SIP/2.0`,
    via,
    "[last_From:]",
    "[last_To:]",
    "Call-ID: [call_id]",
    `CSeq: ${cseq}`,
    "Max-Forwards: 70",
  ];
}

/** Sends silence, so that the other side has media. */
export const talk = (ms: number): Step => ({ media: [{ kind: "silence", ms }] });

/** Sends a tone that can be heard in a recording. */
export const hum = (ms: number, hz = 440): Step => ({ media: [{ kind: "tone", ms, hz }] });

/** Sends nothing at all. */
export const pause = (ms: number): Step => ({ media: [{ kind: "gap", ms }] });

/** Presses keys, as RFC 4733 events, with silence between and after them. */
export function press(digits: string, pace: TypingPace = {}): Step {
  const { onMs = 100, offMs = 100 } = pace;
  const key = (digit: string): MediaPiece[] => [
    { kind: "digit", digit, ms: onMs },
    { kind: "silence", ms: offMs },
  ];
  return { media: [...digits].flatMap(key) };
}

const ROWS = [697, 770, 852, 941];
const COLUMNS = [1209, 1336, 1477, 1633];
const KEYPAD = ["123A", "456B", "789C", "*0#D"];

/** Presses keys that are only heard: two tones each, with silence around them. */
export function keyTones(digits: string, pace: TypingPace = {}): Step {
  const { onMs = 100, offMs = 100 } = pace;
  const quiet: MediaPiece = { kind: "silence", ms: offMs };
  const media = [...digits].flatMap((digit): MediaPiece[] => {
    const row = KEYPAD.findIndex((keys) => keys.includes(digit));
    const [hz = 0, and = 0] = [ROWS[row], COLUMNS[KEYPAD[row]?.indexOf(digit) ?? -1]];
    return [quiet, { kind: "tone", ms: onMs, hz, and }, quiet];
  });
  return { media };
}

/** Hangs up. A BYE of the other side that comes before is a failed call. */
export const hangUp = (): Step => ({ xml: bye });

/**
 * Stays on the line, sending silence, and hangs up after `ms` unless the other side did so before, also during
 * the media just before this step. Always last.
 */
export function hold(ms: number): Step {
  return {
    close: (page, before) => {
      const pieces: MediaPiece[] = [...before, { kind: "silence", ms: Math.max(ms, 1) }];
      const mine = page.label("hangup");
      return [
        play(page, pieces),
        `<recv request="BYE" timeout="${lengthMs(pieces)}" ontimeout="${mine}"/>`,
        reply("200 OK", `next="${END}"`),
        `<label id="${mine}"/>`,
        bye(page),
      ].join("\n");
    },
  };
}

/**
 * Waits, sending silence, until the other side hangs up, also during the media just before this step. The call
 * failed if that takes longer than `withinMs` after that media. Always last.
 */
export function waitForBye(withinMs = 20_000): Step {
  return {
    close: (page, before) => {
      const silence: MediaPiece = { kind: "silence", ms: Math.min(withinMs, LONGEST_SILENCE_MS) };
      const timeout = lengthMs(before) + withinMs;
      return [
        play(page, [...before, silence]),
        `<recv request="BYE" timeout="${timeout}"/>`,
        reply("200 OK"),
      ].join("\n");
    },
  };
}

/** A response to the request that came last. */
export function reply(status: string, attributes = "", headers: readonly string[] = []): string {
  const copied = ["[last_Via:]", "[last_From:]", "[last_To:]", "[last_Call-ID:]", "[last_CSeq:]"];
  return sendMessage([`SIP/2.0 ${status}`, ...copied, CONTACT, ...headers], attributes);
}

function bye(page: Page): string {
  const [from, to] =
    page.role === "caller"
      ? ["[last_From:]", "[last_To:]"]
      : [`From: [$callee];tag=${LOCAL_TAG}`, "To: [$caller]"];
  const lines = [
    "BYE [next_url] SIP/2.0",
    VIA,
    from,
    to,
    "Call-ID: [call_id]",
    "CSeq: 2 BYE",
    "Max-Forwards: 70",
  ];
  return `${sendMessage([...lines, "[routes]"], 'retrans="500"')}\n<recv response="200"/>`;
}
