// A dialler's burst: many automatic calls of one client at once, far over its cap, and some of another client in the
// middle of them. The calls are placed as VICIdial places its own: on Local channels, named by their call codes.
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderSwitch } from "../../src/config/render/render.ts";
import { type CallLog, type LogEntry, startCallLog } from "../lab/call-log.ts";
import { onEnd } from "../lab/ending.ts";
import { freePort, waitFor } from "../lab/ports.ts";
import { projectRoot, readSnapshot, type World } from "../lab/world.ts";
import type { LegWatch } from "./legs.ts";
import { field } from "./show.ts";
import type { Stage } from "./stage.ts";

/** Calls of one client: its dial prefix and a number. */
export type Dialled = { readonly tenant: string; readonly dialled: string; readonly calls: number };

export type DiallerBurst = Dialled & {
  /** The client's cap. */
  readonly most: number;
  readonly neighbour: Dialled;
};

/** How long an answered call waits for an agent, seconds. */
const WAITS = 5;

/** Adds a VICIdial to the running system: its own part of the dialplan, and a stand-in for its FastAGI server. */
export async function addDialler(stage: Stage, world: World, config: string): Promise<CallLog> {
  const address = `127.0.0.1:${await freePort(15_900, 15_999, ["tcp"])}`;
  const log = await startCallLog(address, 30);
  onEnd(() => log.stop());
  await stage.reconfigure("signalbox.yaml", "A VICIdial is there now", (text) => {
    return `${text}vicidial: {fastagi: "${address}"}\n`;
  });
  const template = readFileSync(join(projectRoot, "dialplan/signalbox.conf"), "utf8");
  const rendered = renderSwitch(readSnapshot(config, world.env), world.target, template);
  const folder = join(world.asterisk.folder, "etc/asterisk");
  writeFileSync(join(folder, "extensions_signalbox.conf"), rendered["extensions_signalbox.conf"] ?? "");
  appendFileSync(join(folder, "extensions_lab.conf"), installation(address));
  await world.asterisk.cli("dialplan reload");
  return log;
}

/** What an installation of VICIdial brings along, as far as these calls meet it. */
function installation(address: string): string {
  return `
[default]
exten => h,1,AGI(agi://${address}/ended,\${HANGUPCAUSE},\${DIALSTATUS})
exten => 8368,1,Answer()
 same => n,Wait(${WAITS})
 same => n,Hangup(16)
exten => _7X.,1,Goto(signalbox-dialler,\${EXTEN},1)
`;
}

/** Gives what went wrong, nothing when all went as configured. */
export async function runDiallerBurst(
  burst: DiallerBurst,
  world: World,
  legWatch: LegWatch,
  log: CallLog,
): Promise<string[]> {
  const codes = place(burst, 1, world);
  const neighbours = place(burst.neighbour, 2, world);
  const told = (code: string): LogEntry | undefined =>
    log.of(code).find(({ what, status }) => what === "ended" && status !== "");
  await waitFor(
    "the end of every call",
    () => ([...codes, ...neighbours].every((code) => told(code) !== undefined) ? true : undefined),
    60_000,
    200,
  );
  const legs = await legWatch.ended();
  const answered = codes.filter((code) => told(code)?.status === "ANSWER");
  const refused = codes.filter((code) => told(code)?.status === "SB_REFUSED");
  const touched = refused.filter((code) => told(code)?.cause !== "42" || log.of(code).some(isBegun));
  const passed = neighbours.filter((code) => told(code)?.status === "ANSWER");
  // A carrier that answered 503 before there was room on the next: VICIdial is told 42 for that too.
  const failed = codes.filter((code) => told(code)?.status === "CONGESTION");
  // On the carriers' own legs 34 is what a carrier said; what counts is what VICIdial is told.
  const ours = legs.filter(({ channel }) => channel.startsWith("Local/"));
  const bad = [...ours.map(({ cause }) => String(cause)), ...log.entries.map(({ cause }) => cause)].filter(
    (cause) => cause === "34",
  ).length;
  const lost = failed.length === 0 ? "" : `, ${failed.length} had no second carrier in time`;
  field("dialled", [
    `${answered.length} of ${burst.calls} calls of ${burst.tenant}, whose cap is ${burst.most}${lost}`,
  ]);
  field("refused", [
    `${refused.length} with 42 and nothing written about their leads; 34 was told ${bad} times`,
  ]);
  field("neighbour", [
    `${passed.length} of ${neighbours.length} calls of ${burst.neighbour.tenant} were answered`,
  ]);
  return [
    ...(answered.length > 0 && answered.length <= burst.most ? [] : [`${answered.length} were answered`]),
    ...(answered.length + refused.length + failed.length === burst.calls
      ? []
      : [`only ${refused.length} were refused`]),
    ...(touched.length === 0 ? [] : [`${touched.length} refusals would have touched their leads`]),
    ...(bad === 0 ? [] : [`34 was told ${bad} times`]),
    ...(passed.length === neighbours.length ? [] : ["the neighbour's calls did not all pass"]),
  ];
}

function isBegun({ what }: LogEntry): boolean {
  return what === "begun";
}

/** Hands the calls to Asterisk all at once, as files of its own spool; gives their call codes. */
function place({ dialled, calls }: Dialled, series: number, { asterisk }: World): string[] {
  const spool = join(asterisk.folder, "spool");
  mkdirSync(join(spool, "tmp"), { recursive: true });
  return Array.from({ length: calls }, (_, index) => {
    const code = `V${series}${String(index).padStart(8, "0")}${String(index + 1).padStart(10, "0")}`;
    const file = join(spool, "tmp", `${code}.call`);
    const lines = [`Channel: Local/${dialled}@default`, "Context: default", "Extension: 8368", "Priority: 1"];
    writeFileSync(file, [...lines, `CallerID: "${code}" <2125550199>`, "WaitTime: 60", ""].join("\n"));
    renameSync(file, join(spool, "outgoing", `${code}.call`));
    return code;
  });
}
