import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isUsual, lackingIn, promptsOf } from "../config/check/prompts.ts";
import { pathText } from "../config/issue.ts";
import { hoursCodePrompts } from "../core/callflow/hours-code.ts";
import type { Tenant } from "../core/snapshot/snapshot.ts";
import { type Finding, type Judged, judgeFile } from "./judge.ts";
import { folderOf } from "./put.ts";

/** A file of a folder: `welcome.wav`, `es/welcome.wav`. */
export type InspectedFile = { readonly file: string } & Judged;

/** What is wrong, and of which prompt or file. */
export type FolderFinding = Finding & { readonly about: string };

export type Inspection = {
  /** A tenant, or `shared`. */
  readonly folder: string;
  readonly files: readonly InspectedFile[];
  readonly findings: readonly FolderFinding[];
};

const SOUND = /^([A-Za-z0-9][A-Za-z0-9_-]*)\.(wav|ulaw|alaw|gsm|sln)$/;
const LANGUAGE = /^[a-z]{2,3}(_[A-Z]{2})?$/;

/** Looks at the folder of one tenant, or at `shared` when there is none, as `owners` share the directory. */
export function inspectFolder(
  directory: string,
  tenant: Tenant | null,
  owners: readonly string[],
): Inspection {
  const folder = tenant?.id ?? "shared";
  const names = soundFiles(join(directory, folder));
  const files = names.map((file) => ({ file, ...judgeFile(join(directory, folder, file)) }));
  const findings = files.flatMap(({ file, findings: each }) => each.map((one) => ({ about: file, ...one })));
  if (tenant === null) return { folder, files, findings };
  const others = owners.filter((each) => each !== folder);
  return {
    folder,
    files,
    findings: [
      ...findings,
      ...missingPrompts(tenant),
      ...unusedFiles(tenant, names),
      ...names.flatMap((file) => strayFile(directory, folder, file, others)),
    ],
  };
}

function soundFiles(folder: string): string[] {
  return entriesOf(folder).flatMap((name) => {
    if (SOUND.test(name)) return [name];
    if (!LANGUAGE.test(name)) return [];
    return entriesOf(join(folder, name)).flatMap((each) => (SOUND.test(each) ? [`${name}/${each}`] : []));
  });
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function missingPrompts(tenant: Tenant): FolderFinding[] {
  const { sounds } = tenant.plan;
  const found = new Map<string, FolderFinding>();
  const miss = (about: string, severity: "error" | "warning", says: string) => {
    if (!found.has(about)) found.set(about, { about, severity, says });
  };
  const where = `put it into sounds/${tenant.id} or sounds/shared`;
  for (const { name, at, spoken } of promptsOf(tenant)) {
    if (lackingIn(name, spoken, tenant).length > 0)
      miss(name, "error", `is named at ${pathText(at)} and missing: ${where}`);
    if (!sounds.has(name)) continue;
    for (const language of spoken.keys()) {
      if (language === null || sounds.has(`${language}/${name}`)) continue;
      miss(`${language}/${name}`, "warning", `is not translated: callers hear ${name} as it is; ${where}`);
    }
  }
  for (const name of tenant.hoursCode === null ? [] : hoursCodePrompts) {
    if (!isUsual(name, tenant)) miss(name, "error", `is played by hours_code and missing: ${where}`);
  }
  return [...found.values()];
}

/** What Asterisk or a mailbox plays by itself is not named anywhere. */
const PLAYED_UNNAMED: ReadonlySet<string> = new Set(["voicemail-greeting", ...hoursCodePrompts]);

function unusedFiles(tenant: Tenant, files: readonly string[]): FolderFinding[] {
  const named = new Set([...promptsOf(tenant)].map(({ name }) => name));
  return files.flatMap((file): FolderFinding[] => {
    const name = (file.split("/").at(-1) ?? "").replace(/\.[a-z]+$/, "");
    if (named.has(name) || PLAYED_UNNAMED.has(name)) return [];
    return [{ about: file, severity: "warning", says: "is named nowhere in the tenant's configuration" }];
  });
}

/** A prompt that is really somebody else's: through a link, or as a copy of it. */
function strayFile(
  directory: string,
  folder: string,
  file: string,
  others: readonly string[],
): FolderFinding[] {
  const path = join(directory, folder, file);
  const finding = (severity: Finding["severity"], says: string) => [{ about: file, severity, says }];
  try {
    const real = folderOf(directory, path);
    if (real !== folder && real !== "shared") {
      if (real !== null)
        return finding("error", `is a link into the folder of ${real}: put a file of its own there`);
      return finding("warning", "is a link that leaves the folder of sounds");
    }
    const copied = others.find((other) => sameContent(path, join(directory, other, file)));
    return copied === undefined
      ? []
      : finding("warning", `is the very recording of ${copied}: move it to shared, or record its own`);
  } catch {
    return finding("error", "is a link that leads nowhere");
  }
}

function sameContent(one: string, other: string): boolean {
  try {
    return digestOf(one) === digestOf(other);
  } catch {
    return false;
  }
}

function digestOf(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("base64");
}
