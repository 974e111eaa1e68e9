import { spawnSync } from "node:child_process";
import {
  closeSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { inCheckout, signalbox } from "./command-line.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "sb-launcher-"));
  folders.push(made);
  return made;
}

/** The place that tests have for what Node translates is nobody's here. */
const NO_PLACE = { NODE_COMPILE_CACHE: "" };

/** A node without a configuration, which says so and ends. */
const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  signalbox(["serve", "--config", join(folder(), "none"), ...args], { ...NO_PLACE, ...env });

test.each([
  ["as_two_words", (directory: string) => start(["--var", directory])],
  ["as_one_word", (directory: string) => start([`--var=${directory}`])],
  ["from_the_environment", (directory: string) => start([], { SIGNALBOX_VAR: directory })],
])("a_node_keeps_what_was_translated_under_its_own_directory_%s", async (_, run) => {
  const variables = join(folder(), "var with a space");
  const { code } = await run(variables);
  expect(code).toBe(1);
  // By a process before the node, which then needs no translator.
  expect(existsSync(join(variables, "cache", "translated"))).toBe(true);
  expect(statSync(join(variables, "cache")).mode & 0o007).toBe(0);
});

test.each([
  ["of_the_option", ["--var", ""], {}],
  ["of_one_word", ["--var="], {}],
  ["of_the_environment", [], { SIGNALBOX_VAR: "" }],
] as const)("an_empty_name_%s_is_no_folder", async (_, args, env) => {
  const { code, err } = await start(args, env);
  expect(err).toContain("It must name a folder.");
  expect(code).toBe(2);
});

test("a_place_of_the_operators_own_is_kept_to", async () => {
  const [variables, cache] = [folder(), join(folder(), "elsewhere")];
  await start(["--var", variables], { NODE_COMPILE_CACHE: cache });
  expect(existsSync(cache)).toBe(true);
  expect(existsSync(join(variables, "cache"))).toBe(false);
});

test("a_command_that_only_looks_writes_no_cache", async () => {
  const variables = folder();
  const config = inCheckout("config");
  const { code } = await signalbox(["check", "--config", config, "--var", variables], NO_PLACE);
  expect(code).toBe(0);
  expect(existsSync(join(variables, "cache"))).toBe(false);
});

test("a_place_where_no_folder_can_be_made_is_told", async () => {
  const args = ["serve", "--config", inCheckout("config"), "--var", "/proc/nowhere"];
  const { code, err } = await signalbox(args, NO_PLACE);
  expect(code).toBe(1);
  expect(err).toContain("/proc/nowhere cannot be written to");
});

test("an_unknown_level_of_the_log_keeps_no_node_from_starting", async () => {
  const { code, err } = await start(["--var", folder()], { SIGNALBOX_LOG: "verbose" });
  expect(code).toBe(1);
  expect(err).toContain('"event":"log.unknown_level","wanted":"verbose"');
  expect(err).toContain('"event":"configuration.refused"');
});

test("all_switches_are_rendered_though_nobody_reads_what_is_said_of_them", () => {
  const [config, out] = [join(folder(), "config"), join(folder(), "out")];
  cpSync(inCheckout("config"), config, { recursive: true });
  const file = join(config, "signalbox.yaml");
  const line = /^ {2}- \{server: ast1, .*$/m;
  const second = (one: string) => `${one}\n${one.replace("ast1", "ast2").replace("5038", "5039")}`;
  writeFileSync(file, readFileSync(file, "utf8").replace(line, second));
  const render = `"${inCheckout("bin/signalbox")}" render --config "${config}" --out "${out}" 2>&1 | true`;
  spawnSync("sh", ["-c", render], { env: { ...process.env, AMI_SECRET: "x" } });
  expect(readdirSync(out).map((name) => readdirSync(join(out, name)).length)).toEqual([4, 4]);
});

test("output_that_finds_no_room_is_told", () => {
  const full = openSync("/dev/full", "w");
  const args = ["dids", "--config", inCheckout("config"), "--var", folder()];
  const { status, stderr } = spawnSync(inCheckout("bin/signalbox"), args, {
    stdio: ["ignore", full, "pipe"],
    encoding: "utf8",
  });
  closeSync(full);
  expect(status).toBe(1);
  expect(stderr).toContain("could not be written whole: ENOSPC");
});
