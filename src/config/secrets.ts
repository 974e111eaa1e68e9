import type { ConfigPath, Report } from "./issue.ts";

/** Puts secrets from the environment where the configuration says `${NAME}`. */
export type Secrets = {
  readonly fill: Fill;
  /** Likewise in a URL, where a user or password that is one `${NAME}` as a whole may hold any character too. */
  readonly fillUrl: Fill;
};

type Fill = (text: string, file: string, path: ConfigPath) => string;

type SecretSource = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** False for commands that connect to nothing: an unknown name then stays as it is written. */
  readonly required: boolean;
  readonly report: Report;
};

/** What is meant to be taken from the environment, and what looks like it. */
const PLACE = /\$\{([^}]*)(\}?)/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** As a shell has it: a whole value, or the user or password of a URL. */
const WITHOUT_BRACES = /(?:^|:\/\/|:)\$[A-Z_][A-Z0-9_]{2,}(?=$|[:@])/;

/**
 * This happens after parsing, so a secret may hold any character and can never become a key. A value that goes into
 * Asterisk's files on one line must be one line.
 */
export function createSecrets({ env, required, report }: SecretSource): Secrets {
  const found = (name: string, file: string, path: ConfigPath): string | null => {
    const value = env[name];
    if (value === undefined || value === "") {
      if (required) {
        report.error(file, path, `the environment has no ${name}: set it where Signalbox is started`);
      }
      return null;
    }
    if (!/[\r\n\0]/.test(value)) return value;
    report.error(file, path, `${name} in the environment has more than one line: make it one`);
    return null;
  };
  const filling =
    (written: (value: string, text: string, from: number, to: number) => string): Fill =>
    (text, file, path) => {
      const says = "has a $ without braces, which is taken as it is written: the environment's is ${NAME}";
      if (WITHOUT_BRACES.test(text)) report.warn(file, path, says);
      return text.replace(PLACE, (whole, name: string, end: string, at: number) => {
        if (end === "" || !NAME.test(name)) {
          const says = "has a ${ that names no variable: write ${NAME}, of letters, digits and _";
          report.error(file, path, says);
          return whole;
        }
        const value = found(name, file, path);
        return value === null ? whole : written(value, text, at, at + whole.length);
      });
    };
  const replaced = filling((value) => value);
  return {
    fill(text, file, path) {
      const filled = replaced(text, file, path);
      // Asterisk would cut them off, and the two would no more know the same secret.
      if (filled !== filled.trim())
        report.error(file, path, "begins or ends with a space in the environment: take it out there");
      return filled;
    },
    fillUrl: filling((value, text, from, to) =>
      isLogin(text.slice(0, from), text.slice(to)) ? encodeURIComponent(value) : value,
    ),
  };
}

/** A whole user name or password lies between these two parts of a URL. */
function isLogin(before: string, after: string): boolean {
  const isUser = /^[a-z+]+:\/\/$/.test(before) && /^:[^/]*@/.test(after);
  const isPassword = /^[a-z+]+:\/\/[^/@]*:$/.test(before) && after.startsWith("@");
  return isUser || isPassword;
}
