import { randomUUID } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { renderSwitch } from "../config/render/render.ts";
import { soundsFolder } from "../config/sounds.ts";
import { makeFolder } from "../platform/folder.ts";
import { carrierSql, carriersOf } from "../vicidial/carriers.ts";
import { renderIngroups } from "../vicidial/ingroup-contexts.ts";
import type { Common, Io } from "./io.ts";
import { loadSnapshot } from "./load-snapshot.ts";

export type RenderOptions = Common & {
  /** Relative to `--var`, like everything that is written. */
  readonly out: string;
  /** Also what VICIdial needs: contexts of its in-groups in a file, rows of its carriers as SQL on stdout. */
  readonly vicidial: boolean;
};

/** The operator's own file that each kind of rendered file is included from. */
const INCLUDED_FROM: readonly (readonly [prefix: string, file: string])[] = [
  ["pjsip_", "pjsip.conf"],
  ["sip_", "sip.conf"],
  ["manager_", "manager.conf"],
  ["extensions_", "extensions.conf"],
  ["cdr_custom_", "cdr_custom.conf, under [mappings]"],
];

/** Writes one folder per switch. Its files hold the carriers' and the manager account's secrets. */
export async function render({ config, variables, out, vicidial }: RenderOptions, io: Io): Promise<number> {
  const snapshot = loadSnapshot(config, "render", io, { tellsPrompts: true });
  if (snapshot === null) return 1;
  const { switches } = snapshot.system;
  if (switches.length === 0) {
    io.err("signalbox: signalbox.yaml names no switch: add one under `asterisk:`\n");
    return 1;
  }
  if (vicidial && snapshot.system.vicidial === null) {
    io.err("signalbox: signalbox.yaml has no `vicidial:`: add it, if only as `vicidial: {}`\n");
    return 1;
  }
  // With --vicidial what goes to stdout is SQL, and everything else in it a comment.
  const mark = vicidial ? "-- " : "";
  const lines: string[] = [];
  const template = await readFile(join(import.meta.dirname, "../../dialplan/signalbox.conf"), "utf8");
  for (const target of switches) {
    const folder = join(resolve(variables, out), target.server);
    const more = vicidial ? { "extensions_signalbox_vicidial.conf": renderIngroups(snapshot) } : {};
    const files = Object.entries({ ...renderSwitch(snapshot, target, template), ...more });
    makeFolder(folder);
    for (const [name, text] of files) await replaceFile(join(folder, name), text);
    lines.push(`${mark}${target.server}\n`);
    for (const [name] of files)
      lines.push(`${mark}  in ${ownFile(name)}: #include "${join(folder, name)}"\n`);
  }
  // Not before every file is there: whoever reads this may stop reading, which ends the process.
  io.out(lines.join(""));
  if (vicidial) io.out(`\n${carrierSql(carriersOf(snapshot))}`);
  io.err(`signalbox: Asterisk must find ${soundsFolder(config)} as the folder signalbox of its sounds\n`);
  io.err(
    "signalbox: then reload Asterisk: pjsip reload (or sip reload), manager reload, dialplan reload, module load cdr_custom.so, module reload cdr_custom.so\n",
  );
  return 0;
}

function ownFile(name: string): string {
  return INCLUDED_FROM.find(([prefix]) => name.startsWith(prefix))?.[1] ?? "the file of its kind";
}

/** Asterisk reads the old text or the new one, never half of either. */
async function replaceFile(path: string, text: string): Promise<void> {
  const beside = `${path}.${randomUUID()}`;
  try {
    const file = await open(beside, "wx", 0o640);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
