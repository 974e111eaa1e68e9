// `npm run demo`: starts a private Asterisk and Signalbox on config/, places real calls with SIPp, and shows for each
// what was decided, why, and how Asterisk saw it stamped. It fails when one goes another way.
import { rmSync } from "node:fs";
import { join, relative } from "node:path";
import { Command, Option } from "commander";
import {
  answerPhones,
  burst,
  callsWithoutSignalbox,
  emergencyCall,
  inboundCalls,
  menuCalls,
  outboundCalls,
  PHONES,
} from "./demo/calls.ts";
import { watchLegs } from "./demo/legs.ts";
import { showRecords } from "./demo/records.ts";
import { bold, green, print, progress, red } from "./demo/show.ts";
import { createStage } from "./demo/stage.ts";
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
  await emergencyCall(stage);
  stage.heading("What is left of the calls");
  stage.note(await showRecords(ports.config, folder, "apex"));
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
