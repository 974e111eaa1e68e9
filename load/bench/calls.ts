// The same calls over the same Asterisk with Signalbox and without: a second carrier's numbers go straight to where a
// decision would have sent them, with the same stamp; a third's ask a FastAGI that knows the answer beforehand, with no
// watchdog and nothing at the end: what is left for Signalbox to save. In turns, so that the machine's moods hit all.
import { join } from "node:path";
import { asItsUnit } from "../lab/signalbox.ts";
import { startWorld, type World } from "../lab/world.ts";
import {
  expectAnswer,
  hangUp,
  invite,
  pause,
  runSipp,
  type Scenario,
  type SippResult,
} from "../sipp-runner.ts";
import {
  type Bench,
  type BenchContext,
  type Finding,
  judge,
  ratio,
  type Spread,
  sized,
  spread,
} from "./finding.ts";
import { OFFICE_CARRIER, officeDid, QUIET_LOG, writeOffice } from "./office.ts";
import { cpuSeconds } from "./process-cpu.ts";
import { startWorker } from "./worker.ts";

const PLAIN_CARRIER = "127.0.0.5";
const BARE_CARRIER = "127.0.0.6";
const SIDES = { with: OFFICE_CARRIER, without: PLAIN_CARRIER, bare: BARE_CARRIER } as const;
type Side = keyof typeof SIDES;
const NAMES = ["with", "without", "bare"] as const;

const HOLD_MS = 500;
const FIXED_PER_SECOND = 100;
const FIXED_SECONDS = 10;
const RAMP_SECONDS = 6;
/** At the fixed rate every call has just succeeded. */
const RAMP_FROM = FIXED_PER_SECOND;
const RAMP_BY = 1.2;
const RAMP_TO = 2000;
const HALVINGS = 3;

/** No media, so that SIPp itself costs as little as it can. */
const QUIET: Scenario = {
  name: "quiet",
  role: "caller",
  steps: [invite({ from: "[field1]", to: "[field0]" }), expectAnswer(), pause(HOLD_MS), hangUp()],
};

/** In calls a second. */
type Marks = Record<Side, { held: number; broke: number }>;

type Fixed = { readonly cpuMs: number; readonly p50: number; readonly p99: number };

export const callsBench: Bench = {
  name: "calls",
  says: "calls/s with and without Signalbox, added set-up time, Asterisk's CPU",
  run: async (context) => {
    const world = await start(context);
    const bare = await startWorker("agi-peer.ts", ["one-command", String(context.ports + 64), ""], 1);
    try {
      await place(world, "with", 20, 3);
      const fixed = await fixedRate(world, context);
      const ramps = await ramp(world, context);
      const figures = { asterisk: world.asterisk.version, fixed, highest: ramps };
      return { findings: findingsOf(fixed, ramps), figures };
    } finally {
      await Promise.all([bare.stop(), world.stop()]);
    }
  },
};

function start({ folder, ports }: BenchContext): Promise<World> {
  const config = join(folder, "config");
  const at = (nth: number) => `127.0.0.1:${ports + nth}`;
  writeOffice(config, { fastagi: at(60), http: at(61), ami: at(62) }, "{ingroup: APEX_INBOUND}");
  return startWorld({
    ...{ config, folder, sip: at(63), rtpStart: ports + 100, rtpEnd: ports + 899 },
    version: "22",
    dialplan: dialplan(at(64)),
    files: { ...QUIET_LOG, "pjsip_lab.conf": OTHER_ENDPOINTS },
    env: { ...asItsUnit(), SIGNALBOX_LOG: "info" },
  });
}

const OTHER_ENDPOINTS = (["without", "bare"] as const)
  .map(
    (side) => `[${side}]
type=endpoint
context=bench-${side}
disallow=all
allow=ulaw,alaw
direct_media=no
[${side}]
type=identify
endpoint=${side}
match=${SIDES[side]}
`,
  )
  .join("\n");

function dialplan(bareService: string): string {
  return `[signalbox-ingroup]
exten => _[A-Z]!,1,Answer()
 same => n,Wait(60)
 same => n,Hangup(16)

[bench-without]
exten => _[+0-9]!,1,Set(CHANNEL(accountcode)=apex)
 same => n,Set(CHANNEL(peeraccount)=apex)
 same => n,Set(__SB_TENANT=apex)
 same => n,Set(__SB_CALL=ast1-\${UNIQUEID})
 same => n,Set(__SB_DIRECTION=inbound)
 same => n,Set(__SB_DID=\${EXTEN})
 same => n,Goto(signalbox-ingroup,APEX_INBOUND,1)

[bench-bare]
exten => _[+0-9]!,1,AGI(agi://${bareService}/inbound?server=ast1)
 same => n,Set(__SB_DID=\${EXTEN})
 same => n,Goto(signalbox-ingroup,APEX_INBOUND,1)
`;
}

function place(world: World, side: Side, rate: number, seconds: number): Promise<SippResult> {
  return runSipp({
    scenario: QUIET,
    name: `${side}-${rate}`,
    remote: world.asterisk.sip,
    localIp: SIDES[side],
    calls: Math.round(rate * seconds),
    rate,
    limit: rate * 4,
    rows: Array.from({ length: 500 }, (_, nth) => [
      officeDid(nth * 7),
      `+1415555${String(nth).padStart(4, "0")}`,
    ]),
    traceMessages: false,
    receiveTimeoutMs: 5000,
    deadlineMs: (seconds + 20) * 1000,
  });
}

