// Writes what a caller says and types as a packet capture that SIPp replays: G.711 audio and key presses as
// RFC 4733 events, on one continuous RTP clock. It refuses digits that no telephone has and never reads files.
import { type Codec, PAYLOAD_TYPE, SAMPLES_PER_MS, silence, tone } from "./g711.ts";

/** A stretch of what one side of a call sends. `gap` sends nothing at all. Times are milliseconds. */
export type MediaPiece =
  | { readonly kind: "silence"; readonly ms: number }
  /** `and`: a second one at the same time, as the keys of a telephone sound. */
  | { readonly kind: "tone"; readonly ms: number; readonly hz: number; readonly and?: number }
  | { readonly kind: "gap"; readonly ms: number }
  | { readonly kind: "digit"; readonly digit: string; readonly ms: number };

/** Where the RTP stream stands; carried from one capture to the next so that a call stays one stream. */
export interface RtpClock {
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
}

export interface TimedPacket {
  /** Milliseconds after the start of this capture. */
  readonly atMs: number;
  readonly rtp: Uint8Array;
}

export interface RtpStream {
  readonly packets: readonly TimedPacket[];
  readonly durationMs: number;
  readonly next: RtpClock;
}

const EVENT_PAYLOAD_TYPE = 101;
const FRAME_MS = 20;
const END_PACKETS = 3;
const EVENT_VOLUME = 10;
const KEYS = "0123456789*#ABCD";

export class MediaError extends Error {
  readonly code = "MEDIA_INVALID";
}

/** The RFC 4733 event number of a key: 0–9, * is 10, # is 11, A–D are 12–15. Throws MediaError for others. */
export function eventOf(digit: string): number {
  const event = digit.length === 1 ? KEYS.indexOf(digit.toUpperCase()) : -1;
  if (event < 0) throw new MediaError(`no telephone key is called "${digit}": use 0-9, *, # or A-D`);
  return event;
}

/** Total length in milliseconds; every piece is rounded up to whole 20 ms frames. */
export function lengthMs(pieces: readonly MediaPiece[]): number {
  return pieces.reduce((sum, piece) => sum + frames(piece.ms) * FRAME_MS, 0);
}

/**
 * The packets of `pieces` in order. A digit is start, continuation and three end packets: all with the
 * timestamp of its start, a growing sequence and duration, and the marker on the first (RFC 4733 §2.5.1).
 */
export function rtpStream(pieces: readonly MediaPiece[], codec: Codec, clock: RtpClock): RtpStream {
  const packets: TimedPacket[] = [];
  let { sequence } = clock;
  let atMs = 0;
  const push = (when: number, head: { type: number; marker: boolean; ms: number }, payload: Uint8Array) => {
    const timestamp = clock.timestamp + head.ms * SAMPLES_PER_MS;
    packets.push({ atMs: when, rtp: rtpPacket({ ...head, sequence, timestamp, ssrc: clock.ssrc }, payload) });
    sequence = (sequence + 1) & 0xffff;
  };
  for (const piece of pieces) {
    const count = frames(piece.ms);
    for (let frame = 0; frame < count; frame++) {
      const when = atMs + frame * FRAME_MS;
      if (piece.kind === "digit") {
        const payload = eventPayload(piece.digit, false, frame + 1);
        push(when, { type: EVENT_PAYLOAD_TYPE, marker: frame === 0, ms: atMs }, payload);
      } else if (piece.kind !== "gap") {
        push(
          when,
          { type: PAYLOAD_TYPE[codec], marker: packets.length === 0, ms: when },
          audio(piece, codec, frame),
        );
      }
    }
    atMs += count * FRAME_MS;
    if (piece.kind === "digit") {
      const payload = eventPayload(piece.digit, true, count);
      const head = { type: EVENT_PAYLOAD_TYPE, marker: false, ms: atMs - count * FRAME_MS };
      for (let end = 0; end < END_PACKETS; end++) push(atMs, head, payload);
    }
  }
  const timestamp = (clock.timestamp + atMs * SAMPLES_PER_MS) >>> 0;
  return { packets, durationMs: atMs, next: { ssrc: clock.ssrc, sequence, timestamp } };
}

/** A classic pcap file (Ethernet, IPv4, UDP, microseconds). SIPp puts in the real addresses and ports. */
export function pcapFile(packets: readonly TimedPacket[]): Uint8Array {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65535, 16);
  header.writeUInt32LE(1, 20);
  const records = packets.map(({ atMs, rtp }) => {
    const frame = ethernetFrame(rtp);
    const record = Buffer.alloc(16);
    record.writeUInt32LE(Math.floor(atMs / 1000), 0);
    record.writeUInt32LE(Math.round((atMs % 1000) * 1000), 4);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return Buffer.concat([record, frame]);
  });
  return Buffer.concat([header, ...records]);
}

function frames(ms: number): number {
  return Math.max(0, Math.ceil(ms / FRAME_MS));
}

function audio(piece: MediaPiece, codec: Codec, frame: number): Uint8Array {
  const samples = FRAME_MS * SAMPLES_PER_MS;
  if (piece.kind !== "tone") return silence(codec, samples);
  const hz = piece.and === undefined ? [piece.hz] : [piece.hz, piece.and];
  return tone(codec, hz, frame * samples, samples);
}

function eventPayload(digit: string, end: boolean, frameCount: number): Uint8Array {
  const payload = Buffer.alloc(4);
  payload.writeUInt8(eventOf(digit), 0);
  payload.writeUInt8((end ? 0x80 : 0) | EVENT_VOLUME, 1);
  payload.writeUInt16BE(Math.min(frameCount * FRAME_MS * SAMPLES_PER_MS, 0xffff), 2);
  return payload;
}

function rtpPacket(
  head: { type: number; marker: boolean; sequence: number; timestamp: number; ssrc: number },
  payload: Uint8Array,
): Uint8Array {
  const header = Buffer.alloc(12);
  header.writeUInt8(0x80, 0);
  header.writeUInt8((head.marker ? 0x80 : 0) | head.type, 1);
  header.writeUInt16BE(head.sequence, 2);
  header.writeUInt32BE(head.timestamp >>> 0, 4);
  header.writeUInt32BE(head.ssrc >>> 0, 8);
  return Buffer.concat([header, payload]);
}

function ethernetFrame(rtp: Uint8Array): Uint8Array {
  const ethernet = Buffer.from("020000000002020000000001" + "0800", "hex");
  const ip = Buffer.alloc(20);
  ip.writeUInt8(0x45, 0);
  ip.writeUInt16BE(20 + 8 + rtp.length, 2);
  ip.writeUInt8(64, 8);
  ip.writeUInt8(17, 9);
  ip.set([127, 0, 0, 1], 12);
  ip.set([127, 0, 0, 1], 16);
  ip.writeUInt16BE(internetChecksum(ip), 10);
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(6000, 0);
  udp.writeUInt16BE(6000, 2);
  udp.writeUInt16BE(8 + rtp.length, 4);
  return Buffer.concat([ethernet, ip, udp, rtp]);
}

function internetChecksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
