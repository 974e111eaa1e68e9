/**
 * The rooms of src/ and who may import whom. Imports are found by a plain look at the text, types included: a circle
 * of types is a circle too, since neither room can then be understood without the other.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");

type Import = { readonly from: string; readonly to: string };

const sources = [...filesUnder("src"), ...filesUnder("load")];
const src = sources.filter((file) => file.startsWith("src/"));
const core = src.filter((file) => file.startsWith("src/core/"));
const imports = src.flatMap((file) => importsOf(file));

/** `src/` is left out: `core`, `calls/ports` for what calls/ shows to the others. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  platform: [],
  calls: ["core", "platform"],
  agi: ["core", "calls/ports", "platform"],
  ami: ["core", "calls/ports", "platform"],
  slots: ["core", "calls/ports", "platform"],
  records: ["core", "calls/ports", "platform"],
  config: ["core", "platform"],
  simulate: ["core", "calls", "config", "platform"],
  http: ["core", "calls/ports", "config", "platform"],
  sounds: ["core", "config", "platform"],
  reports: ["core", "calls/ports", "config", "platform"],
  vicidial: ["core", "calls/ports", "config", "platform"],
};

/** main.ts and its commands put everything together; nobody else imports them. */
const COMPOSITION = ["main", "commands"];

/** Libraries that only compute, and where in core they are wanted. */
const CORE_LIBRARIES: Readonly<Record<string, RegExp>> = {
  zod: /^src\/core\/routing\//,
  "libphonenumber-js": /^src\/core\/number\//,
  luxon: /^src\/core\/schedule\//,
  "date-holidays": /^src\/core\/schedule\//,
};

/** What reads a clock, waits, draws or writes: never in core. */
const IMPURE: Readonly<Record<string, RegExp>> = {
  "the clock":
    /\bDate\.now\b|\bnew Date\(\s*\)|(?<!new )\bDate\(\s*\)|\bperformance\.now\b|\bDateTime\.(now|local|utc)\(/,
  waiting: /\bawait\b|\basync\b|\bPromise\b|\bset(Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/,
  chance: /\bMath\.random\b|\bcrypto\b/,
  output: /\bconsole\b|\bprocess\b/,
};

const EMPTY_NAMES = /^(utils?|helpers?|managers?|services?|data|info|misc|common)$/;
/** Named after manager.conf, the file that it renders. */
const NAMED_BY_ASTERISK = ["src/config/render/manager.ts"];

describe("rooms", () => {
  test("every_room_of_src_is_in_the_table", () => {
    const rooms = new Set(src.map(roomOf));
    expect([...rooms].filter((room) => !(room in MAY_IMPORT) && !COMPOSITION.includes(room))).toEqual([]);
  });

  test("a_room_imports_itself_and_what_the_table_gives_it", () => {
    const wrong = imports.filter(({ from, to }) => isOurs(to) && !mayImport(from, to));
    expect(wrong.map(shown)).toEqual([]);
  });

  test("every_import_within_src_is_a_file", () => {
    const files = new Set(src);
    const missing = imports.filter(({ to }) => to.startsWith("src/") && !files.has(to));
    expect(missing.map(shown)).toEqual([]);
  });

  test.each(["src/agi/codec.ts", "src/ami/codec.ts"])("%s imports nothing", (file) => {
    expect(src).toContain(file);
    expect(imports.filter(({ from }) => from === file).map(shown)).toEqual([]);
  });
});

describe("core is pure", () => {
  test("it_is_there", () => {
    expect(core.length).toBeGreaterThan(30);
  });

  test("it_imports_core_and_libraries_that_only_compute", () => {
    const wrong = imports.filter(({ from, to }) => {
      if (roomOf(from) !== "core" || to.startsWith("src/core/")) return false;
      return !(CORE_LIBRARIES[packageOf(to)]?.test(from) ?? false);
    });
    expect(wrong.map(shown)).toEqual([]);
  });

  test.each(Object.entries(IMPURE))("nothing in it is about %s", (_name, pattern) => {
    const wrong = core.flatMap((file) =>
      codeOf(file)
        .split("\n")
        .flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : [])),
    );
    expect(wrong).toEqual([]);
  });

  test("its_rooms_form_no_circle", () => {
    const edges = new Map<string, Set<string>>();
    for (const { from, to } of imports) {
      if (!from.startsWith("src/core/") || !to.startsWith("src/core/")) continue;
      const [ours, theirs] = [coreRoomOf(from), coreRoomOf(to)];
      if (ours === theirs) continue;
      edges.set(ours, (edges.get(ours) ?? new Set()).add(theirs));
    }
    const circles = [...edges.keys()].filter((room) => reachable(room, edges).has(room)).sort();
    const shownCircles = imports
      .filter(({ from, to }) => from.startsWith("src/core/") && to.startsWith("src/core/"))
      .filter(({ from, to }) => coreRoomOf(from) !== coreRoomOf(to))
      .filter(({ from, to }) => reachable(coreRoomOf(to), edges).has(coreRoomOf(from)))
      .map(shown);
    expect(circles, shownCircles.join("\n")).toEqual([]);
  });
});

