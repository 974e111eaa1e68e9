import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FAILSAFE_SCHEMA, load } from "js-yaml";
import { describe, expect, it } from "vitest";

const folder = join(import.meta.dirname, "../../../sounds");
const files = globSync("*/*.wav", { cwd: folder }).toSorted();

function listed(): string[] {
  const list = load(readFileSync(join(folder, "prompts.yaml"), "utf8"), { schema: FAILSAFE_SCHEMA });
  if (typeof list !== "object" || list === null || !("prompts" in list))
    throw new Error("no prompts: in prompts.yaml");
  return Object.keys(list.prompts ?? {}).map((path) => `${path}.wav`);
}

describe("the committed prompts", () => {
  it("are those of the list", () => expect(files).toEqual(listed().toSorted()));

  it.each(files)("%s is plain 8 kHz 16-bit mono PCM, audible and not clipped", (file) => {
    const bytes = readFileSync(join(folder, file));
    expect(bytes.toString("latin1", 0, 4) + bytes.toString("latin1", 8, 16)).toBe("RIFFWAVEfmt ");
    const format = [16, 20, 22, 34].map((at) => bytes.readUInt16LE(at));
    expect(format).toEqual([16, 1, 1, 16]);
    expect(bytes.readUInt32LE(24)).toBe(8000);
    let peak = 0;
    for (let at = 44; at < bytes.length; at += 2) peak = Math.max(peak, Math.abs(bytes.readInt16LE(at)));
    expect(peak / 32768).toBeGreaterThan(0.65);
    expect(peak / 32768).toBeLessThan(0.75);
  });

  it("are small enough for a clone", () => {
    const total = files.reduce((sum, file) => sum + readFileSync(join(folder, file)).length, 0);
    expect(total).toBeLessThan(3_000_000);
  });
});
