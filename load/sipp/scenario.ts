// Composes SIPp scenarios from steps: who calls, what is expected, what is said, typed and hung up.
// It refuses text that would break out of a SIP message; it starts nothing and writes no file.
import type { Codec } from "./g711.ts";
import { lengthMs, type MediaPiece, pcapFile, type RtpClock, rtpStream } from "./pcap.ts";

/** Which end of the dialog the scenario plays; fixed by its first step. */
export type Role = "caller" | "callee";

/** What a step may ask for while it turns into XML. */
export interface Page {
  readonly role: Role;
  readonly codec: Codec;
  /** Leave out captures without key presses. */
  readonly mute: boolean;
  /** The request URI of the INVITE: its ACK to a refusal and its CANCEL repeat it. */
  target: string;
  /** A label that no other step uses. */
  label(stem: string): string;
  /** Adds a capture and returns its file name. */
  media(pieces: readonly MediaPiece[]): string;
}

/**
 * A step is XML, or media that joins its neighbours into one capture, or the close of a call, which takes over
 * the media before it: the other side may hang up while that is still playing.
 */
export type Step =
  | { readonly xml: (page: Page) => string }
  | { readonly media: readonly MediaPiece[] }
  | { readonly close: (page: Page, before: readonly MediaPiece[]) => string };

export interface Scenario {
  /** Used in file names: letters, digits and dashes. */
  readonly name: string;
  readonly role: Role;
  readonly steps: readonly Step[];
  /** Default PCMU. */
  readonly codec?: Codec;
}

export interface ScenarioFile {
  readonly name: string;
  readonly bytes: string | Uint8Array;
}

export interface RenderedScenario {
  readonly role: Role;
  /** The scenario's XML first, then the captures it plays. */
  readonly files: readonly [ScenarioFile, ...ScenarioFile[]];
  readonly playsMedia: boolean;
}

/** Jumping to this label ends the call as a success. */
export const END = "end";

export class ScenarioError extends Error {
  readonly code = "SCENARIO_INVALID";
}

/**
 * The files that SIPp needs for `scenario`. Media that follows media becomes one capture, played to its end.
 * `mute` keeps silent what is only silence and tones, since SIPp needs rights of its own to replay a capture.
 */
export function renderScenario(scenario: Scenario, mute = false): RenderedScenario {
  const page = new ScenarioPage(scenario, mute);
  const parts: string[] = [];
  let pending: MediaPiece[] = [];
  const flush = () => {
    if (pending.length > 0) parts.push(playToTheEnd(page, pending));
    pending = [];
  };
  for (const step of scenario.steps) {
    if ("media" in step) {
      pending.push(...step.media);
    } else if ("close" in step) {
      parts.push(step.close(page, pending));
      pending = [];
    } else {
      flush();
      parts.push(step.xml(page));
    }
  }
  flush();
  const xml = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<scenario name="${scenario.name}">`,
    ...parts,
    `<label id="${END}"/>`,
    "</scenario>",
    "",
  ].join("\n");
  const main = { name: `${scenario.name}.xml`, bytes: xml };
  return { role: scenario.role, files: [main, ...page.captures], playsMedia: page.captures.length > 0 };
}

/** XML that starts the capture and goes on at once with the next step. */
export function play(page: Page, pieces: readonly MediaPiece[]): string {
  const isKey = (piece: MediaPiece) => piece.kind === "digit" || (piece.kind === "tone" && "and" in piece);
  if (page.mute && !pieces.some(isKey)) return "";
  return `<nop><action><exec play_pcap_audio="${page.media(pieces)}"/></action></nop>`;
}

/** XML that sends one SIP message; SIPp fills in the keywords. `attributes` go on the <send> element. */
export function sendMessage(lines: readonly string[], attributes = "", body: readonly string[] = []): string {
  const text = [...lines, `Content-Length: ${body.length > 0 ? "[len]" : "0"}`, "", ...body];
  for (const line of text) {
    if (/[\r\n\0]|\]\]>/.test(line)) {
      throw new ScenarioError(`a SIP line may not hold a line break or "]]>": ${JSON.stringify(line)}`);
    }
  }
  return `<send${attributes && ` ${attributes}`}>\n<![CDATA[\n${text.join("\n")}\n]]>\n</send>`;
}

/** The session description: PCMU, PCMA (in `codec`'s favour) and telephone events as type 101. */
export function sdp(codec: Codec): string[] {
  const order = codec === "PCMU" ? "0 8" : "8 0";
  return [
    "v=0",
    "o=sipp 53655765 2353687637 IN IP[local_ip_type] [local_ip]",
    "s=-",
    "c=IN IP[media_ip_type] [media_ip]",
    "t=0 0",
    `m=audio [media_port] RTP/AVP ${order} 101`,
    "a=rtpmap:0 PCMU/8000",
    "a=rtpmap:8 PCMA/8000",
    "a=rtpmap:101 telephone-event/8000",
    "a=fmtp:101 0-15",
    "a=ptime:20",
    "a=sendrecv",
  ];
}

function playToTheEnd(page: Page, pieces: readonly MediaPiece[]): string {
  const pause = `<pause milliseconds="${lengthMs(pieces)}"/>`;
  return pieces.every((piece) => piece.kind === "gap") ? pause : `${play(page, pieces)}\n${pause}`;
}

class ScenarioPage implements Page {
  readonly role: Role;
  readonly codec: Codec;
  readonly mute: boolean;
  target = "sip:[service]@[remote_ip]:[remote_port]";
  readonly captures: ScenarioFile[] = [];
  readonly #name: string;
  #labels = 0;
  #clock: RtpClock;

  constructor(scenario: Scenario, mute: boolean) {
    if (!/^[A-Za-z0-9-]+$/.test(scenario.name)) {
      throw new ScenarioError(`scenario name "${scenario.name}": use letters, digits and dashes`);
    }
    this.role = scenario.role;
    this.mute = mute;
    this.codec = scenario.codec ?? "PCMU";
    this.#name = scenario.name;
    this.#clock = { ssrc: scenario.role === "caller" ? 0x5b000001 : 0x5b000002, sequence: 1, timestamp: 160 };
  }

  label(stem: string): string {
    this.#labels += 1;
    return `${stem}_${this.#labels}`;
  }

  media(pieces: readonly MediaPiece[]): string {
    const stream = rtpStream(pieces, this.codec, this.#clock);
    // SIPp decides when the next capture starts; a second of head room keeps its timestamps ahead of this one's.
    this.#clock = { ...stream.next, timestamp: (stream.next.timestamp + 8000) >>> 0 };
    const name = `${this.#name}-${this.captures.length + 1}.pcap`;
    this.captures.push({ name, bytes: pcapFile(stream.packets) });
    return name;
  }
}
