import { access, constants } from "node:fs/promises";
import { basename } from "node:path";
import { readLogDirectory, writesCdr } from "../../ami/log-directory.ts";
import type { Snapshot, Switch } from "../../core/snapshot/snapshot.ts";
import { messageOf } from "../../platform/errors.ts";
import { cdrPath } from "../cdr-keeping.ts";
import { switchesBeside } from "../node-recordings.ts";
import { type Finding, ill, unknown, well } from "./finding.ts";

type Look = { readonly ami: Parameters<typeof readLogDirectory>[0]; readonly target: Switch };

const INCLUDE =
  "include cdr_custom_signalbox.conf in cdr_custom.conf, under [mappings], then `module load cdr_custom.so` and `module reload cdr_custom.so`";

// Asterisk 22 leaves the module out while it has no mapping, a reload does not bring it in, and no manager action tells.
const AWAIT =
  "look again after a call; if it is not there then, `module load cdr_custom.so`: a reload does not load it";

/** Whether the switch writes the call detail records that `render` sets up, and whether they can be read here. */
export async function lookAtCdr({ ami, target }: Look, snapshot: Snapshot): Promise<Finding> {
  const { server } = target;
  const path = target.cdr ?? cdrPath(await readLogDirectory(ami));
  if (!(await writesCdr(ami, basename(path)))) {
    const says = `it does not write ${path}: calls that end while Signalbox is away stay unknown_end`;
    return ill("cdr", server, says, INCLUDE);
  }
  if (!switchesBeside(snapshot).includes(server)) {
    const says = `its call detail records are in ${path} on another machine`;
    return unknown("cdr", server, says, "have a node beside the switch, which reads them");
  }
  try {
    await access(path, constants.R_OK);
    return well("cdr", server, `its call detail records are in ${path}`);
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT")
      return unknown("cdr", server, `there is no ${path} yet: it begins with a call`, AWAIT);
    const mend = "let the account that Signalbox runs as read it and its folder";
    return ill("cdr", server, `${path} cannot be read: ${messageOf(error)}`, mend);
  }
}
