import type { Command } from "commander";
import type { Wiring } from "./program-live.ts";

/** What is asked of the database of a VICIdial on the same switches. */
export function addVicidialCommands(program: Command, { common, io, state }: Wiring): void {
  const vicidial = program.command("vicidial").description("look into the VICIdial on the same switches");
  vicidial
    .command("trunks")
    .description("print the rows that keep its dialler under each client's cap, as SQL with reasons")
    .action(async () => {
      const { vicidialTrunks } = await import("./vicidial.ts");
      state.code = await vicidialTrunks(common(), io);
    });
  vicidial
    .command("audit")
    .description("name every setting by which one client reaches another or calls go out past the caps")
    .option("--json", "print a JSON array", false)
    .action(async ({ json }: { json: boolean }) => {
      const { vicidialAudit } = await import("./vicidial.ts");
      state.code = await vicidialAudit({ ...common(), json }, io);
    });
}
