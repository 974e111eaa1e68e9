import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loudnessOf } from "../../src/sounds/loudness.ts";
import { readWav } from "../../src/sounds/wav.ts";
import { inCheckout, type Ran, signalbox } from "../unit/commands/command-line.ts";

let root: string;
let sounds: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "signalbox-sounds-"));
  sounds = join(root, "sounds");
  cpSync(inCheckout("config"), join(root, "config"), { recursive: true });
  cpSync(inCheckout("sounds"), sounds, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

function run(...args: string[]): Promise<Ran> {
  return signalbox(["sounds", ...args], { SIGNALBOX_CONFIG: join(root, "config") });
}

/** A tone of a second and a half, made by sox as somebody else would. */
function tone(path: string, ...options: string[]): void {
  execFileSync("sox", ["-n", ...options, path, "synth", "1.5", "sine", "440", "gain", "-12"]);
}

const PHONE = ["-r", "8000", "-b", "16", "-c", "1"];

function shapeOf(path: string) {
  const wav = readWav(readFileSync(path));
  if ("problem" in wav) throw new Error(wav.problem);
  const { format, channels, rate, bits, seconds } = wav;
  return { format, channels, rate, bits, seconds, peakDb: loudnessOf(wav.samples).peakDb };
}

describe("build", () => {
  test("a_text_is_spoken_as_asterisk_plays_it", async () => {
    const path = join(sounds, "apex/hello.wav");
    const { code, out } = await run("build", "--tenant", "apex", "hello", "--text", "Hello from Apex.");
    expect({ code, out }).toEqual({ code: 0, out: `${path}\n` });
    const shape = shapeOf(path);
    expect(shape).toMatchObject({ format: 1, channels: 1, rate: 8000, bits: 16 });
    expect(shape.seconds).toBeGreaterThan(0.5);
    expect(shape.peakDb).toBeCloseTo(-3, 0);
    expect(readdirSync(join(sounds, "apex")).filter((name) => name.endsWith(".new"))).toEqual([]);
  });

  test("a_first_prompt_of_ones_own_leaves_the_shared_ones_that_come_along", async () => {
    rmSync(sounds, { recursive: true });
    expect((await run("build", "--tenant", "apex", "hello", "--text", " ")).code).toBe(2);
    expect(existsSync(sounds)).toBe(false);
    const { code, err } = await run("build", "--tenant", "apex", "hello", "--text", "Hello from Apex.");
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining(`${sounds} is new`) });
    expect(readdirSync(join(sounds, "shared"))).toEqual(readdirSync(inCheckout("sounds/shared")));
    expect(readdirSync(join(sounds, "apex"))).toEqual(["hello.wav"]);
  });

  test("a_recording_is_converted_and_a_translation_has_a_folder", async () => {
    const recording = join(root, "studio.wav");
    tone(recording, "-r", "44100", "-b", "24", "-c", "2");
    const { code } = await run("build", "--tenant", "apex", "es/welcome", "--from", recording);
    expect(code).toBe(0);
    const shape = shapeOf(join(sounds, "apex/es/welcome.wav"));
    expect(shape).toMatchObject({ format: 1, channels: 1, rate: 8000, bits: 16 });
    expect([shape.seconds, shape.peakDb]).toEqual([expect.closeTo(1.5, 1), expect.closeTo(-3, 0)]);
  });

  test.each([
    ["another_folder", ["--tenant", "apex", "../greensolar/welcome", "--text", "x"], 2, /named like/],
    ["no_tenant", ["--tenant", "nobody", "hello", "--text", "x"], 2, /no tenant has this name/],
    ["the_shared_folder", ["--tenant", "shared", "hello", "--text", "x"], 2, /no tenant has this name/],
    ["a_path_for_a_tenant", ["--tenant", "../apex", "hello", "--text", "x"], 2, /no tenant has this name/],
    ["neither", ["--tenant", "apex", "hello"], 2, /either --text or --from/],
    [
      "an_option_for_a_voice",
      ["--tenant", "apex", "hello", "--text", "x", "--voice", "--path=/"],
      2,
      /--voice/,
    ],
    [
      "a_voice_that_is_not_there",
      ["--tenant", "apex", "hello", "--text", "x", "--voice", "xx-none"],
      1,
      /espeak-ng/,
    ],
    ["no_sound", ["--tenant", "apex", "hello", "--from", inCheckout("package.json")], 1, /sox could not/],
  ])("refuses_%s", async (_name, args, expected, says) => {
    const { code, err } = await run("build", ...args);
    expect(code).toBe(expected);
    expect(err).toMatch(says);
    expect(existsSync(join(sounds, "apex/hello.wav"))).toBe(false);
  });

  test("refuses_another_tenants_recording_also_through_a_link", async () => {
    symlinkSync(join(sounds, "greensolar/welcome.wav"), join(root, "mine.wav"));
    for (const from of [join(sounds, "greensolar/welcome.wav"), join(root, "mine.wav")]) {
      const { code, err } = await run("build", "--tenant", "apex", "hello", "--from", from);
      expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining("belongs to greensolar") });
    }
  });

  test("refuses_a_folder_that_leads_to_another_tenant", async () => {
    symlinkSync(join(sounds, "greensolar"), join(sounds, "apex/es"));
    const before = readFileSync(join(sounds, "greensolar/welcome.wav"));
    const { code, err } = await run("build", "--tenant", "apex", "es/welcome", "--text", "x");
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining("a folder of its own") });
    expect(readFileSync(join(sounds, "greensolar/welcome.wav"))).toEqual(before);
  });

  test("says_what_to_install_when_a_program_is_missing", async () => {
    const args = ["sounds", "build", "--tenant", "apex", "hello", "--text", "x"];
    const bare = join(root, "bin");
    mkdirSync(bare);
    for (const name of ["sh", "uname", "dirname", "readlink"]) symlinkSync(`/bin/${name}`, join(bare, name));
    const { code, err } = await signalbox(args, { SIGNALBOX_CONFIG: join(root, "config"), PATH: bare });
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining("apt-get install espeak-ng sox") });
  });
});

