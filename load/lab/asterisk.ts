// One private Asterisk for the demo, the lab and the tests: its own folders, loopback addresses, the
// current user. It reads and writes nothing under /etc/asterisk or /var/lib/asterisk, and it ends with
// the process that started it, also when that one is killed.
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { defaultFiles } from "./asterisk-files.ts";
import { type AsteriskVersion, type FoundAsterisk, findAsterisk } from "./find-asterisk.ts";
import { LabError } from "./lab-error.ts";
import { assertPortFree, parseAddress, waitFor } from "./ports.ts";
import { type Child, runCommand, startChild } from "./processes.ts";
import { socketFolder } from "./socket-folder.ts";

export { findAsterisk } from "./find-asterisk.ts";

export type AsteriskOptions = {
  readonly version: AsteriskVersion;
  /** Private folder, created; configuration, logs, spool and recordings stay in it after the end. */
  readonly folder: string;
  /** Name under etc/asterisk → text; replaces a default of that name or adds a file. */
  readonly files: Readonly<Record<string, string>>;
  /** Address of the SIP transport (default 127.0.0.1:5060). */
  readonly sip?: string;
  /** Address of the manager interface (default 127.0.0.1:5038). */
  readonly ami?: string;
  /** Folder of prompts; Playback(signalbox/NAME) finds them. */
  readonly sounds?: string;
  /** Folder that MixMonitor's relative names are written to; created. */
  readonly recordings?: string;
  /** 16 only: chan_sip instead of chan_pjsip. */
  readonly chanSip?: boolean;
  /** RTP ports (default 10000 to 20000). */
  readonly rtpStart?: number;
  readonly rtpEnd?: number;
  /** Lines for [options] of asterisk.conf, such as systemname. */
  readonly asteriskOptions?: Readonly<Record<string, string>>;
  /** Every line of Asterisk's log, as it is written to the console. */
  readonly log?: (line: string) => void;
};

export type RunningAsterisk = {
  readonly pid: number;
  /** As it calls itself, such as 22.10.1. */
  readonly version: string;
  readonly folder: string;
  readonly sip: string;
  readonly ami: string;
  /** Runs one console command and gives what it printed; rejects with `asterisk_cli`. */
  cli(command: string): Promise<string>;
  /** Hangs up what is there and ends; after five seconds by force. Safe to call again. */
  stop(): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** The exit code, null when a signal ended it. */
  readonly exited: Promise<number | null>;
};

const BOOT_MS = 60_000;

/**
 * Starts an Asterisk and resolves when it has fully booted. Rejects with a LabError: `asterisk_missing`,
 * `port_taken`, or `asterisk_failed` with the last 40 lines of its log.
 */
export async function startAsterisk(options: AsteriskOptions): Promise<RunningAsterisk> {
  const found = findAsterisk(options.version);
  const sip = options.sip ?? "127.0.0.1:5060";
  const ami = options.ami ?? "127.0.0.1:5038";
  await assertFree(sip, "udp", "Asterisk's SIP transport");
  await assertFree(ami, "tcp", "Asterisk's manager interface");
  const folder = resolve(options.folder);
  const runFolder = await socketFolder(folder);
  try {
    await layOut(options, found, { folder, runFolder, sip, ami });
    return await boot(options, found, { folder, runFolder, sip, ami });
  } catch (error) {
    await rm(runFolder, { recursive: true, force: true });
    throw error;
  }
}

type Place = {
  readonly folder: string;
  readonly runFolder: string;
  readonly sip: string;
  readonly ami: string;
};

async function assertFree(address: string, kind: "udp" | "tcp", use: string): Promise<void> {
  const { host, port } = parseAddress(address);
  await assertPortFree(host, port, kind, use);
}

