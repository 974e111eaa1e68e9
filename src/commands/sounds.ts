import { cpSync, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { soundsBeside, soundsFolder } from "../config/sounds.ts";
import { parseTenantId } from "../core/tenant/tenant-id.ts";
import { SignalboxError } from "../platform/errors.ts";
import { type Inspection, inspectFolder } from "../sounds/inspect.ts";
import { folderOf, isPromptName, putPrompt } from "../sounds/put.ts";
import { convert, DEFAULT_VOICE, speak } from "../sounds/speak.ts";
import { type Common, counted, type Io, WrongUse } from "./io.ts";
import { loadSnapshot } from "./load-snapshot.ts";

export type SoundsCheckOptions = Common & { readonly tenant?: string; readonly json?: boolean };

/** Judges the prompts of every tenant and the shared ones, or of one tenant; 1 when there is an error. */
export function checkSounds(options: SoundsCheckOptions, io: Io): number {
  const snapshot = loadSnapshot(options.config, "simulate", io);
  if (snapshot === null) return 1;
  const directory = soundsFolder(options.config);
  const all = [...snapshot.tenants.values()];
  const chosen = all.filter(({ id }) => options.tenant === undefined || id === options.tenant);
  if (options.tenant !== undefined && chosen.length === 0) throw unknownTenant(options.tenant);
  const owners = all.map(({ id }) => id);
  const inspections = [
    ...(options.tenant === undefined ? [inspectFolder(directory, null, owners)] : []),
    ...chosen.map((tenant) => inspectFolder(directory, tenant, owners)),
  ];
  if (options.json) io.out(`${JSON.stringify(inspections.map(asJson), null, 2)}\n`);
  else for (const each of inspections) print(each, io);
  const faults = inspections
    .flatMap(({ findings }) => findings)
    .filter(({ severity }) => severity === "error");
  return faults.length === 0 ? 0 : 1;
}

function print({ folder, files, findings }: Inspection, io: Io): void {
  for (const { about, severity, says } of findings) {
    io.err(`${severity === "warning" ? "warning: " : ""}sounds/${folder}: ${about}: ${says}\n`);
  }
  const seconds = files.reduce((sum, file) => sum + (file.seconds ?? 0), 0);
  const faults = findings.filter(({ severity }) => severity === "error").length;
  const odd = findings.length - faults;
  const verdict = [
    faults === 0 ? "no errors" : counted(faults, "error"),
    ...(odd === 0 ? [] : [counted(odd, "warning")]),
  ].join(", ");
  io.out(`${folder}: ${counted(files.length, "prompt")}, ${seconds.toFixed(0)} s; ${verdict}\n`);
}

function asJson({ folder, files, findings }: Inspection) {
  return {
    folder,
    files: files.map(({ file, seconds, loudness }) => ({
      file,
      seconds: rounded(seconds),
      peak_db: rounded(loudness?.peakDb ?? null),
      rms_db: rounded(loudness?.rmsDb ?? null),
      clipped_samples: loudness?.clipped ?? null,
    })),
    issues: findings.map(({ about, severity, says }) => ({ about, severity, message: says })),
  };
}

/** Digital silence has no decibels. */
function rounded(value: number | null): number | null {
  return value === null || !Number.isFinite(value) ? null : Math.round(value * 100) / 100;
}

export type SoundsBuildOptions = Common & {
  readonly tenant: string;
  readonly name: string;
  readonly text?: string;
  readonly voice?: string;
  readonly from?: string;
};

/** Makes one prompt of one tenant, from a text or from a recording. */
export function buildSound(options: SoundsBuildOptions, io: Io): number {
  const { tenant, name, config } = options;
  if (parseTenantId(tenant) === null || !existsSync(join(config, "tenants", `${tenant}.yaml`))) {
    throw unknownTenant(tenant);
  }
  if (!isPromptName(name)) throw new WrongUse(`${name}: a prompt is named like welcome, or es/welcome`);
  const bytes = made(options, soundsFolder(config));
  const directory = folderBeside(config, io);
  const changed = putPrompt(directory, tenant, name, bytes);
  io.out(`${join(directory, tenant, `${name}.wav`)}\n`);
  if (!changed) io.err("signalbox: it was there already, the same to the last byte\n");
  return 0;
}

/** The first prompt of one's own must not take away those that came along: `sounds` beside takes their place. */
function folderBeside(config: string, io: Io): string {
  const directory = soundsBeside(config);
  if (existsSync(directory)) return directory;
  const shipped = join(soundsFolder(config), "shared");
  cpSync(shipped, join(directory, "shared"), { recursive: true });
  io.err(
    `signalbox: ${directory} is new, with a copy of the shared prompts: link Asterisk's sounds/signalbox to it\n`,
  );
  return directory;
}

function made({ text, voice, from, tenant }: SoundsBuildOptions, directory: string): Buffer {
  if ((text === undefined) === (from === undefined)) throw new WrongUse("give either --text or --from");
  if (from === undefined) {
    if (text === undefined || text.trim() === "") throw new WrongUse("--text says nothing");
    if (voice !== undefined && !/^[A-Za-z0-9][A-Za-z0-9+_-]{0,40}$/.test(voice)) {
      throw new WrongUse(`--voice ${voice}: espeak-ng --voices lists them`);
    }
    return speak(text, voice ?? DEFAULT_VOICE);
  }
  if (voice !== undefined) throw new WrongUse("--voice goes with --text");
  if (!existsSync(from) || !statSync(from).isFile())
    throw new WrongUse(`--from ${from}: there is no such file`);
  const owner = folderOf(directory, from);
  if (owner !== null && owner !== tenant && owner !== "shared") {
    throw new SignalboxError(
      "prompt_foreign",
      `${from} belongs to ${owner}: a tenant's prompt is never another's`,
    );
  }
  return convert(from);
}

function unknownTenant(tenant: string): WrongUse {
  return new WrongUse(`--tenant ${tenant}: no tenant has this name; it is the name of a file in tenants/`);
}
