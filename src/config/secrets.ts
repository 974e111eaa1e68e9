import type { ConfigPath, Report } from "./issue.ts";

/** Puts secrets from the environment where the configuration says `${NAME}`. */
export type Secrets = {
  readonly fill: (text: string, file: string, path: ConfigPath) => string;
};

type SecretSource = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** False for commands that connect to nothing: an unknown name then stays as it is written. */
  readonly required: boolean;
  readonly report: Report;
};

/**
 * This happens after parsing, so a secret may hold any character and can never become a key. A value that goes into
 * Asterisk's files on one line must be one line.
 */
export function createSecrets({ env, required, report }: SecretSource): Secrets {
  return {
    fill: (text, file, path) =>
      text.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (whole, name: string) => {
        const value = env[name];
        if (value === undefined || value === "") {
          if (required) {
            report.error(file, path, `the environment has no ${name}: set it where Signalbox is started`);
          }
          return whole;
        }
        if (/[\r\n\0]/.test(value)) {
          report.error(file, path, `${name} in the environment has more than one line: make it one`);
          return whole;
        }
        return value;
      }),
  };
}
