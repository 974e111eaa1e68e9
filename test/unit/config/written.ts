import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A configuration directory of its own, gone when `remove` is called. */
export type Written = {
  readonly directory: string;
  readonly put: (file: string, text: string) => void;
  readonly remove: () => void;
};

const SYSTEM =
  "asterisk: [{server: ast1, ami: '127.0.0.1:5038', username: signalbox, secret: '${AMI_SECRET}'}]\n";
const TRUNKS =
  "trunks: {pool_a: {address: '127.0.0.3:5060', shared: true, channels: 100}}\noverflow: [pool_a]\n";

/** One shared trunk, one switch whose secret is AMI_SECRET, the files given; without sounds, those that are shipped. */
export function writeConfiguration(files: Readonly<Record<string, string>>): Written {
  const root = mkdtempSync(join(tmpdir(), "signalbox-unit-"));
  const directory = join(root, "config");
  const put = (file: string, text: string) => {
    const path = join(directory, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  const all = { "signalbox.yaml": SYSTEM, "trunks.yaml": TRUNKS, ...files };
  for (const [file, text] of Object.entries(all)) put(file, text);
  return { directory, put, remove: () => rmSync(root, { recursive: true }) };
}

/** A tenant with one number that hangs up. */
export function plainTenant(name: string, did: string, more = ""): string {
  return `tenant: ${name}\ntimezone: America/New_York\ndids: {"${did}": {route: main}}\nroutes: {main: {hangup: busy}}\n${more}`;
}
