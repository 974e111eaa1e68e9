import { SignalboxError } from "../platform/errors.ts";
import type { Terminal } from "./terminal.ts";

/** What a command may touch of the process: data goes out, messages go to `err`. */
export type Io = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** True when data goes to a terminal that shows colours. */
  readonly colour: boolean;
  /** Where a live view can be drawn; absent or null when data goes elsewhere. */
  readonly terminal?: Terminal | null;
};

/** The options that go with every command. */
export type Common = {
  /** Directory of the configuration. */
  readonly config: string;
  /** Directory under which everything is written. */
  readonly variables: string;
  readonly node: string | undefined;
};

/** The command was called the wrong way: exit code 2. */
export class WrongUse extends SignalboxError {
  constructor(message: string) {
    super("wrong_use", message);
    this.name = "WrongUse";
  }
}

/** `1 error`, `3 errors`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
