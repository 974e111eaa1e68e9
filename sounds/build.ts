// Speaks the texts of prompts.yaml into 8 kHz 16-bit mono WAV files that Asterisk plays as they are. It needs
// espeak-ng and sox. It refuses a path that leaves this folder and touches no file that is not listed.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FAILSAFE_SCHEMA, load } from "js-yaml";
import { z } from "zod";
import { putPrompt } from "../src/sounds/put.ts";
import { speak } from "../src/sounds/speak.ts";

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

function main(wanted: readonly string[]): void {
  const text = readFileSync(join(here, "prompts.yaml"), "utf8");
  const { voice, prompts } = promptList.parse(load(text, { schema: FAILSAFE_SCHEMA }));
  const unknown = wanted.filter((path) => !(path in prompts));
  if (unknown.length > 0) throw new Error(`not in sounds/prompts.yaml: ${unknown.join(", ")}`);
  let changed = 0;
  for (const [path, prompt] of Object.entries(prompts)) {
    if (wanted.length > 0 && !wanted.includes(path)) continue;
    const own = "voice" in prompt ? prompt.voice : undefined;
    const [folder = "", name = ""] = path.split("/");
    if (!putPrompt(here, folder, name, speak(prompt.text, own ?? voice))) continue;
    changed += 1;
    process.stdout.write(`${path}.wav\n`);
  }
  process.stdout.write(`${changed} written, the others were up to date\n`);
}

main(process.argv.slice(2));
