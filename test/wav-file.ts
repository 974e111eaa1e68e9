const RATE = 8000;

/** A WAV file of silence as Asterisk writes one: 8 kHz, 16 bit, one channel, a header of 44 bytes. */
export function wavFile(ms: number): Buffer {
  const bytes = Math.round((RATE * ms) / 1000) * 2;
  const file = Buffer.alloc(44 + bytes);
  file.write("RIFF");
  file.writeUInt32LE(36 + bytes, 4);
  file.write("WAVEfmt ", 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(RATE, 24);
  file.writeUInt32LE(RATE * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36);
  file.writeUInt32LE(bytes, 40);
  return file;
}
