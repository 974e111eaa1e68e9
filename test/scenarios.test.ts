import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommandLine } from "../src/commands/program.ts";
import { readScenario, type Scenario } from "./scenarios/scenario.ts";

const folder = join(import.meta.dirname, "scenarios");
const scenarios = readdirSync(folder)
  .filter((name) => name.endsWith(".md") && name !== "README.md")
  .map((name) => ({ name, ...readScenario(readFileSync(join(folder, name), "utf8")) }));

const root = mkdtempSync(join(tmpdir(), "signalbox-scenarios-"));
afterAll(() => rmSync(root, { recursive: true }));

test("there_are_scenarios", () => {
  expect(scenarios.length).toBeGreaterThan(15);
});

describe.each(scenarios)("$name", ({ name, files, calls }) => {
  const config = join(root, name, "config");
  const variables = join(root, name, "var");
  beforeAll(() => writeConfiguration(config, files));

  test.each(calls)("$line", async ({ args, expected, told }) => {
    const printed = { out: "", err: "" };
    const code = await runCommandLine(["simulate", ...args, "--config", config, "--var", variables], {
      out: (text) => {
        printed.out += text;
      },
      err: (text) => {
        printed.err += text;
      },
      env: {},
      colour: false,
    });
    expect(withoutPrompts(printed.err)).toBe(told);
    expect(printed.out).toBe(expected);
    expect(code).toBe(0);
  });
});

/** What is told of prompts without a file, which no scenario has. */
function withoutPrompts(told: string): string {
  return told.replace(/^warning: .* (there is no prompt|it has no prompts|[0-9]+ more) .*\n/gm, "");
}

function writeConfiguration(config: string, files: Scenario["files"]): void {
  mkdirSync(join(config, "tenants"), { recursive: true });
  // Prompts of one's own, and none there yet: what is played is where each would be.
  mkdirSync(join(dirname(config), "sounds"), { recursive: true });
  for (const [name, text] of files) {
    mkdirSync(dirname(join(config, name)), { recursive: true });
    writeFileSync(join(config, name), text);
  }
}