async function fixedRate(world: World, { rounds, size, say }: BenchContext): Promise<Record<Side, Fixed[]>> {
  const found: Record<Side, Fixed[]> = { with: [], without: [], bare: [] };
  const rate = sized(FIXED_PER_SECOND, Math.min(1, size * 2));
  const seconds = Math.max(2, FIXED_SECONDS * size);
  for (let round = 0; round < rounds; round++) {
    say(`round ${round + 1} of ${rounds} at ${rate} calls/s`);
    for (const side of NAMES) {
      const before = cpuSeconds(world.asterisk.pid);
      const result = await place(world, side, rate, seconds);
      if (!result.ok || result.rtt === null) throw new Error(`at ${rate} calls/s: ${result.problem}`);
      const cpuMs = ((cpuSeconds(world.asterisk.pid) - before) * 1000) / result.successful;
      found[side].push({ cpuMs, p50: result.rtt.p50, p99: result.rtt.p99 });
    }
  }
  return found;
}

/**
 * The highest rate of each side, a figure a round, that went without a failed call or a message sent again: first in
 * steps of a fifth, side by side, then between the last that held and the first that did not, halved three times.
 */
async function ramp(world: World, { rounds, size, say }: BenchContext): Promise<Record<Side, number[]>> {
  const found: Record<Side, number[]> = { with: [], without: [], bare: [] };
  const seconds = Math.max(2, RAMP_SECONDS * size);
  const times = Math.max(1, Math.min(3, rounds));
  for (let round = 0; round < times; round++) {
    const marks = Object.fromEntries(NAMES.map((side) => [side, { held: 0, broke: RAMP_TO }])) as Marks;
    const step = async (side: Side, rate: number): Promise<void> => {
      say(`ramp ${round + 1} of ${times}: ${rate} calls/s ${side}`);
      const { ok, retransmissions } = await place(world, side, rate, seconds);
      marks[side][ok && retransmissions === 0 ? "held" : "broke"] = rate;
    };
    for (let rate = RAMP_FROM; rate < RAMP_TO; rate = Math.round(rate * RAMP_BY))
      for (const side of NAMES) if (marks[side].broke === RAMP_TO) await step(side, rate);
    for (let nth = 0; nth < HALVINGS; nth++)
      for (const side of NAMES) await step(side, Math.round((marks[side].held + marks[side].broke) / 2));
    for (const side of NAMES) found[side].push(marks[side].held);
  }
  return found;
}

function findingsOf(fixed: Record<Side, Fixed[]>, highest: Record<Side, number[]>): Finding[] {
  const bench = "calls";
  const of = (side: Side, field: keyof Fixed) => fixed[side].map((round) => round[field]);
  const added = (field: keyof Fixed, side: Side = "with") =>
    spread(of(side, field).map((value, round) => value - (of("without", field)[round] ?? 0)));
  const shared = "Asterisk, SIPp and Signalbox share the cores of this machine";
  const beside = (what: string, found: Spread, unit = "") =>
    judge({ bench, what, spread: found, unit, ifMissed: "" });
  const rows = (["with", "without"] as const).flatMap((side) => [
    judge({
      bench,
      what: `calls/s ${side} Signalbox`,
      spread: spread(highest[side]),
      digits: 0,
      ifMissed: "",
    }),
    judge({
      bench,
      what: `set-up p99 ${side} Signalbox`,
      spread: spread(of(side, "p99")),
      unit: " ms",
      ifMissed: "",
    }),
    judge({
      bench,
      what: `Asterisk's CPU of a call ${side}`,
      spread: spread(of(side, "cpuMs")),
      unit: " ms",
      ifMissed: "",
    }),
  ]);
  return [
    ...rows,
    judge({
      bench,
      what: "calls/s with ÷ without",
      spread: ratio(highest.with, highest.without),
      atLeast: 0.97,
      ifMissed: `${shared}: what the steps cost is no longer there for calls; the next row is a FastAGI and nothing else`,
    }),
    beside("likewise of a FastAGI with one command and no watchdog", ratio(highest.bare, highest.without)),
    judge({ bench, what: "set-up time added, p50", spread: added("p50"), unit: " ms", ifMissed: "" }),
    judge({
      bench,
      what: "set-up time added, p99",
      spread: added("p99"),
      ...{ unit: " ms", atMost: 5 },
      ifMissed: `SIPp tells times in whole ms; ${shared}`,
    }),
    beside("likewise by a FastAGI with one command and no watchdog", added("p99", "bare"), " ms"),
    judge({
      bench,
      what: "Asterisk's CPU of a call, with ÷ without",
      spread: ratio(of("with", "cpuMs"), of("without", "cpuMs")),
      atMost: 1.3,
      ifMissed:
        "Asterisk tells its listeners of each line and each variable; the next row is a FastAGI and nothing else. Ours also has a watchdog, keys to clear, a second look and a hangup handler",
    }),
    beside(
      "likewise of a FastAGI with one command and no watchdog",
      ratio(of("bare", "cpuMs"), of("without", "cpuMs")),
    ),
  ];
}
