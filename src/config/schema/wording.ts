import type { z } from "zod";
import { didYouMean } from "../nearest.ts";

type RawIssue = Parameters<z.core.$ZodErrorMap>[0];

/** Values under these keys are never repeated in a message. */
const SECRET_KEYS = new Set(["secret", "password", "pin", "slots", "records", "database"]);

const SHAPES: Readonly<Record<string, string>> = {
  string: "must be a single value",
  object: "must be a mapping of keys to values",
  record: "must be a mapping of names to values",
  array: 'must be a list, like ["one", "two"]',
};

/**
 * Zod's findings in the words of somebody who edits YAML. Unknown keys give one line each, in the order of
 * `issue.keys`.
 */
export function wording(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      if (issue.input === undefined) return "is missing: add it";
      // A key with nothing behind it.
      if (issue.input === "" && issue.expected !== "string") return "is empty: fill it or take it out";
      return SHAPES[String(issue.expected)] ?? `must be ${String(issue.expected)}`;
    case "invalid_value":
      return issue.input === undefined
        ? `is missing: it must be ${oneOf(issue.values)}`
        : `must be ${oneOf(issue.values)}`;
    case "too_small":
      return issue.origin === "array" ? "must not be an empty list" : "must not be empty";
    case "too_big":
      return `must be at most ${String(issue.maximum)} characters`;
    case "unrecognized_keys":
      // One line for each: a key that has lines of its own is shown on one.
      return issue.keys.map((key) => unknownKey(key.replaceAll("\n", " "), knownKeys(issue.inst))).join("\n");
    case "invalid_union":
      return "has no form that is understood here";
    default:
      return undefined;
  }
}

function oneOf(values: readonly unknown[]): string {
  const words = values.map(String);
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

function knownKeys(schema: unknown): readonly string[] {
  const shape = (schema as { _zod?: { def?: { shape?: object } } } | undefined)?._zod?.def?.shape;
  return shape === undefined ? [] : Object.keys(shape);
}

function unknownKey(key: string, known: readonly string[]): string {
  const hint = didYouMean(key, known);
  if (hint !== "") return `there is no key "${key}" here${hint}`;
  return known.length === 0
    ? `there is no key "${key}" here: remove it`
    : `there is no key "${key}" here: the keys are ${known.join(", ")}`;
}

/** One finding, placed in the file. */
export type Finding = {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** A key that means nothing here, and the one that it was probably meant to be. */
  readonly unknownKey?: { readonly meant: string | null };
};

/** Zod's issues as findings; `input` is what was parsed, for naming the value that does not do. */
export function findingsOf(issues: readonly z.core.$ZodIssue[], input: unknown): Finding[] {
  return issues.filter(isFirstOfItsPlace).flatMap((issue): Finding[] => {
    const path = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
    if (issue.code === "unrecognized_keys") {
      const lines = issue.message.split("\n");
      return issue.keys.map((key, index) => ({
        path: [...path, key],
        message: lines[index] ?? "",
        unknownKey: { meant: MEANT.exec(lines[index] ?? "")?.[1] ?? null },
      }));
    }
    if (issue.code === "invalid_key") {
      const message = issue.issues[0]?.message ?? "is no valid name";
      return [{ path, message: message.startsWith('"') ? message : `the name "${path.at(-1)}" ${message}` }];
    }
    return [{ path, message: `${issue.message}${given(issue.message, path, input)}` }];
  });
}

/** As `didYouMean` says it. */
const MEANT = /; did you mean "([^"]+)"\?$/;

/** A value that has not even the right form would fail every rule about its meaning too. */
function isFirstOfItsPlace(
  issue: z.core.$ZodIssue,
  index: number,
  issues: readonly z.core.$ZodIssue[],
): boolean {
  const isHere = (other: z.core.$ZodIssue) => String(other.path) === String(issue.path);
  const first = issues.findIndex((other) => isHere(other) && FORM_PROBLEMS.has(other.code));
  return first === -1 || first >= index || issue.code === "unrecognized_keys";
}

const FORM_PROBLEMS: ReadonlySet<string> = new Set([
  "invalid_type",
  "invalid_value",
  "invalid_format",
  "too_small",
  "too_big",
]);

/** `, not "lots"`: what was written instead, when it is short and no secret. */
function given(message: string, path: Finding["path"], input: unknown): string {
  if (!message.startsWith("must") || path.some((part) => SECRET_KEYS.has(String(part)))) return "";
  let value = input;
  for (const part of path) {
    if (value === null || typeof value !== "object") return "";
    value = (value as Readonly<Record<string, unknown>>)[part];
  }
  return typeof value === "string" && value.length <= 60 ? `, not "${value}"` : "";
}
