/** What the head of a WAV file says; `samples` only of 16-bit PCM. */
export type Wav = {
  /** 1 is PCM; 0xfffe (extensible) is resolved. */
  readonly format: number;
  readonly channels: number;
  readonly rate: number;
  readonly bits: number;
  readonly seconds: number;
  readonly samples: Int16Array;
};

const PCM = 1;
const EXTENSIBLE = 0xfffe;

/** Reads a RIFF/WAVE file, or says in words why it is none. */
export function readWav(bytes: Uint8Array): Wav | { readonly problem: string } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || textAt(view, 0) !== "RIFF" || textAt(view, 8) !== "WAVE") {
    return { problem: "is no WAV file, whatever its name says" };
  }
  const chunks = chunksOf(view);
  const head = chunks.get("fmt ");
  const data = chunks.get("data");
  if (head === undefined || head.byteLength < 16)
    return { problem: "has no format chunk: the file is broken" };
  if (data === undefined) return { problem: "has no sound in it: the file is broken" };
  const named = head.getUint16(0, true);
  const format = named === EXTENSIBLE && head.byteLength >= 26 ? head.getUint16(24, true) : named;
  const [channels, rate, bits] = [head.getUint16(2, true), head.getUint32(4, true), head.getUint16(14, true)];
  const bytesPerSecond = head.getUint32(8, true);
  return {
    format,
    channels,
    rate,
    bits,
    seconds: bytesPerSecond === 0 ? 0 : data.byteLength / bytesPerSecond,
    samples: format === PCM && bits === 16 ? samplesOf(data) : new Int16Array(),
  };
}

/** Little-endian 16-bit samples; an odd last byte is left out. */
export function samplesOf(data: DataView): Int16Array {
  const samples = new Int16Array(Math.floor(data.byteLength / 2));
  for (let index = 0; index < samples.length; index++) samples[index] = data.getInt16(index * 2, true);
  return samples;
}

/** Each chunk by name, the first of a name; one that claims more than there is ends with the file. */
function chunksOf(view: DataView): Map<string, DataView> {
  const chunks = new Map<string, DataView>();
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const name = textAt(view, at);
    const size = view.getUint32(at + 4, true);
    const length = Math.min(size, view.byteLength - at - 8);
    if (!chunks.has(name)) chunks.set(name, new DataView(view.buffer, view.byteOffset + at + 8, length));
    // Chunks begin at even offsets.
    at += 8 + size + (size % 2);
  }
  return chunks;
}

function textAt(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((index) => view.getUint8(at + index)));
}
