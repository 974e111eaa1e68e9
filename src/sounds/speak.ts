/**
 * The room of prompts: makes them with espeak-ng and sox, judges what is there, and puts a made one into its tenant's
 * folder. It plays nothing, and it never writes outside the folder of the tenant it was asked for.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { SignalboxError } from "../platform/errors.ts";

const WORDS_PER_MINUTE = "165";
/** Loud enough for a telephone, with head room for codecs that overshoot. */
const PEAK_DB = "-3";
const SILENCE_BEFORE_AND_AFTER_S = ["0.1", "0.2"];
const FORMAT = ["-b", "16", "-e", "signed-integer", "-c", "1"];

export const DEFAULT_VOICE = "en-us";

/** A text as an 8 kHz 16-bit mono WAV. Throws `program_missing` or `program_failed`. */
export function speak(text: string, voice: string): Buffer {
  return inFolder((folder) => {
    const [raw, made] = [join(folder, "raw.wav"), join(folder, "made.wav")];
    run("espeak-ng", ["--stdin", "-v", voice, "-s", WORDS_PER_MINUTE, "-w", raw], text);
    const effects = [
      "highpass",
      "100",
      "rate",
      "8000",
      "norm",
      PEAK_DB,
      "pad",
      ...SILENCE_BEFORE_AND_AFTER_S,
    ];
    // -D and -R: no random dither, so that the same text gives the same bytes.
    run("sox", ["-D", "-R", raw, ...FORMAT, made, ...effects]);
    return readFileSync(made);
  });
}

/** Any sound file that sox reads, as an 8 kHz 16-bit mono WAV at the same peak. Throws like `speak`. */
export function convert(file: string): Buffer {
  return inFolder((folder) => {
    const made = join(folder, "made.wav");
    // An absolute name: sox runs a name that begins with | as a command.
    run("sox", ["-D", "-R", resolve(file), ...FORMAT, made, "rate", "8000", "norm", PEAK_DB]);
    return readFileSync(made);
  });
}

function inFolder<Result>(work: (folder: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), "prompts-"));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(program: string, args: readonly string[], input = ""): void {
  try {
    execFileSync(program, args, { input, stdio: ["pipe", "ignore", "pipe"] });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      const says = `${program} is not there: apt-get install espeak-ng sox`;
      throw new SignalboxError("program_missing", says, error);
    }
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
    const last = said.split("\n").at(-1) ?? "";
    throw new SignalboxError("program_failed", `${program} could not make the prompt: ${last}`, error);
  }
}
