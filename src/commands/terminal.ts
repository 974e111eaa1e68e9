/** A terminal that a live view can be drawn on. */
export type Terminal = {
  readonly size: () => { readonly columns: number; readonly rows: number };
  /** Calls back for every key and for Ctrl-C; gives what ends the listening. */
  readonly keys: (pressed: (key: string) => void) => () => void;
};

/** The process's own terminal; null when its output goes elsewhere. */
export function processTerminal(): Terminal | null {
  const { stdin, stdout } = process;
  if (stdout.isTTY !== true || process.env.TERM === "dumb") return null;
  return {
    size: () => ({ columns: stdout.columns, rows: stdout.rows }),
    keys: (pressed) => {
      const onKeys = (bytes: Buffer): void => {
        for (const key of bytes.toString("utf8")) pressed(key);
      };
      const onSignal = (): void => pressed(CTRL_C);
      for (const signal of ENDING) process.on(signal, onSignal);
      if (stdin.isTTY) stdin.setRawMode(true).on("data", onKeys).resume();
      return () => {
        for (const signal of ENDING) process.off(signal, onSignal);
        if (stdin.isTTY) stdin.setRawMode(false).off("data", onKeys).pause();
      };
    },
  };
}

export const CTRL_C = "\u0003";
const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
