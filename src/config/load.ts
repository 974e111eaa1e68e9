/**
 * Files → parsed → validated → compiled → cross-checked → one snapshot, all or nothing. It reads whole directories
 * synchronously: commands call it as it is, a running node calls it in a worker (configuration.ts). It decides
 * nothing about calls and connects to nothing.
 */
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { checkDraft } from "./check/index.ts";
import { compileSystem, compileTrunks } from "./compile/system.ts";
import { compileTenant } from "./compile/tenant.ts";
import { type ConfigPath, type Issue, Report, sortIssues } from "./issue.ts";
import { withPositions } from "./positions.ts";
import { problemOf, readRegular, readSources, type Sources } from "./read.ts";
import { createSecrets } from "./secrets.ts";
import { createSnapshotBuilder } from "./snapshot-builder.ts";
import { findSounds } from "./sounds.ts";
import { checkUnbuilt } from "./unbuilt.ts";
import { type Validated, validateSources } from "./validate.ts";

/** What the configuration is read for: `check` is strict about prompts, `serve` and `render` about secrets. */
export type Purpose = "check" | "serve" | "simulate" | "render";

export type LoadOptions = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly purpose: Purpose;
  /** Directory of prompts; `sounds` beside the configuration unless said otherwise. */
  readonly sounds?: string | undefined;
};

/** `snapshot` is null exactly when there are errors. Issues are sorted by file and place. */
export type Loaded = {
  readonly snapshot: Snapshot | null;
  readonly errors: readonly Issue[];
  readonly warnings: readonly Issue[];
};

/** Reads, judges and compiles the configuration in `directory`. Never throws for what stands in the files. */
export function loadConfiguration(directory: string, options: LoadOptions): Loaded {
  const report = new Report();
  const root = resolve(directory);
  const sources = readSources(root, report);
  const validated = validateSources(sources, report);
  const snapshot = compile(validated, sources, { ...options, root, report });
  const failed = report.errors.length > 0;
  return {
    snapshot: failed ? null : snapshot,
    errors: finish(report.errors, sources),
    warnings: finish(report.warnings, sources),
  };
}

function finish(issues: readonly Issue[], { texts }: Sources): Issue[] {
  return issues.length === 0 ? [] : sortIssues(withPositions(issues, texts));
}

type CompileOptions = LoadOptions & { readonly root: string; readonly report: Report };

function compile(validated: Validated, sources: Sources, options: CompileOptions): Snapshot {
  const { root, report, env, purpose } = options;
  const secrets = createSecrets({ env, required: purpose === "serve" || purpose === "render", report });
  const { system: rawSystem, trunks: rawTrunks } = validated;
  const filesOf = (file: string, path: ConfigPath) => referencedFiles({ file, path, root, report, sources });
  const system = compileSystem(rawSystem.raw, {
    secrets,
    numberFile: filesOf(rawSystem.file, ["do_not_call", "file"]).numberFile,
  });
  const trunks = compileTrunks(rawTrunks.raw, system.country, secrets);
  const sounds = findSounds(options.sounds ?? join(dirname(root), "sounds"));
  const tenants = validated.tenants.map((sound) => {
    const around = {
      directory: root,
      country: system.country,
      whenSlotsUnreachable: system.whenSlotsUnreachable,
      report,
      read: filesOf(sound.file, []).read,
      numberFile: filesOf(sound.file, ["do_not_call", "file"]).numberFile,
      sounds: sounds.of,
    };
    return { ...sound, tenant: compileTenant(sound, around) };
  });
  checkUnbuilt(validated, tenants, report);
  checkDraft({ validated, system, trunks, tenants, promptsRequired: purpose === "check", report });
  const builder = createSnapshotBuilder({
    revision: sources.hash.digest("hex").slice(0, 12),
    system,
    trunks,
    overflow: rawTrunks.raw.overflow ?? [],
  });
  builder.add(tenants.map(({ tenant }) => tenant));
  return builder.done();
}

function referencedFiles(at: {
  readonly file: string;
  readonly path: ConfigPath;
  readonly root: string;
  readonly report: Report;
  readonly sources: Sources;
}) {
  const pathOf = (name: string) => (isAbsolute(name) ? name : join(at.root, name));
  const read = (name: string): string => {
    try {
      const bytes = readRegular(pathOf(name), MOST_LIST_BYTES);
      at.sources.hash.update(`${name}\0`).update(bytes);
      return bytes.toString("utf8");
    } catch (error) {
      at.report.error(at.file, at.path, `${name}: ${problemOf(error)}`);
      return "";
    }
  };
  return {
    read,
    numberFile: (name: string) => {
      read(name);
      return { file: pathOf(name) };
    },
  };
}

/** Ten million numbers. */
const MOST_LIST_BYTES = 160 * 1024 * 1024;
