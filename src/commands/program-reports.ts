import { type Command, Option } from "commander";
import type { CallsOptions } from "./calls.ts";
import type { DidsOptions } from "./dids.ts";
import { type Common, WrongUse } from "./io.ts";
import type { PlanCommandOptions } from "./plan.ts";
import type { Wiring } from "./program-live.ts";
import type { ReportUsageOptions } from "./report.ts";

/** Commands that read records and configuration, with or without a running node. */
export function addReportCommands(program: Command, wiring: Wiring): void {
  addCalls(program, wiring);
  addReport(program, wiring);
  addDids(program, wiring);
  addPlan(program, wiring);
}

function addCalls(program: Command, wiring: Wiring): void {
  const { common, io, state } = wiring;
  const calls = program
    .command("calls")
    .description("list calls that are over, newest first")
    .option("--tenant <name>", "only this client's")
    .option("--did <number>", "only calls to this number, in E.164")
    .option("--unowned", "calls of nobody instead")
    .option(
      "--since <moment>",
      "that began then or later: 2h or 7d ago, or the client's clock, else UTC's, unless it has an offset",
    )
    .option("--until <moment>", "that began before")
    .option("--limit <count>", "at most so many; unless given the newest 100 in a table, all in JSON and CSV")
    .option("--json", "print JSON")
    .option("--csv", "print CSV")
    .action(async (options: Omit<CallsOptions, keyof Common>) => {
      const command = await import("./calls.ts");
      state.code = await command.calls({ ...options, ...common() }, io);
    });
  calls
    .command("show")
    .description("show one call with the trace of its decisions")
    .argument("<id>", "as `signalbox calls` shows it")
    .option("--json", "print one JSON object")
    .action(async (id: string, _options: unknown, command: Command) => {
      const { callsShow } = await import("./calls.ts");
      // `--json` stands on both and is the list's as soon as it is read.
      const { json } = command.optsWithGlobals<{ json?: boolean }>();
      state.code = await callsShow({ ...(json ? { json } : {}), ...common(), id }, io);
    });
  addCallsImport(calls, wiring);
}

function addCallsImport(calls: Command, { common, io, state }: Wiring): void {
  calls
    .command("import")
    .description("take the calls of a node's local file into the database that `records` names by now")
    .argument("<file>", "which no node writes to any more, such as signalbox.db; relative to --var")
    .action(async (file: string) => {
      const { importCalls } = await import("./calls-import.ts");
      state.code = await importCalls({ ...common(), file }, io);
    });
}

function addReport(program: Command, { common, io, state }: Wiring): void {
  program
    .command("report")
    .description("report what a client used")
    .command("usage")
    .description("a month's minutes, calls, peaks, time at the cap, refusals and recordings")
    .requiredOption("--tenant <name>", "the client")
    .option("--month <YYYY-MM>", "the current one, where the client is, unless given")
    .option(
      "--increment <first/next>",
      "seconds that are billed, instead of the configured: 1/1, 6/6, 30/6 or 60/60",
    )
    .addOption(formats())
    .addOption(asJson())
    .action(async (options: Omit<ReportUsageOptions, keyof Common>) => {
      oneForm(options);
      const { reportUsage } = await import("./report.ts");
      state.code = await reportUsage({ ...options, ...common() }, io);
    });
}

function addDids(program: Command, { common, io, state }: Wiring): void {
  program
    .command("dids")
    .description(
      "list the numbers: whose they are, where they lead, what they cost, when they were last called",
    )
    .option("--tenant <name>", "only this client's")
    .option("--unused-days <count>", "only those in service for so many days that nobody called in them")
    .addOption(formats())
    .addOption(asJson())
    .action(async (options: Omit<DidsOptions, keyof Common>) => {
      oneForm(options);
      const { dids } = await import("./dids.ts");
      state.code = await dids({ ...options, ...common() }, io);
    });
}

function addPlan(program: Command, { common, io, state }: Wiring): void {
  program
    .command("plan")
    .description("say whether caps, reserves, trunks and servers hold at the busiest minute")
    .option("--dial-level <lines>", "lines that the dialler calls for every agent", "3")
    .option(
      "--server-channels <count>",
      "recorded channels that one telephony server carries: 250 to 350",
      "300",
    )
    .option("--json", "print one JSON object")
    .action(async (options: Omit<PlanCommandOptions, keyof Common>) => {
      const { plan } = await import("./plan.ts");
      state.code = plan({ ...options, ...common() }, io);
    });
}

/** As on every other command that prints data. */
function asJson(): Option {
  return new Option("--json", "the same as --format json").implies({ format: "json" });
}

/** `--json` stands for a format of its own, and what `--format` says would win without a word. Throws WrongUse. */
function oneForm({ json, format }: { readonly json?: boolean; readonly format?: string }): void {
  if (json === true && format !== "json") throw new WrongUse(`take --json or --format ${format}, not both`);
}

function formats(): Option {
  return new Option("--format <format>").choices(["table", "csv", "json"]).default("table");
}
