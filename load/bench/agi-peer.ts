// One FastAGI service of the bench, in a process of its own:  node load/bench/agi-peer.ts KIND PORT [CONFIG]
//   signalbox      our session, the whole decision, a slot in memory taken and released
//   one-command    bare node:net: finds the end of the header, sends one constant MSet, no logic at all
//   six-commands   likewise with six commands, each after the reply to the one before
//   none           closes after the header
//   ding-dong      that library, six commands, the same stamp as ours
import { createRequire } from "node:module";
import { createServer, type Server, type Socket } from "node:net";
import { createAgiServer } from "../../src/agi/server.ts";
import { createStepHandler } from "../../src/agi/step-handler.ts";
import { createCommands } from "../../src/calls/commands.ts";
import { createDecide } from "../../src/calls/decide.ts";
import { DoNotCallBook } from "../../src/calls/do-not-call.ts";
import type { DecidedStep } from "../../src/calls/ports.ts";
import { MemorySpendLedger } from "../../src/calls/spend-memory.ts";
import { createConditions } from "../../src/calls/standing-conditions.ts";
import { TrunkHealthBook } from "../../src/calls/trunk-health.ts";
import { openStanding } from "../../src/commands/open-standing.ts";
import { loadConfiguration } from "../../src/config/load.ts";
import { createMetrics } from "../../src/http/metrics.ts";
import { createLog, createStepLog, standardError } from "../../src/platform/log.ts";
import { takePlace } from "../../src/platform/niceness.ts";
import { createSlotStore } from "../../src/slots/slots.ts";
import { asItsUnit } from "../lab/signalbox.ts";
import { rssMb } from "../scale/memory.ts";
import { MSET, STAMP } from "./agi-stamp.ts";
import { answerAll } from "./worker.ts";

const [kind = "", port = "0", config = ""] = process.argv.slice(2);

/** So many calls are up at once: the oldest one's slot is released for the one that comes. */
const CALLS_UP = 300;

async function signalbox(): Promise<void> {
  const { snapshot, errors } = loadConfiguration(config, { env: process.env, purpose: "simulate" });
  if (snapshot === null) throw new Error(`${config}: ${errors[0]?.message}`);
  const destination = standardError();
  const log = createLog("info", destination);
  const slots = createSlotStore("memory", { log });
  const metrics = createMetrics();
  const health = new TrunkHealthBook(() => snapshot.trunks);
  const standing = await openStanding("memory", config, log);
  const up: string[] = [];
  const hangUpOldest = {
    decided: ({ event }: DecidedStep) => {
      up.push(event.uniqueid);
      const oldest = up.length > CALLS_UP ? up.shift() : undefined;
      if (oldest !== undefined) void slots.release({ server: "ast1", uniqueid: oldest }, "hangup");
    },
  };
  const server = createAgiServer({
    listen: `127.0.0.1:${port}`,
    allow: ["127.0.0.0/8"],
    log,
    onSessionEnd: metrics.agiEnded,
    handler: createStepHandler({
      recordings: () => "/var/spool/signalbox",
      switches: () => snapshot.system.switches,
      sawRevision: () => {},
      decide: createDecide({
        moment: {
          snapshot: () => snapshot,
          conditions: createConditions(standing, () => health.unhealthyTrunks(Date.now())),
          now: Date.now,
        },
        commands: createCommands({
          ...{ node: "bench", slots, log, standing, doNotCall: new DoNotCallBook() },
          spending: new MemorySpendLedger(),
          bootOf: () => "",
          freeIfGone: async () => false,
          settled: () => {},
        }),
        watchers: [metrics.watcher, health, hangUpOldest],
        log: createStepLog("info", destination),
      }),
    }),
  });
  await server.start();
}

/** Sends `commands` one by one, then closes; it reads no more than where the header and each reply end. */
function bare(commands: readonly string[]): void {
  listen((socket) => {
    let sent = 0;
    let header = "";
    const next = (): void => {
      const command = commands[sent++];
      if (command === undefined) socket.destroy();
      else socket.write(command, "latin1");
    };
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      if (sent > 0) return next();
      header += chunk.toString("latin1");
      if (header.includes("\n\n")) next();
    });
  });
}

// ding-dong carries no types; this is what is used of it.
type Context = {
  onEvent(name: string): Promise<unknown>;
  setVariable(name: string, value: string): Promise<unknown>;
  end(): Promise<void>;
};
type DingDong = (
  handler: (context: Context) => void,
  options: { logger: () => void },
) => { start(port: number, host: string): Server };

function dingDong(): void {
  const create: DingDong = createRequire(import.meta.url)("ding-dong");
  const handler = async (context: Context): Promise<void> => {
    await context.onEvent("variables");
    for (const [name, value] of STAMP) await context.setVariable(name, value);
    await context.end();
  };
  const server = create((context) => void handler(context), { logger: () => {} }).start(
    Number(port),
    "127.0.0.1",
  );
  // Asterisk still writes after the end: a reset, which would end a process that does not listen for it.
  server.on("connection", (socket: Socket) => socket.on("error", () => {}));
}

function listen(serve: (socket: Socket) => void): void {
  createServer(serve).listen({ port: Number(port), host: "127.0.0.1", backlog: 1024 });
}

if (kind === "signalbox") await signalbox();
else if (kind === "ding-dong") dingDong();
else if (kind === "one-command") bare([MSET]);
else if (kind === "none") bare([]);
else bare(STAMP.map(([name, value]) => `SET VARIABLE ${name} "${value}"\n`));

// Whichever it is goes before the rest of the machine, as a node does.
takePlace(asItsUnit().SIGNALBOX_NICE);
answerAll(() => {
  const { user, system } = process.cpuUsage();
  return { cpuUs: user + system, rssMb: rssMb() };
});
