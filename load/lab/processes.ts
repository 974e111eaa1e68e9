// Child processes of the lab, the tests and the load runs: started, read line by line, stopped by
// their own id. Everything started here ends with this process (ending.ts). It never looks processes
// up by name and never signals one that it did not start.
import { spawn } from "node:child_process";
import { delimiter } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { endsWithUs } from "./ending.ts";
import { LabError } from "./lab-error.ts";

export type ExitStatus = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type ChildOptions = {
  /** What messages call it. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Replaces the environment; without it the child inherits ours. */
  readonly env?: NodeJS.ProcessEnv;
  readonly onLine?: (line: string) => void;
  /** How many of the last output lines are kept for error messages (default 200). */
  readonly keepLines?: number;
};

export type Child = {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<ExitStatus>;
  /** False as soon as the exit is known. */
  running(): boolean;
  /** The last lines of both outputs, in the order they came. */
  lines(): readonly string[];
  onLine(listener: (line: string) => void): () => void;
  /** First line, past or coming, that matches; rejects with `child_exited` or `child_silent`. */
  waitForLine(pattern: RegExp, timeoutMs: number): Promise<string>;
  /** Sends a signal, nothing if it has already ended. */
  kill(signal: NodeJS.Signals): void;
  /** Signal (default SIGTERM), wait graceMs (default 5000), then SIGKILL. Safe to call again. */
  stop(how?: { readonly signal?: NodeJS.Signals; readonly graceMs?: number }): Promise<ExitStatus>;
};

/** Starts a child; rejects with `command_missing` or `command_refused` when it cannot be started at all. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const spawned = spawn(options.command, options.args, {
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  await new Promise<void>((resolve, reject) => {
    spawned.once("spawn", resolve);
    spawned.once("error", (error: NodeJS.ErrnoException) => reject(cannotStart(options, error)));
  });
  const pid = spawned.pid;
  if (pid === undefined) throw new LabError("command_refused", `${options.command} has no process id`);
  const letGo = endsWithUs(pid);
  let ended = false;
  const exited = new Promise<ExitStatus>((resolve) => {
    spawned.once("exit", () => {
      ended = true;
      letGo();
    });
    // "close" comes when both outputs have been read to the end, so no line is lost.
    spawned.once("close", (code, signal) => resolve({ code, signal }));
  });
  const output = collectLines([spawned.stdout, spawned.stderr], options);
  const kill = (signal: NodeJS.Signals): void => {
    if (!ended) spawned.kill(signal);
  };
  return {
    name: options.name,
    pid,
    exited,
    running: () => !ended,
    lines: () => output.kept,
    onLine: output.onLine,
    waitForLine: (pattern, timeoutMs) => waitForLine({ options, output, exited, pattern, timeoutMs }),
    kill,
    stop: (how = {}) => stopChild(exited, kill, how),
  };
}

function cannotStart(options: ChildOptions, error: NodeJS.ErrnoException): LabError {
  if (error.code === "ENOENT") {
    const what = `${options.name}: there is no ${options.command} (or no folder ${options.cwd ?? process.cwd()})`;
    return new LabError("command_missing", `${what}: run sh load/setup.sh test, which installs it`, error);
  }
  return new LabError(
    "command_refused",
    `${options.name}: cannot run ${options.command}: ${error.message}`,
    error,
  );
}

type Output = {
  readonly kept: string[];
  readonly onLine: (listener: (line: string) => void) => () => void;
};

function collectLines(streams: readonly Readable[], options: ChildOptions): Output {
  const kept: string[] = [];
  const listeners = new Set<(line: string) => void>();
  if (options.onLine !== undefined) listeners.add(options.onLine);
  const limit = options.keepLines ?? 200;
  for (const stream of streams) {
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) => {
      kept.push(line);
      if (kept.length > limit) kept.shift();
      for (const listener of [...listeners]) listener(line);
    });
  }
  const onLine = (listener: (line: string) => void): (() => void) => {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  };
  return { kept, onLine };
}

type LineWait = {
  readonly options: ChildOptions;
  readonly output: Output;
  readonly exited: Promise<ExitStatus>;
  readonly pattern: RegExp;
  readonly timeoutMs: number;
};

function waitForLine({ options, output, exited, pattern, timeoutMs }: LineWait): Promise<string> {
  const already = output.kept.find((line) => pattern.test(line));
  if (already !== undefined) return Promise.resolve(already);
  return new Promise<string>((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      forget();
      act();
    };
    const fail = (code: string, why: string): void => {
      const message = `${options.name} ${why} before a line like ${pattern}; its last lines:\n${output.kept.slice(-40).join("\n")}`;
      settle(() => reject(new LabError(code, message)));
    };
    const timer = setTimeout(() => fail("child_silent", `was silent for ${timeoutMs} ms`), timeoutMs);
    const forget = output.onLine((line) => {
      if (pattern.test(line)) settle(() => resolve(line));
    });
    void exited.then((status) => fail("child_exited", `ended (${status.code ?? status.signal})`));
  });
}

async function stopChild(
  exited: Promise<ExitStatus>,
  kill: (signal: NodeJS.Signals) => void,
  how: { readonly signal?: NodeJS.Signals; readonly graceMs?: number },
): Promise<ExitStatus> {
  kill(how.signal ?? "SIGTERM");
  // A child stopped by SIGSTOP would not notice the SIGTERM.
  kill("SIGCONT");
  const timer = setTimeout(() => kill("SIGKILL"), how.graceMs ?? 5_000);
  try {
    return await exited;
  } finally {
    clearTimeout(timer);
  }
}

export type RunOutcome = ExitStatus & { readonly stdout: string; readonly stderr: string };

/** Runs a command to its end; rejects with `command_missing` or, after timeoutMs (default 30000), `command_slow`. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: { readonly timeoutMs?: number; readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<RunOutcome> {
  const timeoutMs = options.timeoutMs ?? 30_000;
  const texts = { stdout: "", stderr: "" };
  const spawned = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  const letGo = spawned.pid === undefined ? () => {} : endsWithUs(spawned.pid);
  for (const name of ["stdout", "stderr"] as const) {
    spawned[name].setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
    });
  }
  let slow = false;
  const timer = setTimeout(() => {
    slow = true;
    spawned.kill("SIGKILL");
  }, timeoutMs);
  try {
    const status = await new Promise<ExitStatus>((resolve, reject) => {
      spawned.once("close", (code, signal) => resolve({ code, signal }));
      spawned.once("error", (error) =>
        reject(cannotStart({ name: command, command, args, ...options }, error)),
      );
    });
    if (slow) throw new LabError("command_slow", `${command} ${args.join(" ")} took over ${timeoutMs} ms`);
    return { ...status, ...texts };
  } finally {
    clearTimeout(timer);
    letGo();
  }
}

/** This process' environment with `own` over it. Daemons live in sbin, which the PATH of an ordinary user lacks. */
export function withDaemonFolders(own: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const environment = { ...process.env, ...own };
  return { ...environment, PATH: [environment.PATH, "/usr/sbin", "/usr/local/sbin"].join(delimiter) };
}
