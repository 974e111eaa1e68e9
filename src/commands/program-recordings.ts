import type { Command } from "commander";
import type { Common } from "./io.ts";
import type { Wiring } from "./program-live.ts";
import type { RecordingsListOptions } from "./recordings.ts";
import type { RecordingsExportOptions } from "./recordings-export.ts";
import type { RecordingsKeepOptions } from "./recordings-keep.ts";
import type { RecordingsPurgeOptions } from "./recordings-purge.ts";
import type { RecordingsVerifyOptions } from "./recordings-verify.ts";

/** Everything about recorded files; only pausing and resuming ask the running node. */
export function addRecordingCommands(program: Command, wiring: Wiring): void {
  const recordings = program
    .command("recordings")
    .description("find, hand out, check and delete what was recorded, and pause what is being recorded");
  addLooking(recordings, wiring);
  addKeeping(recordings, wiring);
  addPausing(recordings, wiring);
}

function chosen(command: Command): Command {
  return command
    .option("--server <name>", "only of this switch")
    .option("--call <id>", "only of this call")
    .option(
      "--since <moment>",
      "of calls that began then or later: 2h or 7d ago, or the client's clock, else UTC's",
    )
    .option("--until <moment>", "of calls that began before");
}

function addLooking(recordings: Command, { common, io, state }: Wiring): void {
  type Written = Omit<RecordingsListOptions, keyof Common>;
  chosen(recordings.command("list").description("list recordings, oldest first"))
    .option("--tenant <name>", "only this client's")
    .option("--all", "those too that are deleted, empty, missing or not looked at yet")
    .option("--limit <count>", "at most so many")
    .option("--json", "print JSON")
    .action(async (options: Written) => {
      const { listRecordings } = await import("./recordings.ts");
      state.code = await listRecordings({ ...options, ...common() }, io);
    });
  chosen(recordings.command("path").description("print the absolute paths of recordings, one a line"))
    .option("--tenant <name>", "only this client's")
    .argument("[call]", "of this call")
    .action(async (call: string | undefined, options: Written) => {
      const { recordingPaths } = await import("./recordings.ts");
      const one = call === undefined ? {} : { call };
      state.code = await recordingPaths({ ...options, ...one, ...common() }, io);
    });
  chosen(recordings.command("export").description("copy a client's recordings, with their checksums"))
    .requiredOption("--tenant <name>", "whose")
    .option("--to <dir>", "a new directory, absolute or relative to --var; one below exports/ unless given")
    .action(async (options: Omit<RecordingsExportOptions, keyof Common>) => {
      const { exportRecordings } = await import("./recordings-export.ts");
      state.code = await exportRecordings({ ...options, ...common() }, io);
    });
  recordings
    .command("verify")
    .description("name every file without a row, row without a file and file that changed")
    .option("--tenant <name>", "only this client's")
    .option("--server <name>", "only of this switch, whose files are on this machine")
    .option("--json", "print a JSON array")
    .action(async (options: Omit<RecordingsVerifyOptions, keyof Common>) => {
      const { verifyRecordings } = await import("./recordings-verify.ts");
      state.code = await verifyRecordings({ ...options, ...common() }, io);
    });
}

function addKeeping(recordings: Command, { common, io, state }: Wiring): void {
  recordings
    .command("hold")
    .description("keep recordings whatever their time, until they are released")
    .argument("<call...>", "calls, as `signalbox calls` shows them")
    .requiredOption("--why <text>", "the reason, for who looks later")
    .action(async (calls: string[], { why }: { why: string }) => {
      const { holdRecordings } = await import("./recordings.ts");
      state.code = await holdRecordings({ calls, why, ...common() }, io);
    });
  recordings
    .command("release")
    .description("hold recordings no more")
    .argument("<call...>", "calls, as `signalbox calls` shows them")
    .action(async (calls: string[]) => {
      const { releaseRecordings } = await import("./recordings.ts");
      state.code = await releaseRecordings({ calls, ...common() }, io);
    });
  chosen(recordings.command("keep").description("keep recordings that are there already longer or shorter"))
    .requiredOption("--tenant <name>", "whose")
    .option("--days <count>", "days from the end of the call; keep_days as configured now unless given")
    .option("--apply", "do it; without it nothing is changed, only told")
    .action(async (options: Omit<RecordingsKeepOptions, keyof Common>) => {
      const { keepRecordings } = await import("./recordings-keep.ts");
      state.code = await keepRecordings({ ...options, ...common() }, io);
    });
  recordings
    .command("purge")
    .description("say which recordings' time is over; with --delete, delete them")
    .option("--tenant <name>", "only this client's")
    .option("--server <name>", "only of this switch, whose files are on this machine")
    .option("--clock-is-right", "although the newest call on record is long past")
    .option("--dry-run", "delete nothing, which is the default")
    .option("--delete", "delete them; their rows stay and say so")
    .action(async (options: Omit<RecordingsPurgeOptions, keyof Common> & { dryRun?: boolean }) => {
      const { purgeRecordings } = await import("./recordings-purge.ts");
      const { dryRun = false, ...rest } = options;
      state.code = await purgeRecordings(
        { ...rest, ...common(), delete: rest.delete === true && !dryRun },
        io,
      );
    });
}

function addPausing(recordings: Command, { common, io, state }: Wiring): void {
  const order = (what: "pause" | "resume", description: string) =>
    recordings
      .command(what)
      .description(description)
      .argument("<call>", "a call that is on")
      .action(async (call: string) => {
        const { pauseRecording } = await import("./recordings.ts");
        state.code = await pauseRecording(what, { call, ...common() }, io);
      });
  order("pause", "record nothing of a call until it is resumed");
  order("resume", "record the call again");
}
