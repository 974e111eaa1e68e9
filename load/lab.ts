// `npm run lab`: a private Asterisk and a Signalbox on one configuration, in the foreground until Ctrl-C. For trying
// a menu by phone, and for tests from outside: it prints `ready` on a line of its own when calls can come in.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command, Option } from "commander";
import { messageOf, SignalboxError } from "../src/platform/errors.ts";
import { makeFolder } from "../src/platform/folder.ts";
import { findAsterisk } from "./lab/asterisk.ts";
import { onEnd } from "./lab/ending.ts";
import { LabError } from "./lab/lab-error.ts";
import { type SignalboxProcess, startSignalbox } from "./lab/signalbox.ts";
import { projectRoot, startWorld, type World } from "./lab/world.ts";

type Flags = {
  readonly asterisk: "22" | "16";
  readonly sip: string;
  readonly dialplan?: string;
  readonly config: string;
  readonly var: string;
  readonly server?: string;
  readonly phone: Record<string, string>;
  readonly signalbox: boolean;
};

const program = new Command("npm run lab --")
  .description("A private Asterisk and Signalbox, on loopback only, until Ctrl-C.")
  .addOption(new Option("--asterisk <version>", "which Asterisk").choices(["22", "16"]).default("22"))
  .option("--sip <host:port>", "address of the SIP transport", "127.0.0.1:5060")
  .option("--dialplan <file>", "the operator's own contexts: what goto and ingroup reach")
  .option("--config <dir>", "configuration", process.env.SIGNALBOX_CONFIG ?? join(projectRoot, "config"))
  .option(
    "--var <dir>",
    "where everything is written",
    process.env.SIGNALBOX_VAR ?? join(projectRoot, "var/lab"),
  )
  .option("--server <name>", "which switch of the configuration to be (default: the first)")
  .option("--phone <name=host:port>", "where a phone answers; without it phones register", addPhone, {})
  .option("--no-signalbox", "only Asterisk, to see the fallbacks")
  .showHelpAfterError();

function addPhone(text: string, before: Record<string, string>): Record<string, string> {
  const [, name = "", address = ""] = /^([^=]+)=(.+:[0-9]+)$/.exec(text) ?? [];
  if (address === "") program.error(`--phone ${text}: write it as 100=127.0.0.9:5060`);
  return { ...before, [name]: address };
}

program.parse();
const flags = program.opts<Flags>();
const config = fromHere(flags.config);
const variables = fromHere(flags.var);

const NODE_ENDED = `Signalbox ended; Asterisk goes on, and callers reach their fallbacks. kill -USR2 ${process.pid} starts it again`;
let running: SignalboxProcess | null = null;

try {
  makeFolder(variables);
  ensureAsterisk(flags.asterisk);
  const world = await startWorld({
    config,
    folder: variables,
    version: flags.asterisk,
    sip: flags.sip,
    phones: flags.phone,
    signalbox: flags.signalbox,
    ...(flags.dialplan === undefined ? {} : { dialplan: readDialplan(flags.dialplan) }),
    ...(flags.server === undefined ? {} : { server: flags.server }),
  });
  onEnd(() => world.stop());
  onEnd(() => running?.stop());
  let isEnding = false;
  onEnd(() => {
    isEnding = true;
  });
  // Asterisk outlives Signalbox, as it does anywhere: that is when the fallbacks can be heard.
  const follow = (node: SignalboxProcess): void => {
    for (const line of node.child.lines()) process.stderr.write(`${line}\n`);
    node.child.onLine((line) => process.stderr.write(`${line}\n`));
    void node.child.exited.then(() => {
      if (!isEnding) process.stderr.write(`${NODE_ENDED}\n`);
    });
  };
  running = world.signalbox;
  if (running !== null) follow(running);
  process.on("SIGUSR2", () => {
    void startAgain(world).then(follow, (error: unknown) => process.stderr.write(`${messageOf(error)}\n`));
  });
  process.stdout.write(
    `Asterisk ${world.asterisk.version} takes SIP on ${flags.sip}, its manager is ${world.target.ami}; files are in ${world.asterisk.folder}\n` +
      (running === null ? "" : `Signalbox is process ${running.pid}\n`) +
      "ready\n",
  );
  const code = await world.asterisk.exited;
  if (!isEnding) process.stderr.write(`Asterisk ended (${code ?? "by a signal"}); the lab ends\n`);
  await world.stop();
  process.exitCode = 1;
} catch (error) {
  if (!(error instanceof LabError || error instanceof SignalboxError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

/** In place of a node that has ended. Rejects with `signalbox_runs` while there is one. */
async function startAgain(world: World): Promise<SignalboxProcess> {
  if (running?.child.running() === true) {
    throw new LabError(
      "signalbox_runs",
      `Signalbox runs (${running.pid}): end it first, then send the signal again`,
    );
  }
  const node = await startSignalbox({ config, variables: join(variables, "signalbox"), env: world.env });
  running = node;
  process.stdout.write(`Signalbox is process ${node.pid}\nready\n`);
  return node;
}

/** npm runs its scripts in the project's folder and says where it was called itself. */
function fromHere(path: string): string {
  const { npm_lifecycle_event: script, INIT_CWD: called = "." } = process.env;
  return resolve(script === "lab" ? called : ".", path);
}

function readDialplan(file: string): string {
  if (existsSync(fromHere(file))) return readFileSync(fromHere(file), "utf8");
  throw new LabError("dialplan_missing", `--dialplan ${file}: there is no such file`);
}

/** Version 16 is fetched when it is first asked for. */
function ensureAsterisk(version: "22" | "16"): void {
  try {
    findAsterisk(version);
  } catch {
    const setup = join(projectRoot, "load/setup.sh");
    const { status } = spawnSync("sh", [setup, "lab", "--asterisk", version], { stdio: ["ignore", 2, 2] });
    if (status !== 0)
      throw new LabError("setup_failed", "the set-up did not finish; its messages say what to do");
  }
}
