// Where an Asterisk of a wanted version is and how it is run: on PATH (also the distribution's), or in
// a private root that load/setup.sh made, run with that root's own loader and libraries. It installs
// nothing and changes nothing.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "./lab-error.ts";
import { programOnPath } from "./on-path.ts";
import { commandIn, isRoot, rootNamed, triplet } from "./private-root.ts";

/** "22" accepts 18 and newer, which behave alike here; "16" is 16 alone. */
export type AsteriskVersion = "22" | "16";

export type FoundAsterisk = {
  /** Put before Asterisk's own arguments; a private root needs its loader first. */
  readonly command: readonly [string, ...string[]];
  readonly modules: string;
  /** Folder with the English prompts themselves (beep.gsm …). */
  readonly prompts: string | undefined;
  readonly documentation: string | undefined;
  readonly origin: string;
};

/** Order: SIGNALBOX_ASTERISK_22 / _16 (a root), PATH, the cache. Throws `asterisk_missing` otherwise. */
export function findAsterisk(version: AsteriskVersion, env: NodeJS.ProcessEnv = process.env): FoundAsterisk {
  const override = env[`SIGNALBOX_ASTERISK_${version}`];
  if (override !== undefined && override !== "") return inRoot(override);
  const installed = onPath(version, env);
  if (installed !== undefined) return installed;
  const root = rootNamed(`asterisk-${version}`, env);
  if (isRoot(root)) return inRoot(root);
  throw new LabError(
    "asterisk_missing",
    `there is no Asterisk ${version}, neither on PATH nor in ${root}: run sh load/setup.sh lab --asterisk ${version}`,
  );
}

function inRoot(root: string): FoundAsterisk {
  const command = commandIn(root, "usr/sbin/asterisk");
  if (command === undefined) {
    throw new LabError(
      "asterisk_broken",
      `${root} holds no Asterisk for ${process.arch}: delete that folder and run sh load/setup.sh test`,
    );
  }
  const modules = [`usr/lib/${triplet}/asterisk/modules`, "usr/lib/asterisk/modules"];
  return {
    command,
    modules: firstOf(modules.map((path) => join(root, path))) ?? join(root, "usr/lib/asterisk/modules"),
    // The root's own sounds/en is a link that leads out of the root, so the real folder is named.
    prompts: firstOf([join(root, "usr/share/asterisk/sounds/en_US_f_Allison")]),
    documentation: firstOf([join(root, "usr/share/asterisk/documentation")]),
    origin: root,
  };
}

function onPath(version: AsteriskVersion, env: NodeJS.ProcessEnv): FoundAsterisk | undefined {
  const program = programOnPath("asterisk", env);
  if (program === undefined) return undefined;
  const said = spawnSync(program, ["-V"], { encoding: "utf8", timeout: 10_000 }).stdout ?? "";
  const number = Number(/(\d+)\./.exec(said)?.[1] ?? 0);
  if (version === "22" ? number < 18 : number !== 16) return undefined;
  const modules =
    configuredModules() ??
    firstOf([
      `/usr/lib/${triplet}/asterisk/modules`,
      "/usr/lib/asterisk/modules",
      "/usr/lib64/asterisk/modules",
    ]);
  if (modules === undefined) return undefined;
  const shared = ["/usr/share/asterisk", "/var/lib/asterisk"];
  return {
    command: [program],
    modules,
    prompts: firstOf(shared.flatMap((path) => [`${path}/sounds/en`, `${path}/sounds/en_US_f_Allison`])),
    documentation: firstOf(shared.map((path) => `${path}/documentation`)),
    origin: program,
  };
}

// An Asterisk built from source may keep its modules anywhere; its own configuration says where.
function configuredModules(): string | undefined {
  const file = "/etc/asterisk/asterisk.conf";
  if (!existsSync(file)) return undefined;
  const folder = /^\s*astmoddir\s*=>?\s*(\S+)/m.exec(readFileSync(file, "utf8"))?.[1];
  return folder !== undefined && existsSync(folder) ? folder : undefined;
}

function firstOf(paths: readonly string[]): string | undefined {
  return paths.find((path) => existsSync(path));
}
