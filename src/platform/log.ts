import { type DestinationStream, type Logger, pino } from "pino";
import { LogWriter } from "./log-writer.ts";

/** Paths whose values never reach a log, whoever logs them: secrets and what callers type. */
const NEVER_LOGGED = ["secret", "password", "pin", "digits", "*.secret", "*.password", "*.pin", "*.digits"];

export type LogDestination = DestinationStream & {
  /** What can be written is when it returns: for the end of the process. */
  readonly flushSync: () => void;
};

/**
 * The process's log: one JSON object a line on standard error, so that standard output stays data. Events have fixed
 * names in `event`.
 */
export function createLog(level: string, destination: DestinationStream = standardError()): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: NEVER_LOGGED, censor: "[hidden]" },
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
}

const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];

/** As SIGNALBOX_LOG names it; null for a word that is none. */
export function logLevel(word: string): string | null {
  return LEVELS.includes(word) ? word : null;
}

/** Takes one line of a fixed event; the fields come as they are given. */
export type StepLog = {
  info(fields: StepFields): void;
  warn(fields: StepFields, says: string): void;
};

/** All but these could carry what a caller typed, or a secret: there is no search for those in a step's line. */
export type StepFields = Readonly<
  Partial<
    Record<
      "uniqueid" | "channel" | "call" | "tenant" | "did" | "event" | "server" | "do" | "reason",
      string | null
    >
  >
>;

const SILENT_FROM = { info: ["warn", "error", "fatal", "silent"], warn: ["error", "fatal", "silent"] };

/** The one line that every step writes, in the form of the others. Built by hand it costs a third. */
export function createStepLog(level: string, destination: DestinationStream): StepLog {
  const write = (as: "info" | "warn", fields: StepFields, says: string | undefined): void => {
    if (SILENT_FROM[as].includes(level)) return;
    const line = says === undefined ? JSON.stringify(fields) : JSON.stringify({ ...fields, msg: says });
    destination.write(`{"level":"${as}","time":"${isoTime(Date.now())}",${line.slice(1)}\n`);
  };
  return {
    info: (fields) => write("info", fields, undefined),
    warn: (fields, says) => write("warn", fields, says),
  };
}

let second = Number.NaN;
let secondText = "";

/** Most lines come within a second of the one before. */
function isoTime(now: number): string {
  const begun = now - (now % 1000);
  if (begun !== second) {
    second = begun;
    secondText = new Date(begun).toISOString().slice(0, 20);
  }
  return `${secondText}${String(now - begun).padStart(3, "0")}Z`;
}

/** Standard error. What waits is written when the process ends, whether it meant to or threw. */
export function standardError(): LogDestination {
  const writer = new LogWriter(2);
  process.on("exit", () => {
    writer.flushSync();
    if (writer.keepsProcess) process.kill(process.pid, "SIGKILL");
  });
  return writer;
}
