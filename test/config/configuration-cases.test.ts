import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { FAILSAFE_SCHEMA, load } from "js-yaml";
import { afterAll, expect, test } from "vitest";
import { formatIssue } from "../../src/config/issue.ts";
import { loadConfiguration, type Purpose } from "../../src/config/load.ts";

/**
 * Whole configurations and what is said of them. A case file holds cases by name; a case has the files that differ
 * from the plain configuration below, and the messages that come of them: all errors, and all warnings.
 */
type Case = {
  readonly purpose?: Purpose;
  readonly env?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly errors?: readonly string[];
  readonly warnings?: readonly string[];
};

const PLAIN: Readonly<Record<string, string>> = {
  "signalbox.yaml": "asterisk: [{server: ast1, ami: '127.0.0.1:5038', username: signalbox, secret: x}]\n",
  "trunks.yaml": [
    "trunks:",
    "  apex_sip: {address: '127.0.0.2:5060', tenant: apex, channels: 60}",
    "  pool_a: {address: '127.0.0.3:5060', shared: true, channels: 100}",
    "overflow: [pool_a]",
    "",
  ].join("\n"),
  "tenants/apex.yaml": [
    "tenant: apex",
    "timezone: America/New_York",
    "trunks: {strategy: hybrid, dedicated: [apex_sip]}",
    "dids: {'+12125550100': {route: main}}",
    "routes: {main: {hangup: busy}}",
    "",
  ].join("\n"),
};

const SOUNDS = ["apex/welcome", "shared/closed", "shared/invalid", "apex/es/hola", "greensolar/sun"];

const root = mkdtempSync(join(tmpdir(), "signalbox-config-"));
afterAll(() => rmSync(root, { recursive: true }));

for (const sound of SOUNDS) put(join(root, "sounds", `${sound}.wav`), "");

const folder = import.meta.dirname;
for (const file of readdirSync(folder).filter((name) => name.endsWith(".yaml"))) {
  const cases = load(readFileSync(join(folder, file), "utf8"), { schema: FAILSAFE_SCHEMA });
  for (const [name, each] of Object.entries(cases as Record<string, Case>)) {
    test(`${file}: ${name}`, () => {
      const { refused, errors, warnings } = run(`${file}-${name}`, each);
      expect(errors).toEqual(each.errors ?? []);
      expect(warnings).toEqual(each.warnings ?? []);
      expect(refused).toBe(file.startsWith("busted_"));
      // The name of a case file is a promise about all its cases.
      expect(errors.length > 0).toBe(file.startsWith("busted_"));
    });
  }
}

function run(name: string, { files = {}, purpose = "check", env = {} }: Case) {
  const directory = join(root, name.replace(/[^a-z0-9]+/gi, "-"));
  for (const [file, text] of Object.entries({ ...PLAIN, ...files })) put(join(directory, file), text);
  const loaded = loadConfiguration(directory, { env, purpose, sounds: join(root, "sounds") });
  const texts = (issues: typeof loaded.errors) => issues.map(formatIssue).map(withoutPosition);
  return {
    refused: loaded.snapshot === null,
    errors: texts(loaded.errors),
    warnings: texts(loaded.warnings),
  };
}

/** Positions have a test of their own. */
function withoutPosition(text: string): string {
  return text.replace(/ \(line [0-9]+, column [0-9]+\)$/, "");
}

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
