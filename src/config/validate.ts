import { basename } from "node:path";
import type { z } from "zod";
import { parseTenantId, type TenantId } from "../core/tenant/tenant-id.ts";
import type { ConfigPath, Report } from "./issue.ts";
import { type Sources, SYSTEM_FILE, TRUNKS_FILE } from "./read.ts";
import { isMapping } from "./schema/delegate.ts";
import { type RawSystem, type RawTrunks, systemSchema, trunksSchema } from "./schema/system.ts";
import { type RawTenant, tenantSchema } from "./schema/tenant.ts";
import { type Finding, findingsOf, wording } from "./schema/wording.ts";

/**
 * One file after its schema: what of it is sound, and which parts were dropped for an error already reported. The
 * checks that follow look at the sound rest, so that one run names everything, and stay silent about the dropped.
 */
export type Sound<Raw> = {
  readonly file: string;
  readonly raw: Raw;
  readonly dropped: ReadonlySet<string>;
};

export type SoundTenant = Sound<RawTenant> & { readonly id: TenantId };

/** Sections of named entries: one broken entry is dropped, not its neighbours. */
const SECTIONS: ReadonlySet<string> = new Set(["dids", "routes", "menus", "hours"]);
const SYSTEM_FORM: Form = { required: {}, sections: new Set() };
const TRUNKS_FORM: Form = { required: { trunks: {} }, sections: new Set(["trunks"]) };

export function validateSystem(sources: Sources, report: Report): Sound<RawSystem> {
  const sound = validate(SYSTEM_FILE, sources.parse(SYSTEM_FILE), systemSchema, SYSTEM_FORM, report);
  return sound ?? { file: SYSTEM_FILE, raw: {}, dropped: new Set(["*"]) };
}

export function validateTrunks(sources: Sources, report: Report): Sound<RawTrunks> {
  const sound = validate(TRUNKS_FILE, sources.parse(TRUNKS_FILE), trunksSchema, TRUNKS_FORM, report);
  return sound ?? { file: TRUNKS_FILE, raw: { trunks: {} }, dropped: new Set(["*"]) };
}

/** Null when nothing of the file can be used; why is reported. */
export function validateTenant(file: string, sources: Sources, report: Report): SoundTenant | null {
  const id = tenantOf(file, report);
  const value = sources.parse(file);
  if (id === null) return null;
  const required = { tenant: id, timezone: "UTC" };
  const sound = validate(file, value, tenantSchema, { required, sections: SECTIONS }, report);
  if (sound === null) return null;
  if (sound.raw.tenant !== id) {
    const says = `the file is ${file} and its tenant is "${sound.raw.tenant}": give both one name`;
    report.error(file, ["tenant"], says);
  }
  return { ...sound, id };
}

export function tenantFilesOf({ texts }: Sources): string[] {
  return [...texts.keys()].filter((file) => file.startsWith("tenants/"));
}

/** `tenants/apex.yaml` → `apex` */
export function nameOf(file: string): string {
  return basename(file).replace(/\.yaml$/, "");
}

/** Names of folders and contexts that are somebody else's. */
const RESERVED = /^(shared|default|general|globals|signalbox.*|sb-.*)$/;

function tenantOf(file: string, report: Report): TenantId | null {
  const text = nameOf(file);
  const id = parseTenantId(text);
  if (id === null) {
    const shape = "lower-case letters, digits, _ or -, at most 20, starting with a letter";
    report.error(file, [], `a tenant cannot be named "${text}": rename the file to ${shape}`);
    return null;
  }
  if (!RESERVED.test(id)) return id;
  report.error(file, [], `the name "${id}" is taken by the system itself: choose another`);
  return null;
}

type Form = {
  /** Stands in for what must be there and is not. */
  readonly required: Readonly<Record<string, unknown>>;
  readonly sections: ReadonlySet<string>;
};

