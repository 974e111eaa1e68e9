import { execFile } from "node:child_process";
import { join } from "node:path";

const launcher = join(import.meta.dirname, "../../../bin/signalbox");

export type Ran = { readonly code: number; readonly out: string; readonly err: string };

/** Runs the launcher as an operator would, with a fresh environment beside `env`. */
export function signalbox(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const PATH = process.env.PATH ?? "";
  return new Promise((resolve, reject) => {
    execFile(launcher, [...args], { env: { PATH, ...env } }, (error, out, err) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === "number") resolve({ code, out, err });
      else reject(error);
    });
  });
}

/** A directory of this repository. */
export const inCheckout = (path: string): string => join(import.meta.dirname, "../../..", path);
