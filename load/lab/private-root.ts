// Runs a program of a private root (load/setup/roots.sh) from the host: with that root's own loader and libraries.
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const TRIPLETS: Readonly<Record<string, string>> = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" };

/** Debian's name for this machine, part of many paths in a root. */
export const triplet = TRIPLETS[process.arch] ?? "";

/** Where the root `name` is, or would be. */
export function rootNamed(name: string, env: NodeJS.ProcessEnv): string {
  const cache =
    env.SIGNALBOX_CACHE ?? join(env.XDG_CACHE_HOME ?? join(env.HOME ?? homedir(), ".cache"), "signalbox");
  return join(cache, "roots", name);
}

/** True when it was unpacked to its end. */
export function isRoot(root: string): boolean {
  return existsSync(join(root, ".signalbox-root"));
}

/** What runs `program`, a path in the root; undefined when the root has no such program for this machine. */
export function commandIn(root: string, program: string): readonly [string, ...string[]] | undefined {
  const libraries = [`usr/lib/${triplet}`, `lib/${triplet}`, "usr/lib"].map((path) => join(root, path));
  const folders = libraries.filter(existsSync);
  const loader = folders.flatMap(loadersIn)[0];
  const path = join(root, program);
  if (loader === undefined || !existsSync(path)) return undefined;
  return [loader, "--library-path", folders.join(":"), path];
}

// ld-2.31.so in older releases, ld-linux-x86-64.so.2 or ld-linux-aarch64.so.1 in newer; the symbolic
// links among them are absolute and would lead to the host's loader.
function loadersIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^ld-(\d[\d.]*\.so|linux-.*\.so\.\d+)$/.test(entry.name))
    .map((entry) => join(folder, entry.name));
}