async function layOut(options: AsteriskOptions, found: FoundAsterisk, place: Place): Promise<void> {
  const { folder } = place;
  const folders = [
    "etc/asterisk",
    "cache",
    "db",
    "keys/keys",
    "agi-bin",
    "spool/voicemail",
    "spool/outgoing",
    "spool/tmp",
  ];
  const made = [
    ...folders,
    "log/cdr-csv",
    "log/cdr-custom",
    "log/cel-custom",
    "sbin",
    "data/sounds",
    "data/static-http",
  ];
  for (const name of made) await mkdir(join(folder, name), { recursive: true });
  await link(found.documentation, join(folder, "data/documentation"));
  await link(found.prompts, join(folder, "data/sounds/en"));
  await link(found.prompts && join(found.prompts, "silence"), join(folder, "data/moh"));
  await link(options.sounds && resolve(options.sounds), join(folder, "data/sounds/signalbox"));
  if (options.recordings !== undefined) {
    await mkdir(options.recordings, { recursive: true });
    await link(resolve(options.recordings), join(folder, "spool/monitor"));
  }
  const files = {
    ...defaultFiles({
      ...place,
      modules: found.modules,
      chanSip: options.chanSip ?? false,
      rtpStart: options.rtpStart ?? 10_000,
      rtpEnd: options.rtpEnd ?? 20_000,
      asteriskOptions: options.asteriskOptions ?? {},
      callDetails: options.files["cdr_custom_signalbox.conf"] !== undefined,
    }),
    ...options.files,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, "etc/asterisk", name), text);
}

// Replaces an older link, so that a folder can be used again with other sounds.
async function link(target: string | undefined, path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
  if (target !== undefined && existsSync(target)) await symlink(target, path);
}

async function boot(options: AsteriskOptions, found: FoundAsterisk, place: Place): Promise<RunningAsterisk> {
  const [program, ...prefix] = found.command;
  const configuration = join(place.folder, "etc/asterisk/asterisk.conf");
  const child = await startChild({
    name: `Asterisk ${options.version}`,
    command: "/bin/sh",
    // Under the umask of docs/deploy.md: recordings are 0640 in folders of 0750.
    // -f: in the foreground, no console and no fork, so the process id is Asterisk's own.
    args: ["-c", 'umask 027; exec "$@"', "sh", program, ...prefix, "-C", configuration, "-f", "-vvv"],
    cwd: place.folder,
    env: { ...process.env, LC_ALL: "C", HOME: place.folder },
    ...(options.log === undefined ? {} : { onLine: options.log }),
  });
  const cli = async (command: string): Promise<string> => {
    const args = [...prefix, "-C", configuration, "-rx", command];
    const outcome = await runCommand(program, args, { timeoutMs: BOOT_MS, cwd: place.folder });
    if (outcome.code === 0) return outcome.stdout;
    const said = (outcome.stderr + outcome.stdout).trim();
    throw new LabError("asterisk_cli", `Asterisk ${options.version} did not take "${command}": ${said}`);
  };
  try {
    const version = await booted(child, cli, place);
    const gone = child.exited.then(async (status) => {
      await rm(place.runFolder, { recursive: true, force: true });
      return status.code;
    });
    return {
      pid: child.pid,
      version,
      folder: place.folder,
      sip: place.sip,
      ami: place.ami,
      cli,
      kill: child.kill,
      exited: gone,
      stop: async () => {
        await child.stop({ signal: "SIGTERM", graceMs: 5_000 });
        await gone;
      },
    };
  } catch (error) {
    await child.stop({ signal: "SIGKILL" });
    const words = error instanceof Error ? error.message : String(error);
    const log = await lastLogLines(place.folder, child);
    throw new LabError(
      "asterisk_failed",
      `Asterisk ${options.version} did not start: ${words}\n${log}`,
      error,
    );
  }
}

/** Waits for the end of the boot and gives the version. */
async function booted(
  child: Child,
  cli: (command: string) => Promise<string>,
  place: Place,
): Promise<string> {
  const socket = join(place.runFolder, "asterisk.ctl");
  let over = false;
  const ended = child.exited.then((status) => {
    throw new LabError("asterisk_failed", `it ended with ${status.code ?? status.signal}`);
  });
  const ready = (async () => {
    await waitFor("its control socket", () => over || existsSync(socket) || undefined, BOOT_MS);
    // The socket file is there a moment before Asterisk listens on it.
    await waitFor("its console", () => cli("core waitfullybooted").catch(() => undefined), BOOT_MS, 100);
    const shown = await cli("core show version");
    return /Asterisk (?:certified\/)?([\d.]+)/.exec(shown)?.[1] ?? "unknown";
  })();
  ready.catch(() => {});
  try {
    return await Promise.race([ready, ended]);
  } finally {
    over = true;
    ended.catch(() => {});
  }
}

async function lastLogLines(folder: string, child: Child): Promise<string> {
  const file = join(folder, "log/full");
  const text = existsSync(file) ? await readFile(file, "utf8") : "";
  const lines = text.trim() === "" ? child.lines() : text.trimEnd().split("\n");
  return [`its last lines (all of them are in ${folder}/log):`, ...lines.slice(-40)].join("\n");
}
