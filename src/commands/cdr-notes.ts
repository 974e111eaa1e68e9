import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { Issue } from "../config/issue.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { switchesBeside } from "./node-recordings.ts";

/** Call detail records that a switch on this machine is said to write where it cannot: there is no such folder. */
export function cdrNotes(snapshot: Snapshot): Issue[] {
  const beside = switchesBeside(snapshot);
  return snapshot.system.switches.flatMap(({ server, cdr }, index) => {
    if (cdr === null || !beside.includes(server) || existsSync(dirname(cdr))) return [];
    const message = `there is no folder ${dirname(cdr)} on this machine: Asterisk writes these files only into cdr-custom in its log directory`;
    return [{ file: "signalbox.yaml", path: ["asterisk", index, "cdr"], message, position: null }];
  });
}
