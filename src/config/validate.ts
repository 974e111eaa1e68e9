import { basename } from "node:path";
import type { z } from "zod";
import { parseTenantId, type TenantId } from "../core/tenant/tenant-id.ts";
import type { ConfigPath, Report } from "./issue.ts";
import { type Sources, SYSTEM_FILE, TRUNKS_FILE } from "./read.ts";
import { isMapping } from "./schema/delegate.ts";
import { type RawSystem, type RawTrunks, systemSchema, trunksSchema } from "./schema/system.ts";
import { type RawTenant, tenantSchema } from "./schema/tenant.ts";
import { findingsOf, wording } from "./schema/wording.ts";

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

/** Every file by its schema. */
export type Validated = {
  readonly system: Sound<RawSystem>;
  readonly trunks: Sound<RawTrunks>;
  readonly tenants: readonly SoundTenant[];
  /** Also those whose files cannot be used. */
  readonly tenantNames: ReadonlySet<string>;
};

/** Sections of named entries: one broken entry is dropped, not its neighbours. */
const SECTIONS: ReadonlySet<string> = new Set(["dids", "routes", "menus", "hours", "trunks"]);

export function validateSources(sources: Sources, report: Report): Validated {
  const tenants: SoundTenant[] = [];
  for (const [file, value] of sources.files) {
    if (!file.startsWith("tenants/")) continue;
    const id = tenantOf(file, report);
    if (id === null) continue;
    const sound = validate(file, value, tenantSchema, { tenant: id, timezone: "UTC" }, report);
    if (sound === null) continue;
    if (sound.raw.tenant !== id) {
      const says = `the file is ${file} and its tenant is "${sound.raw.tenant}": give both one name`;
      report.error(file, ["tenant"], says);
    }
    tenants.push({ ...sound, id });
  }
  const system = validate(SYSTEM_FILE, sources.files.get(SYSTEM_FILE), systemSchema, {}, report);
  const trunks = validate(TRUNKS_FILE, sources.files.get(TRUNKS_FILE), trunksSchema, { trunks: {} }, report);
  const nothing = new Set(["*"]);
  return {
    system: system ?? { file: SYSTEM_FILE, raw: {}, dropped: nothing },
    trunks: trunks ?? { file: TRUNKS_FILE, raw: { trunks: {} }, dropped: nothing },
    tenants,
    tenantNames: new Set([...sources.texts.keys()].filter((file) => file.startsWith("tenants/")).map(nameOf)),
  };
}

/** `tenants/apex.yaml` → `apex` */
function nameOf(file: string): string {
  return basename(file).replace(/\.ya?ml$/, "");
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

function validate<Schema extends z.ZodType>(
  file: string,
  value: unknown,
  schema: Schema,
  required: Readonly<Record<string, unknown>>,
  report: Report,
): Sound<z.output<Schema>> | null {
  // A file that could not be read or parsed has been reported already.
  if (value === undefined) return null;
  const parsed = schema.safeParse(value, { error: wording });
  if (parsed.success) return { file, raw: parsed.data, dropped: new Set() };
  const findings = findingsOf(parsed.error.issues, value);
  for (const { path, message } of findings) report.error(file, path, message);
  if (!isMapping(value)) return null;
  const dropped = new Set<string>();
  const rest = without(
    value,
    findings.map(({ path }) => path),
    dropped,
  );
  const again = schema.safeParse({ ...required, ...rest });
  return again.success ? { file, raw: again.data, dropped } : null;
}

/** The mapping without what is broken in it; `dropped` learns the keys, `routes.main` for an entry of a section. */
function without(
  value: Readonly<Record<string, unknown>>,
  paths: readonly ConfigPath[],
  dropped: Set<string>,
): Record<string, unknown> {
  const rest = { ...value };
  for (const [first, second] of paths) {
    const key = String(first);
    const section = rest[key];
    if (SECTIONS.has(key) && second !== undefined && isMapping(section) && String(second) in section) {
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
