// WAV files of an exact length as Asterisk reads and writes them, 8 kHz, 16 bit, one channel, a header of 44 bytes:
// prompts that keep no run waiting longer than it has to, and recordings of a known length.
const RATE = 8000;

export function silentWav(ms: number): Buffer {
  return wavOf(Buffer.alloc(samplesOf(ms) * 2));
}

/** A soft 440 Hz tone. */
export function toneWav(ms: number): Buffer {
  const samples = Buffer.alloc(samplesOf(ms) * 2);
  for (let at = 0; at < samplesOf(ms); at++) {
    samples.writeInt16LE(Math.round(6000 * Math.sin((2 * Math.PI * 440 * at) / RATE)), at * 2);
  }
  return wavOf(samples);
}

function samplesOf(ms: number): number {
  return Math.round((RATE * ms) / 1000);
}

function wavOf(samples: Buffer): Buffer {
  const header = Buffer.alloc(44);
  header.write("RIFF");
  header.writeUInt32LE(36 + samples.length, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(samples.length, 40);
  return Buffer.concat([header, samples]);
}
