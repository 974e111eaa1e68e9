import { resolve } from "node:path";
import type { Logger } from "pino";
import { type AgiServer, createAgiServer } from "../agi/server.ts";
import { createStepHandler } from "../agi/step-handler.ts";
import { createCommands } from "../calls/commands.ts";
import { createDecide } from "../calls/decide.ts";
import type { CommandPorts, DecideStep } from "../calls/ports.ts";
import { mostOpenFiles } from "../platform/open-files.ts";
import { createDialplanWatch, type DialplanWatch } from "./dialplan-watch.ts";
import type { NodeParts } from "./node-parts.ts";

export type NodeFastagi = { readonly server: AgiServer; readonly dialplans: DialplanWatch };

/** Where the dialplan asks for the next step. `rendered` is server → the revision that `render` would write now. */
export function createNodeFastagi(
  parts: NodeParts,
  rendered: () => ReadonlyMap<string, string>,
): NodeFastagi {
  const { snapshot, variables, log } = parts.basis;
  const { system } = snapshot();
  const dialplans = createDialplanWatch(rendered, log);
  // As it was at the start: there the node looks for the files, which a reload would have written elsewhere.
  const directory = resolve(variables, system.recordingsDirectory);
  const handler = createStepHandler({
    recordings: () => directory,
    switches: () => snapshot().system.switches,
    decide: decideOf(parts),
    sawRevision: dialplans.saw,
  });
  const server = createAgiServer({
    listen: system.fastagi.listen,
    allow: () => snapshot().system.fastagi.allow,
    log,
    handler,
    onSessionEnd: parts.metrics.agiEnded,
    limits: { maxSessions: sessionsWithin(mostOpenFiles(), log) },
  });
  return { server, dialplans };
}

const MOST_SESSIONS = 2000;

/**
 * At the limit of open files the kernel's connections are closed without a word, and nothing else can be opened either:
 * half of them is left to switches, stores and reloads, and whoever comes beyond the other half is refused and counted.
 */
export function sessionsAtOnce(files: number): number {
  return Math.min(MOST_SESSIONS, Math.floor(files / 2));
}

function sessionsWithin(files: number, log: Logger): number {
  const sessions = sessionsAtOnce(files);
  const says =
    "so few files may be open that no more steps are served at once: raise it (LimitNOFILE, ulimit -n)";
  if (sessions < MOST_SESSIONS) log.warn({ event: "fastagi.few_files", files, sessions }, says);
  return sessions;
}

function decideOf(parts: NodeParts): DecideStep {
  const { basis, seen, conditions, metrics, live } = parts;
  return createDecide({
    moment: { snapshot: basis.snapshot, conditions, now: Date.now },
    commands: commandsOf(parts),
    watchers: [metrics.watcher, seen.health, seen.keeping, live.watcher, seen.records.watcher],
    log: basis.stepLog,
  });
}

function commandsOf({ basis, stores, seen, vicidial, doNotCall }: NodeParts): CommandPorts {
  return createCommands({
    ...stores,
    node: basis.name,
    doNotCall: vicidial.lists(doNotCall),
    vicidial: vicidial.directory,
    bootOf: (server) => seen.keeping.bootOf(server),
    freeIfGone: (leg) => seen.keeping.freeIfGone(leg),
    settled: (asker) => seen.keeping.settled(asker),
    log: basis.log,
  });
}
