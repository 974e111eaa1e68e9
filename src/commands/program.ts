/**
 * The command line: which commands there are, what each takes, and how the process ends: 0 done, 1 it failed, 2 it was
 * called the wrong way. Each command is loaded when it is asked for. No command's work is done here.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import manifest from "../../package.json" with { type: "json" };
import { messageOf } from "../platform/errors.ts";
import { type Common, type Io, WrongUse } from "./io.ts";
import { addLiveCommands } from "./program-live.ts";
import { addRecordingCommands } from "./program-recordings.ts";
import { addReportCommands } from "./program-reports.ts";
import { addVicidialCommands } from "./program-vicidial.ts";
import type { InboundOptions, OutboundOptions } from "./simulate.ts";

/** Runs one command line (without node and script) and gives the exit code. Never rejects. */
export async function runCommandLine(args: readonly string[], io: Io): Promise<number> {
  const state = { code: 0 };
  try {
    await build(io, state).parseAsync([...args], { from: "user" });
    return state.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    io.err(`signalbox: ${messageOf(error)}\n`);
    return error instanceof WrongUse ? 2 : 1;
  }
}

type State = { code: number };

function build(io: Io, state: State): Command {
  const program = new Command("signalbox");
  program
    .exitOverride()
    .configureOutput({
      writeOut: io.out,
      writeErr: io.err,
      outputError: (text, write) => write(text.replace(/^error: /, "signalbox: ")),
    })
    .configureHelp({
      showGlobalOptions: true,
      // What `slots` takes for its list is no affair of `slots explain`.
      visibleGlobalOptions: (command) => (command.parent === null ? [] : [...program.options]),
    })
    .showHelpAfterError("(signalbox COMMAND --help says what a command takes)")
    .description(manifest.description)
    .version(manifest.version)
    .addOption(folder("--config <dir>", "the configuration").env("SIGNALBOX_CONFIG").default("config"))
    .addOption(folder("--var <dir>", "where things are written").env("SIGNALBOX_VAR").default("var"))
    .option("--node <name>", "name of this node, instead of the one in signalbox.yaml", nodeName);
  addServe(program, state);
  addCheck(program, io, state);
  addSimulate(program, io, state);
  const wiring = { common: () => common(program), io, state };
  addLiveCommands(program, wiring);
  addReportCommands(program, wiring);
  addRecordingCommands(program, wiring);
  addVicidialCommands(program, wiring);
  addTenant(program, io, state);
  addRender(program, io, state);
  addSchema(program, io, state);
  addSounds(program, io, state);
  return program;
}

/** An empty name, of a variable that was not set say, would mean the folder that one happens to be in. */
function folder(flags: string, says: string): Option {
  return new Option(flags, says).argParser((name: string) => {
    if (name === "") throw new InvalidArgumentError("It must name a folder.");
    return name;
  });
}

/** As in signalbox.yaml, and with dots as names of hosts have them, which a node is called by where nothing is said. */
function nodeName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)) return text;
  throw new InvalidArgumentError("It must be letters, digits, . _ or -, starting with a letter or digit.");
}

function common(program: Command): Common {
  const { config, var: variables, node } = program.opts<{ config: string; var: string; node?: string }>();
  return { config, variables, node };
}

function addServe(program: Command, state: State): void {
  program
    .command("serve")
    .description("run: FastAGI server, manager listeners, HTTP")
    .action(async () => {
      const { serve } = await import("./serve.ts");
      state.code = await serve(common(program));
    });
  program
    .command("translate", { hidden: true })
    .description("load what serve runs, for Node's cache of translated files")
    .action(async () => void (await import("./translate.ts")));
}

function addCheck(program: Command, io: Io, state: State): void {
  program
    .command("check")
    .description("name every error of the configuration at once")
    .option("--json", "print the errors and warnings as a JSON array", false)
    .action(async ({ json }: { json: boolean }) => {
      const { check } = await import("./check.ts");
      state.code = check({ ...common(program), json }, io);
    });
}

function addTenant(program: Command, io: Io, state: State): void {
  const tenant = program
    .command("tenant")
    .description("suspend a client on every node, or let it call again");
  const order = (name: string, description: string): Command =>
    tenant
      .command(name)
      .description(description)
      .argument("<name>", "of the tenant")
      .option("--why <text>", "the reason, for the log and for who looks later", "no reason was given");
  order("suspend", "refuse its new calls at once; calls that are on go on").action(
    async (name: string, { why }: { why: string }) => {
      const { suspendTenant } = await import("./tenant.ts");
      state.code = await suspendTenant({ ...common(program), tenant: name, why }, io);
    },
  );
  order("resume", "let its calls through again").action(async (name: string, { why }: { why: string }) => {
    const { resumeTenant } = await import("./tenant.ts");
    state.code = await resumeTenant({ ...common(program), tenant: name, why }, io);
  });
}

