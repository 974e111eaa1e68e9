import { describe, expect, it } from "vitest";
import { encodeAlaw, encodeUlaw } from "../../../load/sipp/g711.ts";
import { eventOf, lengthMs, type MediaPiece, pcapFile, rtpStream } from "../../../load/sipp/pcap.ts";

const CLOCK = { ssrc: 0x01020304, sequence: 65535, timestamp: 1000 };

function parsed(pieces: readonly MediaPiece[]) {
  return rtpStream(pieces, "PCMU", CLOCK).packets.map(({ atMs, rtp }) => {
    const bytes = Buffer.from(rtp);
    return {
      atMs,
      version: bytes.readUInt8(0) >> 6,
      marker: bytes.readUInt8(1) >> 7,
      type: bytes.readUInt8(1) & 0x7f,
      sequence: bytes.readUInt16BE(2),
      timestamp: bytes.readUInt32BE(4),
      ssrc: bytes.readUInt32BE(8),
      payload: bytes.subarray(12),
    };
  });
}

const digit = (key: string, ms: number): MediaPiece => ({ kind: "digit", digit: key, ms });

describe("a key press as RFC 4733 events", () => {
  const packets = parsed([digit("#", 60)]);

  it("is a start, continuations and three end packets", () => {
    expect(packets.map(({ payload }) => payload.readUInt8(1) >> 7)).toEqual([0, 0, 0, 1, 1, 1]);
    expect(packets.map(({ marker }) => marker)).toEqual([1, 0, 0, 0, 0, 0]);
    expect(packets.map(({ atMs }) => atMs)).toEqual([0, 20, 40, 60, 60, 60]);
  });

  it("keeps the timestamp of its start while the duration grows", () => {
    expect(new Set(packets.map(({ timestamp }) => timestamp))).toEqual(new Set([1000]));
    expect(packets.map(({ payload }) => payload.readUInt16BE(2))).toEqual([160, 320, 480, 480, 480, 480]);
  });

  it("numbers every packet, across the 16-bit wrap", () => {
    expect(packets.map(({ sequence }) => sequence)).toEqual([65535, 0, 1, 2, 3, 4]);
  });

  it("carries the event number, type 101 and volume 10", () => {
    expect(packets.map(({ payload }) => payload.readUInt8(0))).toEqual(Array(6).fill(11));
    expect(
      packets.every(({ type, version, ssrc }) => type === 101 && version === 2 && ssrc === CLOCK.ssrc),
    ).toBe(true);
    expect(packets.map(({ payload }) => payload.readUInt8(1) & 0x3f)).toEqual(Array(6).fill(10));
  });

  it.each([
    ["0", 0],
    ["9", 9],
    ["*", 10],
    ["#", 11],
    ["a", 12],
    ["D", 15],
  ])("knows key %s as event %i", (key, event) => expect(eventOf(key)).toBe(event));

  it.each(["", "E", "12", " "])("refuses %j", (key) => {
    expect(() => eventOf(key)).toThrow(expect.objectContaining({ code: "MEDIA_INVALID" }));
  });
});

describe("a stretch of media", () => {
  it("puts two presses of one key at different timestamps", () => {
    const starts = parsed([digit("1", 60), { kind: "silence", ms: 60 }, digit("1", 60)]).filter(
      ({ type, marker }) => type === 101 && marker === 1,
    );
    expect(starts.map(({ timestamp }) => timestamp)).toEqual([1000, 1000 + 120 * 8]);
  });

  it("sends one 20 ms frame of silence after the other", () => {
    const packets = parsed([{ kind: "silence", ms: 60 }]);
    expect(packets.map(({ timestamp }) => timestamp)).toEqual([1000, 1160, 1320]);
    expect(packets.every(({ payload }) => payload.equals(Buffer.alloc(160, 0xff)))).toBe(true);
  });

  it("sends nothing in a gap, and its clock goes on", () => {
    const stream = rtpStream([{ kind: "gap", ms: 100 }], "PCMA", CLOCK);
    expect(stream).toEqual({ packets: [], durationMs: 100, next: { ...CLOCK, timestamp: 1000 + 800 } });
  });

  it("continues where the last capture ended", () => {
    const first = rtpStream([digit("5", 40)], "PCMU", CLOCK);
    expect(first.next).toEqual({ ssrc: CLOCK.ssrc, sequence: 4, timestamp: 1320 });
  });

  it("rounds up to whole frames", () => {
    expect(lengthMs([digit("1", 50), { kind: "tone", hz: 440, ms: 1 }])).toBe(80);
  });
});

describe("the capture file", () => {
  const file = Buffer.from(pcapFile(rtpStream([{ kind: "silence", ms: 40 }], "PCMU", CLOCK).packets));

  it("opens with a little-endian microsecond header for Ethernet", () => {
    expect(file.subarray(0, 24).toString("hex")).toBe(`d4c3b2a102000400${"00".repeat(8)}ffff000001000000`);
  });

  it("holds frames whose lengths agree", () => {
    const [record, frame] = [file.subarray(24, 40), file.subarray(40, 40 + 214)];
    expect([record.readUInt32LE(8), record.readUInt32LE(12)]).toEqual([214, 214]);
    expect(frame.readUInt16BE(12)).toBe(0x0800);
    expect(frame.readUInt16BE(16)).toBe(200);
    expect(frame.readUInt16BE(38)).toBe(180);
    expect(file.length).toBe(24 + 2 * (16 + 214));
  });

  it("stamps the second frame 20 ms later", () => {
    expect(file.readUInt32LE(24 + 230 + 4)).toBe(20_000);
  });

  it("has a good IPv4 header checksum", () => {
    const ip = file.subarray(54, 74);
    let sum = 0;
    for (let at = 0; at < 20; at += 2) sum += ip.readUInt16BE(at);
    expect((sum & 0xffff) + (sum >>> 16)).toBe(0xffff);
  });
});

describe("G.711", () => {
  it.each([
    [0, 0xff],
    [-1, 0x7f],
    [32767, 0x80],
    [-32768, 0x00],
    [1000, 0xce],
  ])("encodes %i as mu-law %i", (sample, code) => expect(encodeUlaw(sample)).toBe(code));

  it.each([
    [0, 0xd5],
    [-1, 0x55],
    [32767, 0xaa],
    [-32768, 0x2a],
    [1000, 0xfa],
  ])("encodes %i as A-law %i", (sample, code) => expect(encodeAlaw(sample)).toBe(code));
});
