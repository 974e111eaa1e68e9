/** Where in a file something stands: keys, and positions in lists. */
export type ConfigPath = readonly (string | number)[];

/** One thing that is wrong or odd, with what to do about it. */
export type Issue = {
  /** Relative to the configuration directory: `tenants/apex.yaml`. */
  readonly file: string;
  readonly path: ConfigPath;
  readonly message: string;
  /** 1-based; null when the file itself is the trouble. */
  readonly position: { readonly line: number; readonly column: number } | null;
  /** A prompt without a file: a warning of which commands other than `check` speak as well. */
  readonly lacksPrompt?: true;
};

/** Collects issues while the configuration is read, checked and compiled; positions are added at the end. */
export class Report {
  readonly errors: Issue[] = [];
  readonly warnings: Issue[] = [];

  error(file: string, path: ConfigPath, message: string): void {
    this.errors.push({ file, path, message, position: null });
  }

  warn(file: string, path: ConfigPath, message: string): void {
    this.warnings.push({ file, path, message, position: null });
  }
}

/** `["caller_ids", 1]` → `caller_ids[1]`. */
export function pathText(path: ConfigPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? part : `${text}.${part}`;
  }, "");
}

/**
 * `tenants/apex.yaml: routes.main.open.menu: there is no menu "welcom" … (line 12, column 5)`. One line, whatever the
 * keys and values hold that it repeats.
 */
export function formatIssue({ file, path, message, position }: Issue): string {
  const where = path.length === 0 ? file : `${file}: ${pathText(path)}`;
  const at = position === null ? "" : ` (line ${position.line}, column ${position.column})`;
  return `${where}: ${message}${at}`.replace(CONTROL, escaped);
}

const escaped = (sign: string): string => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;

const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g;

/** The first `most`, and one that says how many more there are: a log is no place for one line per number. */
export function firstOf(issues: readonly Issue[], most: number): readonly Issue[] {
  if (issues.length <= most) return issues;
  const [{ file } = { file: "" }] = issues.slice(most);
  const message = `and ${issues.length - most} more from here on: \`signalbox check\` names them all`;
  return [...issues.slice(0, most), { file, path: [], message, position: null }];
}

/** By file, then from top to bottom. */
export function sortIssues(issues: readonly Issue[]): Issue[] {
  return [...issues].sort(
    (a, b) =>
      compare(a.file, b.file) ||
      (a.position?.line ?? 0) - (b.position?.line ?? 0) ||
      (a.position?.column ?? 0) - (b.position?.column ?? 0) ||
      compare(pathText(a.path), pathText(b.path)),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
