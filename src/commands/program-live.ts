import type { Command } from "commander";
import type { Common, Io } from "./io.ts";

/** What a part of the command line needs: the options before the command, the streams, where the exit code goes. */
export type Wiring = { readonly common: () => Common; readonly io: Io; readonly state: { code: number } };

type Json = { readonly json?: boolean };

/** Commands that ask the running node. */
export function addLiveCommands(program: Command, { common, io, state }: Wiring): void {
  program
    .command("top")
    .description("show what goes on in the running node, every second on a terminal; q ends")
    .option("--json", "print one JSON object")
    .action(async (options: Json) => {
      const { top } = await import("./top.ts");
      state.code = await top({ ...options, ...common() }, io);
    });
  program
    .command("trunks")
    .description("show every trunk's use, health, last failure, answered share and cost")
    .option("--json", "print a JSON array")
    .action(async (options: Json) => {
      const { trunks } = await import("./trunks.ts");
      state.code = await trunks({ ...options, ...common() }, io);
    });
  program
    .command("doctor")
    .description(
      "look at this machine and every switch: rights, clocks, disk, dialplan, trunks; each finding with its mend",
    )
    .option("--json", "print a JSON array")
    .action(async (options: Json) => {
      const { doctor } = await import("./doctor.ts");
      state.code = await doctor({ ...options, ...common() }, io);
    });
  addSlots(program, { common, io, state });
}

function addSlots(program: Command, { common, io, state }: Wiring): void {
  const slots = program
    .command("slots")
    .description("list the live trunk legs, the oldest first")
    .option("--tenant <name>", "only this client's")
    .option("--json", "print JSON")
    .action(async (options: Json & { readonly tenant?: string }) => {
      const command = await import("./slots.ts");
      state.code = await command.slots({ ...options, ...common() }, io);
    });
  slots
    .command("explain")
    .description("say why the client's next call would be let in or refused at this moment")
    .argument("<tenant>", "the client")
    .option("--json", "print one JSON object")
    .action(async (tenant: string, _options: Json, command: Command) => {
      const { explainSlots } = await import("./slots.ts");
      // `--json` stands on both and is the list's as soon as it is read.
      const { json } = command.optsWithGlobals<{ json?: boolean }>();
      state.code = await explainSlots({ ...(json ? { json } : {}), ...common(), tenant }, io);
    });
  slots
    .command("free")
    .description("free a slot that no channel stands for any more; goes to the log with your name")
    .argument("<id>", "as `signalbox slots` shows it")
    .requiredOption("--why <text>", "the reason, for the log and for who looks later")
    .action(async (id: string, { why }: { why: string }) => {
      const { freeSlot } = await import("./slots.ts");
      state.code = await freeSlot({ ...common(), id, why }, io);
    });
}
