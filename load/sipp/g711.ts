/** The two telephone codecs, as RTP names them. */
export type Codec = "PCMU" | "PCMA";

/** The static RTP payload type of each codec (RFC 3551). */
export const PAYLOAD_TYPE: Readonly<Record<Codec, number>> = { PCMU: 0, PCMA: 8 };

const SILENCE: Readonly<Record<Codec, number>> = { PCMU: 0xff, PCMA: 0xd5 };

export const SAMPLES_PER_MS = 8;

/** One byte of mu-law for a 16-bit sample (G.711, bias 0x84, clipped). */
export function encodeUlaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const biased = Math.min(Math.abs(sample), 32635) + 0x84;
  const exponent = Math.max(0, 31 - Math.clz32(biased) - 7);
  const mantissa = (biased >> (exponent + 3)) & 0x0f;
  return ~(sign | (exponent << 4) | mantissa) & 0xff;
}

/** One byte of A-law for a 16-bit sample (G.711, even bits inverted). */
export function encodeAlaw(sample: number): number {
  const positive = sample >= 0;
  const magnitude = Math.min(positive ? sample : -sample - 1, 32767);
  const exponent = Math.max(0, 31 - Math.clz32(Math.max(magnitude, 1)) - 7);
  const mantissa = (magnitude >> (exponent === 0 ? 4 : exponent + 3)) & 0x0f;
  return ((positive ? 0x80 : 0) | (exponent << 4) | mantissa) ^ 0x55;
}

/** `samples` bytes of digital silence. */
export function silence(codec: Codec, samples: number): Uint8Array {
  return new Uint8Array(samples).fill(SILENCE[codec]);
}

/** `samples` bytes of sines at about −12 dBFS each, starting at sample `offset` so that frames join without a click. */
export function tone(codec: Codec, hz: readonly number[], offset: number, samples: number): Uint8Array {
  const encode = codec === "PCMU" ? encodeUlaw : encodeAlaw;
  return Uint8Array.from({ length: samples }, (_, index) =>
    encode(
      Math.round(
        hz.reduce((sum, each) => sum + 8000 * Math.sin((2 * Math.PI * each * (offset + index)) / 8000), 0),
      ),
    ),
  );
}