describe("check", () => {
  async function issues(...args: string[]) {
    const { code, out } = await run("check", "--json", ...args);
    const found = JSON.parse(out) as {
      folder: string;
      issues: { about: string; severity: string; message: string }[];
    }[];
    return {
      code,
      lines: found.flatMap(({ folder, issues: each }) =>
        each.map(({ about, severity, message }) => `${severity} ${folder} ${about}: ${message}`),
      ),
    };
  }

  test("the_shipped_prompts_have_no_error", async () => {
    const { code, out } = await run("check");
    expect(code).toBe(0);
    expect(out).toMatch(/^apex: 5 prompts, \d+ s; no errors/m);
  });

  test("each_kind_of_bad_file_is_named", async () => {
    const apex = join(sounds, "apex");
    tone(join(apex, "studio.wav"), "-r", "44100", "-b", "16", "-c", "2");
    tone(join(apex, "eight.wav"), "-r", "8000", "-b", "8", "-c", "1");
    writeFileSync(join(apex, "broken.wav"), "no sound");
    writeFileSync(join(apex, "empty.wav"), "");
    execFileSync("sox", ["-r", "8000", "-n", ...PHONE, join(apex, "silent.wav"), "trim", "0", "2"]);
    execFileSync("sox", [
      "-n",
      ...PHONE,
      join(apex, "faint.wav"),
      "synth",
      "1",
      "sine",
      "440",
      "gain",
      "-50",
    ]);
    execFileSync("sox", [
      "-r",
      "8000",
      "-n",
      ...PHONE,
      join(apex, "cut.wav"),
      "synth",
      "1",
      "sine",
      "440",
      "gain",
      "20",
    ]);
    const { code, lines } = await issues("--tenant", "apex");
    expect(code).toBe(1);
    for (const says of [
      /error apex studio.wav: has 2 channels, 44100 samples a second/,
      /error apex eight.wav: has 8-bit samples/,
      /error apex broken.wav: is no WAV file/,
      /error apex empty.wav: is empty/,
      /error apex silent.wav: is silence/,
      /warning apex faint.wav: is faint/,
      /warning apex cut.wav: is cut off at full scale/,
      /warning apex studio.wav: is named nowhere/,
    ])
      expect(lines.filter((line) => says.test(line))).toHaveLength(1);
  });

  test("what_the_configuration_names_and_no_folder_has_is_missing", async () => {
    const file = join(root, "config/tenants/apex.yaml");
    const text = readFileSync(file, "utf8").replace("route: main, label", "route: main, language: es, label");
    writeFileSync(file, text);
    rmSync(join(sounds, "shared/all-agents-busy.wav"));
    rmSync(join(sounds, "shared/please-call-back.wav"));
    rmSync(join(sounds, "apex/welcome.wav"));
    const { code, lines } = await issues("--tenant", "apex");
    expect(code).toBe(1);
    for (const says of [
      /error apex all-agents-busy: is named at limits.when_full.inbound.announce and missing/,
      /error apex please-call-back: is named at fallback.announce and missing/,
      /error apex welcome: is named at menus.welcome.prompt and missing/,
      /warning apex es\/holiday: is not translated/,
    ])
      expect(lines.filter((line) => says.test(line))).toHaveLength(1);
  });

  test("another_tenants_recording_is_found_as_link_and_as_copy", async () => {
    rmSync(join(sounds, "apex/night.wav"));
    symlinkSync("../greensolar/closed.wav", join(sounds, "apex/night.wav"));
    copyFileSync(join(sounds, "greensolar/welcome.wav"), join(sounds, "apex/welcome.wav"));
    const { code, lines } = await issues("--tenant", "apex");
    expect(code).toBe(1);
    expect(lines).toContainEqual(
      expect.stringMatching(/^error apex night.wav: is a link into the folder of greensolar/),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/^warning apex welcome.wav: is the very recording of greensolar/),
    );
  });
});

test("the_shipped_prompts_are_what_the_script_speaks", () => {
  const said = execFileSync(process.execPath, [inCheckout("sounds/build.ts"), "shared/goodbye"], {
    encoding: "utf8",
  });
  expect(said).toBe("0 written, the others were up to date\n");
});
