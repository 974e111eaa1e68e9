import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { programMark } from "../../config/program-mark.ts";
import type { Snapshot } from "../../core/snapshot/snapshot.ts";
import { messageOf, SignalboxError } from "../../platform/errors.ts";
import { askNode } from "../control-client.ts";
import type { NodeView } from "../node-doors.ts";
import { type Finding, ill, unknown, well } from "./finding.ts";

const START = "systemctl start signalbox; `journalctl -u signalbox -o cat -n 50` says why it ended";
const RESTART = "systemctl restart signalbox";

/**
 * Whether a node runs with this `--var`, has all that it needs, and goes by these files and this program. `snapshot` is
 * what the files say, null where they are wrong.
 */
export async function lookAtNode(variables: string, snapshot: Snapshot | null): Promise<Finding[]> {
  try {
    return viewed((await askNode(variables, { method: "GET", path: "/node" })) as NodeView, snapshot);
  } catch (error) {
    return [unanswered(error, variables)];
  }
}

function viewed({ node, revision, program, checks }: NodeView, snapshot: Snapshot | null): Finding[] {
  const { configuration = "ok", ...others } = checks;
  const lacks = Object.entries(others).filter(([, says]) => says !== "ok");
  const found = lacks.map(([what, says]) =>
    ill("node", null, `node ${node}: ${what}: ${says}`, "docs/troubleshooting.md has these words"),
  );
  if (configuration !== "ok") {
    const mend = "mend the files until `signalbox check` finds no error; where it says so, restart the node";
    found.push(ill("configuration", null, `node ${node}: ${configuration}`, mend));
  } else if (snapshot !== null && snapshot.revision !== revision) {
    const says = `node ${node} runs revision ${revision}, and these files are ${snapshot.revision}`;
    found.push(ill("configuration", null, says, "systemctl reload signalbox; is --config the node's own?"));
  }
  if (program !== programMark())
    found.push(ill("node", null, `node ${node} runs another version than this command`, RESTART));
  return found.length > 0 ? found : [well("node", null, `node ${node} is ready, on revision ${revision}`)];
}

/** A machine may have a switch and no node; one that had a node misses it. */
function unanswered(error: unknown, variables: string): Finding {
  const says = messageOf(error);
  const code = error instanceof SignalboxError ? error.code : "";
  if (code === "node_not_allowed") return unknown("node", null, says, "ask as the node's user or as root");
  if (code === "control_unknown") {
    return ill("node", null, "the node is of an older version than this command", RESTART);
  }
  if (code !== "node_not_running") return ill("node", null, says, RESTART);
  if (existsSync(join(resolve(variables), "spending.db"))) return ill("node", null, says, START);
  return unknown("node", null, `no node has run with --var ${resolve(variables)}`, "name the node's --var");
}
