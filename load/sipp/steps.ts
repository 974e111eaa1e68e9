// The steps that both ends of a call can take: talk, type, wait, hang up.
import type { MediaPiece } from "./pcap.ts";
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
export const LOCAL_TAG = "[pid]sipp[call_number]";

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

/** Hangs up. A BYE of the other side that comes before is a failed call. */
export const hangUp = (): Step => ({ xml: bye });

/** Always last: stays on the line, sending silence, and hangs up after `ms` unless the other side did so before. */
export function hold(ms: number): Step {
  return {
    xml: (page) => {
      const mine = page.label("hangup");
      return [
        ms > 0 ? play(page, [{ kind: "silence", ms }]) : "",
        `<recv request="BYE" timeout="${Math.max(ms, 1)}" ontimeout="${mine}"/>`,
        reply("200 OK", `next="${END}"`),
        `<label id="${mine}"/>`,
        bye(page),
      ].join("\n");
    },
  };
}

/** Waits, sending silence, until the other side hangs up; it failed to when that takes longer than `withinMs`. */
export function waitForBye(withinMs = 20_000): Step {
  return {
    xml: (page) =>
      [
        play(page, [{ kind: "silence", ms: withinMs }]),
        `<recv request="BYE" timeout="${withinMs}"/>`,
        reply("200 OK"),
      ].join("\n"),
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
