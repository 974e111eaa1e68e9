// Reading the manager interface: events a second against asterisk-manager, and how many events and bytes a call costs
// with the account that `signalbox render` writes, on both versions of Asterisk.
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { createAmiConnection } from "../../src/ami/connection.ts";
import { waitFor } from "../lab/ports.ts";
import { startWorld } from "../lab/world.ts";
import { caller, expectOk, runSipp } from "../sipp-runner.ts";
import type { AmiRun, AmiRunFigures } from "./ami-worker.ts";
import { type Bench, type BenchContext, type Finding, judge, ratio, sized, spread } from "./finding.ts";
import { OFFICE_CARRIER, officeDid, writeOffice } from "./office.ts";
import { startWorker } from "./worker.ts";

const READERS = ["signalbox", "asterisk-manager"] as const;
type Reader = (typeof READERS)[number];
const EVENTS = 60_000;
const CALLS = 10;

export const amiBench: Bench = {
  name: "ami",
  says: "events read against asterisk-manager; events and bytes of a call",
  run: async (context) => {
    const read = await readEvents(context);
    const perCall = await callCost(context);
    return { findings: findingsOf(read, perCall), figures: { read, perCall } };
  },
};

/** What a switch says of a call that rings and ends, with the fields that Asterisk 22 sends. */
function eventsOf(call: number): string {
  const leg = (prefix: string, id: number) =>
    [
      `${prefix}Channel: PJSIP/pool_a-${id.toString(16).padStart(8, "0")}`,
      `${prefix}ChannelState: 6`,
      `${prefix}ChannelStateDesc: Up`,
      `${prefix}CallerIDNum: 14155550${String(call % 1000).padStart(3, "0")}`,
      `${prefix}CallerIDName: Anybody`,
      `${prefix}ConnectedLineNum: <unknown>`,
      `${prefix}ConnectedLineName: <unknown>`,
      `${prefix}Language: en`,
      `${prefix}AccountCode: apex`,
      `${prefix}Context: sb-do`,
      `${prefix}Exten: dial`,
      `${prefix}Priority: 7`,
      `${prefix}Uniqueid: 1795302581.${id}`,
      `${prefix}Linkedid: 1795302581.${call}`,
    ].join("\r\n");
  const event = (name: string, ...parts: string[]) =>
    `Event: ${name}\r\nPrivilege: call,all\r\n${parts.join("\r\n")}\r\n\r\n`;
  return (
    event("DialBegin", leg("", call), leg("Dest", call + 1), "DialString: 14155550100@pool_a") +
    event("DialEnd", leg("", call), leg("Dest", call + 1), "DialStatus: ANSWER") +
    event("Hangup", leg("", call + 1), "Cause: 16", "Cause-txt: Normal Clearing") +
    event("Hangup", leg("", call), "Cause: 16", "Cause-txt: Normal Clearing")
  );
}

async function readEvents({
  ports,
  rounds,
  size,
  say,
}: BenchContext): Promise<Record<Reader, AmiRunFigures[]>> {
  const found: Record<Reader, AmiRunFigures[]> = { signalbox: [], "asterisk-manager": [] };
  const events = sized(EVENTS / 4, size) * 4;
  const text = Array.from({ length: events / 4 }, (_, call) => eventsOf(call * 2)).join("");
  const bytes = Buffer.from(`Asterisk Call Manager/9.0.0\r\n${text}`);
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.write(bytes);
    socket.resume();
  });
  server.listen(ports + 75, "127.0.0.1");
  await once(server, "listening");
  const workers = {
    signalbox: await startWorker("ami-worker.ts", ["signalbox"], 1),
    "asterisk-manager": await startWorker("ami-worker.ts", ["asterisk-manager"], 1),
  };
  try {
    for (let round = -1; round < rounds; round++) {
      say(round < 0 ? "warming up" : `round ${round + 1} of ${rounds}`);
      for (const reader of READERS) {
        const run: AmiRun = { port: ports + 75, events };
        const figures = await workers[reader].ask<AmiRunFigures>(run);
        if (round >= 0) found[reader].push({ ...figures, cpuUs: figures.cpuUs / events });
      }
    }
    return found;
  } finally {
    await Promise.all(READERS.map((reader) => workers[reader].stop()));
    server.close();
  }
}

type CallCost = { readonly asterisk: string; readonly events: number; readonly bytes: number };

/** Calls to a phone-less in-group with the rendered account's own session, ended by the caller. */
async function callCost({ folder, ports, say }: BenchContext): Promise<CallCost[]> {
  const costs: CallCost[] = [];
  for (const [nth, version] of (["22", "16"] as const).entries()) {
    say(`events of a call on Asterisk ${version}`);
    const at = (offset: number) => `127.0.0.1:${ports + 80 + nth * 5 + offset}`;
    const own = join(folder, version);
    const config = join(own, "config");
    writeOffice(config, { fastagi: at(0), http: at(1), ami: at(2) }, "{ingroup: APEX_INBOUND}", version);
    const [rtpStart, rtpEnd] = [ports + 100 + nth * 100, ports + 199 + nth * 100];
    const world = await startWorld({ config, folder: own, version, sip: at(3), rtpStart, rtpEnd });
    let events = 0;
    const session = createAmiConnection({
      ...{
        server: "ast1",
        address: world.target.ami,
        username: world.target.username,
        secret: world.target.secret,
      },
      log: pino({ level: "silent" }),
      onState: () => {},
      onEvent: () => {
        events += 1;
      },
    });
    try {
      session.start();
      await waitFor("the bench's manager session", () => session.up || undefined, 15_000);
      const before = { events, bytes: session.stats().bytes };
      const call = { scenario: caller({ holdMs: 200 }), service: officeDid(1), localIp: OFFICE_CARRIER };
      expectOk(await runSipp({ ...call, remote: world.asterisk.sip, calls: CALLS, deadlineMs: 60_000 }));
      await sleep(500);
      const bytes = session.stats().bytes - before.bytes;
      costs.push({ asterisk: version, events: (events - before.events) / CALLS, bytes: bytes / CALLS });
    } finally {
      await session.stop();
      await world.stop();
    }
  }
  return costs;
}

function findingsOf(read: Record<Reader, AmiRunFigures[]>, costs: readonly CallCost[]): Finding[] {
  const bench = "ami";
  const perSecond = (reader: Reader) => read[reader].map(({ cpuUs }) => 1e6 / cpuUs);
  return [
    ...READERS.map((reader) =>
      judge({
        bench,
        what: `${reader}: events/s of one core`,
        spread: spread(perSecond(reader)),
        digits: 0,
        ifMissed: "",
      }),
    ),
    judge({
      bench,
      what: "events/s ÷ asterisk-manager's",
      spread: ratio(perSecond("signalbox"), perSecond("asterisk-manager")),
      atLeast: 3,
      ifMissed:
        "ours also checks each line, names repeated fields and reads the event's meaning; theirs does not",
      note: "by CPU; ours also understands the event",
    }),
    ...costs.flatMap(({ asterisk, events, bytes }) => [
      judge({
        bench,
        what: `events of a call, Asterisk ${asterisk}`,
        spread: spread([events]),
        ...{ digits: 1, atMost: 12, ifMissed: "the account's filters let through more than is needed" },
      }),
      judge({
        bench,
        what: `bytes of a call, Asterisk ${asterisk}`,
        spread: spread([bytes]),
        digits: 0,
        ifMissed: "",
      }),
    ]),
  ];
}
