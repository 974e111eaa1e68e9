// Where a Valkey is: on PATH, or in the private root that load/setup.sh made.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { LabError } from "./lab-error.ts";
import { commandIn, rootNamed } from "./private-root.ts";

/** What runs it. Throws LabError `valkey_missing`. */
export function findValkey(env: NodeJS.ProcessEnv = process.env): readonly [string, ...string[]] {
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const installed = folders.map((folder) => join(folder, "valkey-server")).find(isExecutable);
  if (installed !== undefined) return [installed];
  const inRoot = commandIn(rootNamed("valkey", env), "usr/bin/valkey-server");
  if (inRoot !== undefined) return inRoot;
  throw new LabError("valkey_missing", "there is no valkey-server: run sh load/setup.sh test");
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
