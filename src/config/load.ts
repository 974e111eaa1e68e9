/**
 * Files → parsed → validated → compiled → cross-checked → one snapshot, all or nothing. It reads whole directories
 * synchronously: commands call it as it is, a running node has it done elsewhere (reading.ts). It decides
 * nothing about calls and connects to nothing.
 */
import { resolve } from "node:path";
import type { Snapshot, System } from "../core/snapshot/snapshot.ts";
import { clearAway } from "../platform/thread.ts";
import type { TenantDraft } from "./check/draft.ts";
import { checkDraft } from "./check/index.ts";
import { compileSystem, compileTrunks } from "./compile/system.ts";
import { compileTenant, type Surroundings } from "./compile/tenant.ts";
import { type Issue, Report, sortIssues } from "./issue.ts";
import { createListedFiles, type ListedFiles } from "./listed-files.ts";
import { withPositions } from "./positions.ts";
import { readSources, type Sources } from "./read.ts";
import { createSecrets } from "./secrets.ts";
import { createSnapshotBuilder } from "./snapshot-builder.ts";
import { findSounds, type Sounds, soundsBeside, soundsFolder } from "./sounds.ts";
import { nameOf, tenantFilesOf, validateSystem, validateTenant, validateTrunks } from "./validate.ts";

/** What the configuration is read for: `check` is strict about prompts, `serve` and `render` about secrets. */
export type Purpose = "check" | "serve" | "simulate" | "render";

export type LoadOptions = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly purpose: Purpose;
  /** Directory of prompts; the configuration's own (soundsFolder) unless said otherwise. */
  readonly sounds?: string | undefined;
};

/** `snapshot` is null exactly when there are errors. Issues are sorted by file and place. */
export type Loaded = {
  readonly snapshot: Snapshot | null;
  readonly errors: readonly Issue[];
  readonly warnings: readonly Issue[];
  /** Absolute paths of files that the configuration names besides its own, and of the folders of prompts, there or not. */
  readonly files: readonly string[];
};

/** Characters of files whose values are cleared away at once: left to itself, the collector comes late on a busy machine. */
const CLEAR_AFTER = 3_000_000;

/** Reads, judges and compiles the configuration in `directory`. Never throws for what stands in the files. */
export function loadConfiguration(directory: string, options: LoadOptions): Loaded {
  const report = new Report();
  const root = resolve(directory);
  const sources = readSources(root, report);
  const thorough = options.purpose === "check";
  const files = createListedFiles(root, sources.hash, { thorough, report });
  const sounds = findSounds(options.sounds ?? soundsFolder(root));
  const snapshot = compile(sources, { ...options, report, files, sounds });
  const failed = report.errors.length > 0;
  return {
    snapshot: failed ? null : snapshot,
    errors: finish(report.errors, sources),
    warnings: finish(report.warnings, sources),
    files: [...files.paths, ...sounds.folders, soundsBeside(root)],
  };
}

function finish(issues: readonly Issue[], { texts }: Sources): Issue[] {
  return issues.length === 0 ? [] : sortIssues(withPositions(issues, texts));
}

type CompileOptions = Omit<LoadOptions, "sounds"> & {
  readonly sounds: Sounds;
  readonly report: Report;
  readonly files: ListedFiles;
};

function compile(sources: Sources, options: CompileOptions): Snapshot {
  const { report, env, purpose, files, sounds } = options;
  const secrets = createSecrets({ env, required: purpose === "serve" || purpose === "render", report });
  const validated = { system: validateSystem(sources, report), trunks: validateTrunks(sources, report) };
  const system = compileSystem(validated.system.raw, { secrets, files });
  const trunks = compileTrunks(validated.trunks.raw, system.country, secrets);
  const tenants = compileTenants(sources, { system, report, files, sounds });
  const named = [...tenantFilesOf(sources), ...sources.unread].map(nameOf);
  const tenantNames = sources.unlisted ? null : new Set(named);
  checkDraft({ validated, system, trunks, tenants, tenantNames, thorough: purpose === "check", report });
  const builder = createSnapshotBuilder({
    revision: sources.hash.digest("hex").slice(0, 12),
    system,
    trunks,
    overflow: validated.trunks.raw.overflow ?? [],
  });
  builder.add(tenants.map(({ tenant }) => tenant));
  return builder.done();
}

/** One file after the other from text to tenant, so that only one stands there in all its forms. */
function compileTenants(
  sources: Sources,
  {
    system,
    report,
    files,
    sounds,
  }: Omit<Surroundings, "country" | "whenSlotsUnreachable"> & { system: System },
): TenantDraft[] {
  const { country, whenSlotsUnreachable } = system;
  let read = 0;
  return tenantFilesOf(sources).flatMap((file): TenantDraft[] => {
    if (read > CLEAR_AFTER) {
      clearAway();
      read = 0;
    }
    read += sources.texts.get(file)?.length ?? 0;
    const sound = validateTenant(file, sources, report);
    if (sound === null) return [];
    const tenant = compileTenant(sound, { country, whenSlotsUnreachable, report, files, sounds });
    const { dids: _, ...raw } = sound.raw;
    return [{ id: sound.id, file, raw, dropped: sound.dropped, tenant }];
  });
}
