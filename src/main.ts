/** The process: hands its arguments, streams and environment to the command line and ends with its exit code. */
import { runCommandLine } from "./commands/program.ts";
import { processTerminal } from "./commands/terminal.ts";

// Whoever reads our output may stop reading (`| head`): that is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  process.stderr.write(`signalbox: what was asked for could not be written whole: ${error.message}\n`);
  process.exit(1);
});
// What is said beside the output may find nobody, too (`2>&1 | head`), and is no reason to break off.
process.stderr.on("error", () => {});

process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  env: process.env,
  colour: process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb",
  terminal: processTerminal(),
});
