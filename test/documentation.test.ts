/** The pages say what is true: every key, every command and every example in them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { runCommandLine } from "../src/commands/program.ts";
import { jsonSchemas } from "../src/config/json-schema.ts";
import { loadConfiguration } from "../src/config/load.ts";
import { inCheckout } from "./unit/commands/command-line.ts";
import { type Written, writeConfiguration } from "./unit/config/written.ts";

const read = (file: string): string => readFileSync(inCheckout(file), "utf8");
const withoutBlocks = (text: string): string => text.replaceAll(/```[^`]*```/g, "");
const markdownUnder = (folder: string): string[] =>
  readdirSync(inCheckout(folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join(folder, file));
const pages = ["README.md", "CONTRIBUTING.md", ...markdownUnder("docs")].filter(
  (file) => !file.startsWith("docs/adr/"),
);

describe("docs/configuration.md", () => {
  const page = read("docs/configuration.md");

  test("describes_every_key_of_the_schemas", () => {
    const keys = new Set(Object.values(jsonSchemas()).flatMap((schema) => [...keysOf(schema)]));
    const described = new Set(
      [...withoutBlocks(page).matchAll(/`([^`]+)`/g)].flatMap(
        ([, code = ""]) => code.match(/[a-z][a-z0-9_]*/g) ?? [],
      ),
    );
    const yaml = new Set([...page.matchAll(/^\s*([a-z][a-z0-9_]*):/gm)].map(([, key = ""]) => key));
    expect([...keys].filter((key) => !described.has(key) && !yaml.has(key))).toEqual([]);
  });

  let written: Written | null = null;
  afterEach(() => {
    written?.remove();
    written = null;
  });

  test("has_one_example_of_each_file_and_together_they_are_sound", () => {
    const blocks = [...page.matchAll(/```yaml\n([^`]*)```/g)].map(([, text = ""]) => text);
    const first = (start: string): string => blocks.find((text) => text.startsWith(start)) ?? "";
    written = writeConfiguration({
      "signalbox.yaml": first("node:"),
      "trunks.yaml": first("trunks:"),
      "tenants/apex.yaml": first("tenant:"),
    });
    const { errors } = loadConfiguration(written.directory, { env: {}, purpose: "simulate" });
    expect(errors).toEqual([]);
  });
});

/** Names of properties at any depth; those that people choose themselves are not among them. */
function* keysOf(schema: unknown): Generator<string> {
  if (typeof schema !== "object" || schema === null) return;
  for (const [key, value] of Object.entries(schema)) {
    if (key === "properties") yield* Object.keys(value as object);
    yield* keysOf(value);
  }
}

type Line = { readonly page: string; readonly words: readonly string[] };

/** `signalbox …` in running text and in blocks of commands, up to what a shell would take as its own. */
function commandLines(page: string): Line[] {
  const text = read(page);
  const blocks = [...text.matchAll(/```sh\n([^`]*)```/g)].flatMap(([, block = ""]) => block.split("\n"));
  const inline = [...withoutBlocks(text).matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
  return [...blocks, ...inline].flatMap((line) => {
    const called = /(?:^|[\s/])signalbox ([a-z][^#|>)]*)/.exec(line)?.[1];
    return called === undefined ? [] : [{ page, words: called.trim().split(/\s+/) }];
  });
}

async function helpOf(path: readonly string[]): Promise<string | null> {
  const said: string[] = [];
  const io = { out: (text: string) => void said.push(text), err: () => {}, env: {}, colour: false };
  return (await runCommandLine([...path, "--help"], io)) === 0 ? said.join("") : null;
}

async function faultOf({ words }: Line): Promise<string | null> {
  const path = words.slice(0, 2).filter((word) => /^[a-z]+$/.test(word));
  const help = (await helpOf(path)) ?? (await helpOf(path.slice(0, 1)));
  if (help === null) return `there is no command ${words.join(" ")}`;
  const options = words.flatMap((word) => /^--[a-z-]+/.exec(word) ?? []);
  const unknown = options.filter((option) => !new RegExp(`${option}\\b`).test(help));
  return unknown.length === 0 ? null : `${words.join(" ")}: there is no ${unknown.join(", ")}`;
}

describe("commands in the pages", () => {
  test.each(pages)("%s", async (page) => {
    const faults = await Promise.all(commandLines(page).map(faultOf));
    expect(faults.filter((fault) => fault !== null)).toEqual([]);
  });
});