describe("files", () => {
  test("none_is_longer_than_300_lines", () => {
    const long = sources.map((file) => `${file}: ${textOf(file).trimEnd().split("\n").length}`);
    expect(long.filter((line) => Number(line.split(": ")[1]) > 300)).toEqual([]);
  });

  test("names_say_what_is_in_them", () => {
    const empty = sources.filter(
      (file) =>
        !NAMED_BY_ASTERISK.includes(file) &&
        file.split("/").some((part) => EMPTY_NAMES.test(part.replace(/\.ts$/, ""))),
    );
    expect(empty).toEqual([]);
  });

  test("names_are_kebab_case", () => {
    expect(sources.filter((file) => !/^([a-z0-9][a-z0-9-]*\/)*[a-z0-9][a-z0-9-]*\.ts$/.test(file))).toEqual(
      [],
    );
  });

  test("exports_have_names", () => {
    expect(src.filter((file) => /^export default\b/m.test(codeOf(file)))).toEqual([]);
  });
});

function filesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `${folder}/${file}`)
    .sort();
}

function textOf(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

/** Without comments and plain strings, line for line. */
function codeOf(file: string): string {
  const blank = (text: string) => text.replace(/[^\n]/g, " ");
  return textOf(file)
    .replace(/"(?:[^"\\\n]|\\.)*"/g, '""')
    .replace(/\/\*[\s\S]*?\*\//g, blank)
    .replace(/\/\/.*$/gm, "");
}

function importsOf(file: string): Import[] {
  const text = textOf(file).replace(/^\s*(\*|\/\/|\/\*).*$/gm, "");
  const patterns = [
    /^(?:import|export)\b[^;"]*?\bfrom\s*"([^"]+)"/gm,
    /^import\s*"([^"]+)"/gm,
    /\bimport\(\s*"([^"]+)"/g,
    /\bnew URL\(\s*"(\.[^"]+\.ts)"/g,
  ];
  const named = patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? ""));
  return named.map((name) => ({
    from: file,
    to: name.startsWith(".") ? posix.normalize(posix.join(posix.dirname(file), name)) : name,
  }));
}

/** `src/agi/codec.ts` → `agi`, `src/main.ts` → `main`. */
function roomOf(file: string): string {
  return (file.split("/")[1] ?? "").replace(/\.ts$/, "");
}

/** `src/core/routing/targets/dial.ts` → `routing`. */
function coreRoomOf(file: string): string {
  return file.split("/")[2] ?? "";
}

/** `libphonenumber-js/min` → `libphonenumber-js`. */
function packageOf(name: string): string {
  return name
    .split("/")
    .slice(0, name.startsWith("@") ? 2 : 1)
    .join("/");
}

/** True for a file of this repository other than package.json, which only tells the version. */
function isOurs(to: string): boolean {
  return /^(src|load|test)\//.test(to);
}

function mayImport(from: string, to: string): boolean {
  const [ours, theirs] = [roomOf(from), roomOf(to)];
  if (!to.startsWith("src/")) return false;
  if (COMPOSITION.includes(ours)) return true;
  if (ours === theirs) return true;
  const allowed = MAY_IMPORT[ours] ?? [];
  if (allowed.includes(theirs)) return true;
  return theirs === "calls" && allowed.includes("calls/ports") && /\/([a-z-]+-port|ports)\.ts$/.test(to);
}

function reachable(from: string, edges: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const seen = new Set<string>();
  const waiting = [...(edges.get(from) ?? [])];
  for (let room = waiting.pop(); room !== undefined; room = waiting.pop()) {
    if (seen.has(room)) continue;
    seen.add(room);
    waiting.push(...(edges.get(room) ?? []));
  }
  return seen;
}

function shown({ from, to }: Import): string {
  return `${from} imports ${to}`;
}
