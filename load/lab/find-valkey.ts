// Where a Valkey is: on PATH, or in the private root that load/setup.sh made.
import { LabError } from "./lab-error.ts";
import { programOnPath } from "./on-path.ts";
import { commandIn, rootNamed } from "./private-root.ts";

/** What runs it. Throws LabError `valkey_missing`. */
export function findValkey(env: NodeJS.ProcessEnv = process.env): readonly [string, ...string[]] {
  const installed = programOnPath("valkey-server", env);
  if (installed !== undefined) return [installed];
  const inRoot = commandIn(rootNamed("valkey", env), "usr/bin/valkey-server");
  if (inRoot !== undefined) return inRoot;
  throw new LabError("valkey_missing", "there is no valkey-server: run sh load/setup.sh test");
}