function validate<Schema extends z.ZodType>(
  file: string,
  value: unknown,
  schema: Schema,
  { required, sections }: Form,
  report: Report,
): Sound<z.output<Schema>> | null {
  // A file that could not be read or parsed has been reported already.
  if (value === undefined) return null;
  const dropped = new Set<string>();
  /** What is wrong with a value under a key that had to be guessed is told once that is spelt rightly. */
  const meant: ConfigPath[] = [];
  let rest = value;
  // What is wrong beside an unknown key may show only when that is gone.
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const parsed = schema.safeParse(rest, { error: wording });
    if (parsed.success) return { file, raw: parsed.data, dropped };
    const findings = findingsOf(parsed.error.issues, rest);
    if (!isMapping(rest)) {
      for (const { path, message } of findings) report.error(file, path, message);
      return null;
    }
    const spelt = withKeysAsMeant(rest, findings);
    // Looked at again once the keys beside it are spelt rightly.
    const waits = (path: ConfigPath) => spelt.beside.some((each) => isUnder(path, each));
    const broken: ConfigPath[] = [];
    for (const { path, message, unknownKey } of findings) {
      if (unknownKey === undefined && waits(path)) continue;
      if (!meant.some((each) => isUnder(path, each))) report.error(file, path, message);
      if (unknownKey === undefined) broken.push(path);
    }
    meant.push(...spelt.meant);
    rest = { ...required, ...without(spelt.value, broken, dropped, sections) };
  }
  return null;
}

/** Unknown keys, what is broken, the same below a key that was meant to be another; then nothing more. */
const MOST_ROUNDS = 8;

type Spelt = {
  readonly value: Mapping;
  /** Keys that a misspelt one was taken for, and the mappings that they stand in. */
  readonly meant: readonly ConfigPath[];
  readonly beside: readonly ConfigPath[];
};

/**
 * Unknown keys taken for what they were probably meant to be, so that a slip does not look like everything that the
 * right key would have said; without those that resemble none.
 */
function withKeysAsMeant(from: Mapping, findings: readonly Finding[]): Spelt {
  let value = from;
  const meant: ConfigPath[] = [];
  const beside: ConfigPath[] = [];
  for (const { path, unknownKey } of findings) {
    if (unknownKey === undefined) continue;
    const parent = path.slice(0, -1);
    const right = unknownKey.meant;
    const isMeant = right !== null && !isThere(value, [...parent, right]);
    if (isMeant) {
      meant.push([...parent, right]);
      beside.push(parent);
    }
    value = withKey(value, path, isMeant ? right : null);
  }
  return { value, meant, beside };
}

function isUnder(path: ConfigPath, above: ConfigPath): boolean {
  return above.every((part, index) => path[index] === part);
}

function isThere(value: unknown, path: ConfigPath): boolean {
  let at = value;
  for (const part of path) {
    if (at === null || typeof at !== "object" || !Object.hasOwn(at, part)) return false;
    at = (at as Readonly<Record<string, unknown>>)[part];
  }
  return true;
}

type Mapping = Readonly<Record<string, unknown>>;

/** With the key at `path` under another name; without it for null. */
function withKey(value: Mapping, path: ConfigPath, name: string | null): Mapping {
  const [first = "", ...deeper] = path;
  const key = String(first);
  const inner = value[key];
  if (deeper.length === 0) {
    const { [key]: _, ...others } = value;
    return name === null ? others : { ...others, [name]: inner };
  }
  if (isMapping(inner)) return { ...value, [key]: withKey(inner, deeper, name) };
  if (!Array.isArray(inner)) return value;
  const index = Number(deeper[0]);
  const items = inner.map((item, at) =>
    at === index && isMapping(item) ? withKey(item, deeper.slice(1), name) : item,
  );
  return { ...value, [key]: items };
}

/** The mapping without what is broken in it; `dropped` learns the keys, `routes.main` for an entry of a section. */
function without(
  value: Readonly<Record<string, unknown>>,
  paths: readonly ConfigPath[],
  dropped: Set<string>,
  sections: ReadonlySet<string>,
): Record<string, unknown> {
  const rest = { ...value };
  for (const [first, second] of paths) {
    const key = String(first);
    const section = rest[key];
    if (sections.has(key) && second !== undefined && isMapping(section) && String(second) in section) {
      const entries = { ...section };
      delete entries[String(second)];
      rest[key] = entries;
      dropped.add(`${key}.${second}`);
    } else if (!dropped.has(`${key}.${second}`)) {
      delete rest[key];
      dropped.add(key);
    }
  }
  return rest;
}
