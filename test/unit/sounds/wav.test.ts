import { describe, expect, test } from "vitest";
import { loudnessOf } from "../../../src/sounds/loudness.ts";
import { readWav } from "../../../src/sounds/wav.ts";

type Head = { format?: number; channels?: number; rate?: number; bits?: number; extra?: string };

function wav(samples: readonly number[], head: Head = {}): Buffer {
  const { format = 1, channels = 1, rate = 8000, bits = 16, extra = "" } = head;
  const fmt = Buffer.alloc(16);
  fmt.writeUInt16LE(format, 0);
  fmt.writeUInt16LE(channels, 2);
  fmt.writeUInt32LE(rate, 4);
  fmt.writeUInt32LE((rate * channels * bits) / 8, 8);
  fmt.writeUInt16LE(bits, 14);
  const data = Buffer.from(new Int16Array(samples).buffer);
  const chunks = [
    chunk("fmt ", fmt),
    ...(extra === "" ? [] : [chunk("LIST", Buffer.from(extra))]),
    chunk("data", data),
  ];
  return Buffer.concat([Buffer.from("RIFF\0\0\0\0WAVE", "latin1"), ...chunks]);
}

function chunk(name: string, body: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(body.length);
  return Buffer.concat([Buffer.from(name), size, body, Buffer.alloc(body.length % 2)]);
}

describe("readWav", () => {
  test("reads_the_head_and_the_samples", () => {
    expect(readWav(wav([0, 1000, -1000, 32_767]))).toEqual({
      format: 1,
      channels: 1,
      rate: 8000,
      bits: 16,
      seconds: 4 / 8000,
      samples: new Int16Array([0, 1000, -1000, 32_767]),
    });
  });

  test("steps_over_other_chunks_of_odd_length", () => {
    expect(readWav(wav([7, 8], { extra: "odd" }))).toMatchObject({ samples: new Int16Array([7, 8]) });
  });

  test("a_file_cut_short_ends_where_it_ends", () => {
    const whole = wav([1, 2, 3, 4]);
    expect(readWav(whole.subarray(0, whole.length - 3))).toMatchObject({ samples: new Int16Array([1, 2]) });
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["a text", Buffer.from("not a sound at all, but long enough")],
    ["a head alone", wav([1]).subarray(0, 12)],
    ["no data", wav([1]).subarray(0, 36)],
  ])("%s_is_a_problem_in_words", (_name, bytes) => {
    expect(readWav(bytes)).toEqual({ problem: expect.stringMatching(/./) });
  });

  test("no_cut_makes_it_throw", () => {
    const whole = wav([1, 2, 3, 4], { extra: "abc" });
    for (let length = 0; length <= whole.length; length++)
      expect(readWav(whole.subarray(0, length))).toBeDefined();
  });
});

describe("loudnessOf", () => {
  test("a_square_wave_at_half_of_full_scale", () => {
    const { peakDb, rmsDb, clipped } = loudnessOf(new Int16Array([16_384, -16_384, 16_384, -16_384]));
    expect([peakDb, rmsDb, clipped]).toEqual([expect.closeTo(-6.02, 2), expect.closeTo(-6.02, 2), 0]);
  });

  test("digital_silence_and_no_samples", () => {
    for (const samples of [new Int16Array(8), new Int16Array()]) {
      expect(loudnessOf(samples).peakDb).toBe(Number.NEGATIVE_INFINITY);
    }
  });

  test("clipped_from_three_samples_in_a_row", () => {
    expect(loudnessOf(new Int16Array([32_767, 32_767, 0, -32_768])).clipped).toBe(0);
    expect(loudnessOf(new Int16Array([32_767, 32_767, 32_767, 0])).clipped).toBe(3);
    expect(loudnessOf(new Int16Array([-32_768, -32_768, -32_768, 32_767, 0])).clipped).toBe(4);
  });
});