function addRender(program: Command, io: Io, state: State): void {
  program
    .command("render")
    .description("write the files for the operator's Asterisk, one folder per server")
    .option("--out <dir>", "absolute, or relative to --var", "rendered")
    .option("--vicidial", "also the in-groups' contexts, and its carriers as SQL to look at and run", false)
    .action(async ({ out, vicidial }: { out: string; vicidial: boolean }) => {
      const { render } = await import("./render.ts");
      state.code = await render({ ...common(program), out, vicidial }, io);
    });
}

function addSounds(program: Command, io: Io, state: State): void {
  const command = program.command("sounds").description("judge and make the prompts of tenants");
  command
    .command("check")
    .description("name every prompt that is missing, unused, broken, faint or another tenant's")
    .option("--tenant <name>", "only this tenant's")
    .option("--json", "print a JSON array of folders with their files and issues", false)
    .action(async (options: { tenant?: string; json: boolean }) => {
      const { checkSounds } = await import("./sounds.ts");
      state.code = checkSounds({ ...common(program), ...options }, io);
    });
  command
    .command("build")
    .description("make one prompt: 8 kHz, 16 bits, mono, at an even loudness")
    .argument("<name>", "welcome, or es/welcome for a translation")
    .requiredOption("--tenant <name>", "whose it is")
    .option("--text <text>", "what is said, spoken by espeak-ng")
    .option("--voice <name>", "of espeak-ng; en-us unless given")
    .option("--from <file>", "a recording to convert instead, in any form that sox reads")
    .action(
      async (name: string, options: { tenant: string; text?: string; voice?: string; from?: string }) => {
        const { buildSound } = await import("./sounds.ts");
        state.code = buildSound({ ...common(program), ...options, name }, io);
      },
    );
}

function addSchema(program: Command, io: Io, state: State): void {
  program
    .command("schema")
    .description("print the JSON Schemas of the configuration files, for editors")
    .argument("[file]", "signalbox, trunks or tenant; all in one object unless named")
    .action(async (file: string | undefined) => {
      const { schema } = await import("./schema.ts");
      state.code = schema(file, io);
    });
}

function addSimulate(program: Command, io: Io, state: State): void {
  const command = program.command("simulate").description("say what would happen to a call, and why");
  const inbound = command
    .command("inbound")
    .description("a call from a carrier")
    .requiredOption("--did <number>", "the number called, as the carrier sends it")
    .option("--from <number>", "the caller's number; withheld unless given")
    .option("--trunk <name>", "the trunk it comes in on; the client's first unless given")
    .option("--queue <words>", "what queues do, in order: answer, timeout, full, joinempty, leaveempty")
    .option("--explore", "draw everything that can become of a call to the number instead")
    .addOption(
      new Option("--format <format>", "of --explore").choices(["text", "json", "mermaid"]).default("text"),
    );
  addShared(inbound).action(async (options: Omit<InboundOptions, keyof Common>) => {
    const { simulateInbound } = await import("./simulate.ts");
    state.code = await simulateInbound({ ...options, ...common(program) }, io);
  });
  const outbound = command
    .command("outbound")
    .description("a call to a carrier")
    .requiredOption("--tenant <name>", "whose call it is")
    .requiredOption("--to <number>", "the number called, as it is dialled")
    .option("--caller-id <number>", "the caller ID that the phone or dialler sends")
    .option("--campaign <name>", "the dialler's campaign that places the call");
  addShared(outbound).action(async (options: Omit<OutboundOptions, keyof Common>) => {
    const { simulateOutbound } = await import("./simulate.ts");
    state.code = await simulateOutbound({ ...options, ...common(program) }, io);
  });
}

/** What both directions of a simulation take. */
function addShared(command: Command): Command {
  return command
    .option("--at <moment>", "when; the tenant's wall clock unless it has an offset; now unless given")
    .option("--digits <list>", "what the caller presses at each prompt: 1,,12 (empty: nothing)")
    .option("--in-use <counts>", "live legs: apex=30,apex/inbound=10,pool:apex=5,trunk:pool_a=100")
    .addOption(
      new Option("--live", "live legs, trunks' health and staff's orders of the running node").conflicts(
        "inUse",
      ),
    )
    .option(
      "--dial <words>",
      "what is dialled gives, in order: answer, busy, noanswer, unavailable, congestion",
    )
    .option("--unhealthy <trunks>", "trunks that take no call, by name: pool_a,pool_b")
    .option(
      "--override <list>",
      "hours opened or closed by phone, besides what is in force under --var: office=closed",
    )
    .option("--server <name>", "the switch it comes up on; the first unless given")
    .option("--json", "print one JSON object");
}
