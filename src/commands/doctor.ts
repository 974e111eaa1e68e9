import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { type AmiConnection, createAmiConnection } from "../ami/connection.ts";
import { formatIssue, type Issue } from "../config/issue.ts";
import { loadConfiguration } from "../config/load.ts";
import { renderSwitch } from "../config/render/render.ts";
import type { Snapshot, Switch } from "../core/snapshot/snapshot.ts";
import { lookAtCdr } from "./doctor/cdr.ts";
import { type Finding, ill } from "./doctor/finding.ts";
import { lookAtDisk, lookAtFastagi, lookAtOwnClock } from "./doctor/machine.ts";
import { lookAtNode } from "./doctor/node.ts";
import { lookAtRecords } from "./doctor/records.ts";
import {
  attempt,
  lookAtChannelVariables,
  lookAtClock,
  lookAtDialplan,
  lookAtRights,
} from "./doctor/switch.ts";
import { lookAtTrunks } from "./doctor/trunks.ts";
import { type Common, counted, type Io } from "./io.ts";

export type DoctorOptions = Common & { readonly json?: boolean };

const LOGIN_MS = 5000;

/** The network's own words for what keeps two machines apart. */
const UNREACHED = /\bE[A-Z]{4,}\b|no answer/;
const REACH =
  "start Asterisk; put enabled=yes and a bindaddr into [general] of manager.conf; compare `ami` in signalbox.yaml with it";
const LET_IN =
  "include manager_signalbox.conf at the end of manager.conf, then `manager reload`; its secret is that of the environment in which `render` ran";

/**
 * Looks at this machine and at every switch, with the account that the node uses, and says what is wrong and what mends
 * it. It changes nothing. 1 when something is ill; what could not be looked at is said and is no illness.
 */
export async function doctor({ config, variables, json }: DoctorOptions, io: Io): Promise<number> {
  const { snapshot, errors } = loadConfiguration(config, { env: io.env, purpose: "serve" });
  const node = await lookAtNode(variables, snapshot);
  if (snapshot === null) {
    for (const issue of errors) io.err(`${formatIssue(issue)}\n`);
    return tell([unsound(config, errors), ...node, await lookAtOwnClock()], json, io);
  }
  const switches = await Promise.all(
    snapshot.system.switches.map((target) => lookAtSwitch(target, snapshot)),
  );
  const machine = [
    ...[...lookAtFastagi(snapshot), await lookAtOwnClock(), ...lookAtDisk(snapshot, variables)],
    ...(await lookAtRecords(snapshot, variables)),
  ];
  return tell([...node, ...machine, ...switches.flat()], json, io);
}

/** A node that runs goes on with what it had, so the rest is looked at as far as it can be without the files. */
function unsound(config: string, errors: readonly Issue[]): Finding {
  const says = `${counted(errors.length, "error")} in ${config}: switches, disks and records are not looked at`;
  const isSecret = errors.some(({ message }) => message.startsWith("the environment has no "));
  const mend = isSecret
    ? "ask with the node's secrets in the environment: set -a; . /etc/signalbox/secrets"
    : "mend them: `signalbox check` names each";
  return ill("configuration", null, says, mend);
}

function tell(findings: readonly Finding[], json: boolean | undefined, io: Io): number {
  io.out(json === true ? `${JSON.stringify(findings, null, 2)}\n` : textOf(findings));
  return findings.some(({ state }) => state === "ill") ? 1 : 0;
}

async function lookAtSwitch(target: Switch, snapshot: Snapshot): Promise<Finding[]> {
  const { server } = target;
  let why = "no answer";
  const ami = createAmiConnection({
    server,
    address: target.ami,
    username: target.username,
    secret: target.secret,
    log: pino({ level: "silent" }),
    onEvent: () => {},
    onState: (state, says) => {
      // It tries again by itself: what it is about to do is no reason.
      if (state === "down") why = says;
    },
  });
  try {
    ami.start();
    if (!(await comesUp(ami))) {
      const says = `no login at ${target.ami} as ${target.username}: ${why}`;
      return [ill("ami", server, says, UNREACHED.test(why) ? REACH : LET_IN)];
    }
    const look = { ami, target };
    const revision = await revisionOf(target, snapshot);
    return [
      ...(await attempt("ami_rights", server, () => lookAtRights(look, snapshot))),
      ...(await attempt("channel_variables", server, () => lookAtChannelVariables(look))),
      ...(await attempt("clock", server, () => lookAtClock(look))),
      ...(await attempt("dialplan", server, () => lookAtDialplan(look, revision))),
      ...(await attempt("trunks", server, () => lookAtTrunks(look, snapshot))),
      ...(await attempt("cdr", server, () => lookAtCdr(look, snapshot))),
    ];
  } finally {
    await ami.stop();
  }
}

async function comesUp(ami: AmiConnection): Promise<boolean> {
  const ends = performance.now() + LOGIN_MS;
  while (!ami.up && performance.now() < ends) await sleep(50);
  return ami.up;
}

/** What `signalbox render` would write at this moment. */
async function revisionOf(target: Switch, snapshot: Snapshot): Promise<string | null> {
  const template = await readFile(join(import.meta.dirname, "../../dialplan/signalbox.conf"), "utf8");
  const text = renderSwitch(snapshot, target, template)["extensions_signalbox.conf"] ?? "";
  return /[?&]rev=([0-9a-f]+)/.exec(text)?.[1] ?? null;
}

const MARKS = { well: "ok  ", ill: "ILL ", unknown: "?   " } as const;

function textOf(findings: readonly Finding[]): string {
  const lines = findings.map(({ server, state, says, mend }) => {
    const where = server === null ? "" : `${server}: `;
    return `${MARKS[state]}${where}${says}\n${mend === "" ? "" : `      ${mend}\n`}`;
  });
  const many = findings.filter(({ state }) => state === "ill").length;
  return `${lines.join("")}${many === 0 ? "nothing is ill" : counted(many, "thing").concat(many === 1 ? " is ill" : " are ill")}\n`;
}
