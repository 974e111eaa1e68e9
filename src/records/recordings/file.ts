/** Looks at one recorded file: its size, sound and checksum. It reads it whole, so only a thread of its own may call it. */
import { createHash } from "node:crypto";
import { closeSync, fstatSync, readSync } from "node:fs";
import { OutsideError, openRecording } from "./place.ts";

export type SeenFile = {
  readonly bytes: number;
  readonly lengthMs: number;
  readonly sha256: string;
  /** Of its last byte, epoch milliseconds. */
  readonly writtenAt: number;
  /** False when it changed while it was read. */
  readonly atRest: boolean;
};

const CHUNK = 1024 * 1024;

/** Throws what the file system throws (ENOENT, EACCES …), and OutsideError for what is no file of its client. */
export function lookAtFile(
  directory: string,
  recording: { readonly file: string; readonly tenant: string },
): SeenFile {
  const handle = openRecording(directory, recording);
  try {
    const before = fstatSync(handle);
    if (!before.isFile()) throw new OutsideError(`${recording.file} is no plain file`);
    const hash = createHash("sha256");
    const chunk = Buffer.alloc(Math.min(CHUNK, Math.max(before.size, 1)));
    let head = Buffer.alloc(0);
    for (let length = readSync(handle, chunk); length > 0; length = readSync(handle, chunk)) {
      if (head.length === 0) head = Buffer.from(chunk.subarray(0, Math.min(length, 64)));
      hash.update(chunk.subarray(0, length));
    }
    const after = fstatSync(handle);
    return {
      bytes: after.size,
      lengthMs: lengthOf(head, after.size),
      sha256: hash.digest("hex"),
      writtenAt: Math.round(after.mtimeMs),
      atRest: before.size === after.size && before.mtimeMs === after.mtimeMs,
    };
  } finally {
    closeSync(handle);
  }
}

/** A GSM frame of 33 bytes is 20 ms; a WAV file packs two into 65 bytes. */
const GSM_FRAME = { bytes: 33, ms: 20 };
const WAV49_FRAME = { bytes: 65, ms: 40 };
const WAV49 = 0x31;

/**
 * Milliseconds of sound. The size of the file counts and not the one in its header, which Asterisk writes last: a
 * switch that died has left the file without it.
 */
export function lengthOf(head: Buffer, bytes: number): number {
  if (head.toString("latin1", 0, 4) !== "RIFF") return framesMs(bytes, GSM_FRAME);
  const sound = Math.max(0, bytes - soundAt(head));
  if (head.length >= 22 && head.readUInt16LE(20) === WAV49) return framesMs(sound, WAV49_FRAME);
  const bytesPerSecond = head.length >= 32 ? head.readUInt32LE(28) : 0;
  return bytesPerSecond === 0 ? 0 : Math.round((sound * 1000) / bytesPerSecond);
}

function framesMs(bytes: number, frame: { readonly bytes: number; readonly ms: number }): number {
  return Math.floor(bytes / frame.bytes) * frame.ms;
}

/** Where the sound begins: behind the word `data` and its size. */
function soundAt(head: Buffer): number {
  const mark = head.indexOf("data", 12, "latin1");
  return mark < 0 ? 44 : mark + 8;
}
