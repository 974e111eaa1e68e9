// Speaks the texts of prompts.yaml into 8 kHz 16-bit mono WAV files that Asterisk plays as they are. It needs
// espeak-ng and sox. It refuses a path that leaves this folder and touches no file that is not listed.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { FAILSAFE_SCHEMA, load } from "js-yaml";
import { z } from "zod";

const WORDS_PER_MINUTE = "165";
/** Loud enough for a telephone, with head room for codecs that overshoot. */
const PEAK_DB = "-3";
const SILENCE_BEFORE_AND_AFTER_S = ["0.1", "0.2"];

const promptList = z.strictObject({
  voice: z.string().min(1),
  prompts: z.record(
    z.string().regex(/^[a-z0-9-]+\/[a-z0-9-]+$/, "a path is folder/name in small letters, digits and dashes"),
    z.union([
      z
        .string()
        .min(1)
        .transform((text) => ({ text })),
      z.strictObject({ text: z.string().min(1), voice: z.string().min(1).optional() }),
    ]),
  ),
});

const here = import.meta.dirname;

function run(program: string, args: readonly string[], input = ""): void {
  try {
    execFileSync(program, args, { input, stdio: ["pipe", "ignore", "pipe"] });
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (!missing) throw error;
    throw new Error(`${program} is not there: apt-get install espeak-ng sox`, { cause: error });
  }
}

/** Speaks one text; true when the file is new or differs from what was there. */
function speak(path: string, text: string, voice: string, folder: string): boolean {
  const target = join(here, `${path}.wav`);
  const [raw, made] = [join(folder, "raw.wav"), join(folder, "made.wav")];
  run("espeak-ng", ["--stdin", "-v", voice, "-s", WORDS_PER_MINUTE, "-w", raw], text);
  const format = ["-b", "16", "-e", "signed-integer", "-c", "1"];
  const effects = ["highpass", "100", "rate", "8000", "norm", PEAK_DB, "pad", ...SILENCE_BEFORE_AND_AFTER_S];
  // -D and -R: no random dither, so that the same text gives the same bytes.
  run("sox", ["-D", "-R", raw, ...format, made, ...effects]);
  if (existsSync(target) && readFileSync(target).equals(readFileSync(made))) return false;
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(made, `${target}.new`);
  renameSync(`${target}.new`, target);
  return true;
}

function main(wanted: readonly string[]): void {
  const text = readFileSync(join(here, "prompts.yaml"), "utf8");
  const { voice, prompts } = promptList.parse(load(text, { schema: FAILSAFE_SCHEMA }));
  const unknown = wanted.filter((path) => !(path in prompts));
  if (unknown.length > 0) throw new Error(`not in sounds/prompts.yaml: ${unknown.join(", ")}`);
  const folder = mkdtempSync(join(tmpdir(), "prompts-"));
  let changed = 0;
  try {
    for (const [path, prompt] of Object.entries(prompts)) {
      if (wanted.length > 0 && !wanted.includes(path)) continue;
      const own = "voice" in prompt ? prompt.voice : undefined;
      if (!speak(path, prompt.text, own ?? voice, folder)) continue;
      changed += 1;
      process.stdout.write(`${path}.wav\n`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.stdout.write(`${changed} written, the others were up to date\n`);
}

main(process.argv.slice(2));
