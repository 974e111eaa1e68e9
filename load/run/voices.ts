// Whether what was recorded of calls' voices is what the records say: each file below its own client's folder, under its
// own call's name, as long as the call was, and no file that no call has.
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { StoredCall } from "../../src/calls/record-port.ts";

/** Of a wav as Asterisk writes it. */
const BYTES_A_SECOND = 16_000;
/** On a busy machine SIPp's sound comes late and leaves some out. */
const LEAST_SHARE = 0.5;
const MOST_TOLD = 3;

/** Recordings below `directory`: how many, and how many bytes. */
export function recordingsIn(directory: string): { readonly files: number; readonly bytes: number } {
  const files = filesIn(directory);
  const bytes = files.reduce((sum, file) => sum + statSync(join(directory, file)).size, 0);
  return { files: files.length, bytes };
}

/** `heard`: callers made a sound. Without any Asterisk writes a file without any. */
export function wrongVoices(
  calls: readonly StoredCall[],
  directory: string,
  heard: boolean,
): readonly string[] {
  const files = new Set(filesIn(directory));
  const wrong = calls.flatMap((call) => {
    const { recording } = call;
    if (recording === null) return [];
    if (!recording.startsWith(`${call.tenant}/`) || !recording.includes(`/${call.call}.`))
      return [`${recording} is that of ${call.call}, a call of ${call.tenant}`];
    if (!files.delete(recording)) return call.answeredAt === null ? [] : [`${recording} is not there`];
    const least = (call.billableSeconds - 1) * BYTES_A_SECOND * LEAST_SHARE;
    const { size } = statSync(join(directory, recording));
    return heard && size < least ? [`${recording} has ${size} bytes of ${call.billableSeconds} s`] : [];
  });
  const all = [...wrong, ...[...files].map((file) => `${file} is no call's`)];
  return all.length === 0
    ? []
    : [`recordings: ${all.length} are wrong: ${all.slice(0, MOST_TOLD).join("; ")}`];
}

function filesIn(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".wav"),
  );
}
