import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { messageOf } from "../platform/errors.ts";
import { type Loudness, loudnessOf } from "./loudness.ts";
import { readWav, samplesOf } from "./wav.ts";

/** `error`: a caller hears nothing or noise; `warning`: a caller hears it badly, or nobody does. */
export type Finding = { readonly severity: "error" | "warning"; readonly says: string };

/** One file of sound; loudness is null where the format is not 16-bit PCM. */
export type Judged = {
  readonly seconds: number | null;
  readonly loudness: Loudness | null;
  readonly findings: readonly Finding[];
};

const RATE = 8000;
/** What Asterisk plays without a head: bytes of one second. */
const RAW_BYTES_PER_SECOND: Readonly<Record<string, number>> = {
  ".ulaw": 8000,
  ".alaw": 8000,
  ".gsm": 1650,
  ".sln": 16_000,
};

const SILENT_DB = -60;
/** Speech on a telephone is at about -20 dB. */
const FAINT_DB = -36;
const LOUD_DB = -9;
const SHORTEST_S = 0.2;
const LONGEST_S = 120;

export function judgeFile(path: string): Judged {
  try {
    return judge(readFileSync(path), extname(path));
  } catch (error) {
    return broken(`cannot be read (${messageOf(error)})`);
  }
}

function judge(bytes: Uint8Array, extension: string): Judged {
  if (bytes.length === 0) return broken("is empty: build or record it again");
  const perSecond = RAW_BYTES_PER_SECOND[extension];
  if (perSecond !== undefined) {
    const seconds = bytes.length / perSecond;
    if (extension !== ".sln") return { seconds, loudness: null, findings: lengthFindings(seconds) };
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return heard(samplesOf(view), seconds, []);
  }
  const wav = readWav(bytes);
  if ("problem" in wav) return broken(wav.problem);
  const { format, channels, rate, bits, seconds, samples } = wav;
  const shape = [
    ...(format === 1 && bits === 16 ? [] : [`${bits}-bit samples of format ${format}`]),
    ...(channels === 1 ? [] : [`${channels} channels`]),
    ...(rate === RATE ? [] : [`${rate} samples a second`]),
  ];
  const mend = "Asterisk plays 16-bit mono PCM of 8000: convert it with `signalbox sounds build --from`";
  const findings = shape.length === 0 ? [] : [fault(`has ${shape.join(", ")}; ${mend}`)];
  if (format !== 1 || bits !== 16) return { seconds, loudness: null, findings };
  return heard(samples, seconds, findings);
}

function heard(samples: Int16Array, seconds: number, before: readonly Finding[]): Judged {
  const loudness = loudnessOf(samples);
  const findings = [...before, ...loudnessFindings(loudness), ...lengthFindings(seconds)];
  return { seconds, loudness, findings };
}

function loudnessFindings({ peakDb, rmsDb, clipped }: Loudness): Finding[] {
  if (peakDb < SILENT_DB) return [fault("is silence and nothing else")];
  const found: Finding[] = [];
  if (clipped > 0) found.push(odd(`is cut off at full scale in ${clipped} samples: record it less loudly`));
  if (rmsDb < FAINT_DB) found.push(odd(`is faint (${rmsDb.toFixed(0)} dB on average): make it louder`));
  if (rmsDb > LOUD_DB) found.push(odd(`is very loud (${rmsDb.toFixed(0)} dB on average): make it quieter`));
  return found;
}

function lengthFindings(seconds: number): Finding[] {
  if (seconds < SHORTEST_S) return [odd(`lasts ${seconds.toFixed(2)} s: a caller hears a click`)];
  if (seconds > LONGEST_S) return [odd(`lasts ${seconds.toFixed(0)} s: hardly a caller stays that long`)];
  return [];
}

function broken(says: string): Judged {
  return { seconds: null, loudness: null, findings: [fault(says)] };
}

function fault(says: string): Finding {
  return { severity: "error", says };
}

function odd(says: string): Finding {
  return { severity: "warning", says };
}
