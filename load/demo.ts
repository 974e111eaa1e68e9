// `npm run demo`: starts a private Asterisk and Signalbox on config/, places real calls with SIPp, and shows for each
// what was decided, why, and how Asterisk saw it stamped. It fails when one goes another way.
import { rmSync } from "node:fs";
import { join, relative } from "node:path";
import { Command, Option } from "commander";
import {
  answerPhones,
  burst,
  callsWithoutSignalbox,
  emergencyCalls,
  inboundCalls,
  menuCalls,
  outboundCalls,
  PHONES,
} from "./demo/calls.ts";
import { addDialler, runDiallerBurst } from "./demo/dialler.ts";
import { type LegWatch, watchLegs } from "./demo/legs.ts";
import { recordingsTable } from "./demo/recordings.ts";
import { showRecords } from "./demo/records.ts";
import { bold, green, print, progress, red } from "./demo/show.ts";
import { createStage, type Stage } from "./demo/stage.ts";
import { onEnd, runCleanups } from "./lab/ending.ts";
import { LabError } from "./lab/lab-error.ts";
import { ownPorts } from "./lab/own-ports.ts";
import { startSignalbox } from "./lab/signalbox.ts";
import { projectRoot, startWorld, type World } from "./lab/world.ts";
import { SippError } from "./sipp-runner.ts";

const flags = new Command("npm run demo --")
  .description("Real calls through a private Asterisk and Signalbox, on loopback only.")
  .addOption(new Option("--asterisk <version>", "which Asterisk").choices(["22", "16"]).default("22"))
  .option("--keep", "leave Asterisk and Signalbox running at the end, until Ctrl-C", false)
  .parse()
  .opts<{ asterisk: "22" | "16"; keep: boolean }>();

async function demo(): Promise<number> {
  const folder = join(projectRoot, "var/demo");
  rmSync(folder, { recursive: true, force: true });
  const ports = await ownPorts(join(projectRoot, "config"), join(folder, "config"));
  const started = progress("starting Asterisk and Signalbox on config/");
  const world = await startWorld({
    config: ports.config,
    folder,
    version: flags.asterisk,
    sip: ports.sip,
    phones: PHONES,
  });
  onEnd(() => world.stop());
  const legWatch = await watchLegs(world.target);
  onEnd(() => legWatch.stop());
  await answerPhones();
  started();
  print(
    `Asterisk ${world.asterisk.version} on ${world.asterisk.sip} and Signalbox are up, on ${bold("config/")}.\n`,
  );

  const stage = createStage(world, legWatch, ports.config);
  await inboundCalls(stage);
  await menuCalls(stage);
  await burst(stage);
  await outboundCalls(stage);
  await emergencyCalls(stage);
  await diallerBurst(stage, world, legWatch, ports.config);
  stage.heading("What is left of the calls");
  stage.note(await showRecords(ports.config, folder, "apex"));
  stage.note(await recordingsTable(ports.config, folder));
  world.signalbox?.child.kill("SIGKILL");
  await world.signalbox?.child.exited;
  await callsWithoutSignalbox(stage);

  const failures = stage.failures();
  print(
    failures === 0 ? green("Every call went as configured.") : red(`${failures} calls went another way.`),
  );
  print(`Logs: ${relative(process.cwd(), folder)}`);
  if (flags.keep) await keepRunning(world, ports.config, folder);
  return failures === 0 ? 0 : 1;
}

/** A dialler keeps to no cap of ours: what it dials too much is refused, and no lead is marked for it. */
async function diallerBurst(stage: Stage, world: World, legWatch: LegWatch, config: string): Promise<void> {
  stage.heading("A VICIdial dials 60 numbers at once for VoteReach, against a cap of 10");
  const callLog = await addDialler(stage, world, config);
  await stage.reconfigure("tenants/votereach.yaml", "VoteReach gets a cap of 10 channels", (text) =>
    text
      .replace(/^ {2}channels: .*$/m, "  channels: 10")
      .replace(/^ {2}inbound: .*\n/m, "")
      .replace(/^ {2}reserved: .*$/m, "  reserved: 10")
      .replace(/^ {2}calls_per_second: .*$/m, "  calls_per_second: 100")
      .replace(/^calling_window: .*\n/m, ""),
  );
  stage.note(
    await runDiallerBurst(
      {
        ...{ tenant: "votereach", dialled: "733055550123", calls: 60, most: 10 },
        neighbour: { tenant: "apex", dialled: "713055550124", calls: 3 },
      },
      world,
      legWatch,
      callLog,
    ),
  );
}

async function keepRunning(world: World, config: string, folder: string): Promise<void> {
  const node = await startSignalbox({ config, variables: join(folder, "signalbox"), env: world.env });
  onEnd(() => node.stop());
  print(`Asterisk takes calls on ${world.asterisk.sip}; Ctrl-C ends everything.`);
  await node.child.exited;
}

/** Phones and carriers still listen when the last call is over, so the end is said and not waited for. */
async function end(code: number): Promise<never> {
  await runCleanups();
  process.exit(code);
}

try {
  await end(await demo());
} catch (error) {
  const expected = error instanceof LabError || error instanceof SippError;
  process.stderr.write(
    `${red(expected ? error.message : String(error instanceof Error ? error.stack : error))}\n`,
  );
  await end(1);
}
