import { type DestinationStream, type Logger, pino } from "pino";

/** Paths whose values never reach a log, whoever logs them: secrets and what callers type. */
const NEVER_LOGGED = ["secret", "password", "pin", "digits", "*.secret", "*.password", "*.pin", "*.digits"];

/** How long a line may wait for others, and how much may have come together before it goes out at once. */
const GATHER_MS = 50;
const GATHER_CHARACTERS = 65_536;

export type LogDestination = DestinationStream & {
  /** Everything is written when it returns: for the end of the process. */
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

/**
 * Standard error, written to in the background and many lines at a time: a write for each would be the largest part of
 * what a call costs. What waits is written when the process ends, whether it meant to or threw.
 */
export function standardError(): LogDestination {
  const background = pino.destination({ dest: 2, sync: false });
  let gathered = "";
  let timer: NodeJS.Timeout | null = null;
  const hand = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    background.write(gathered);
    gathered = "";
  };
  const flushSync = (): void => {
    background.flushSync();
    if (gathered === "") return;
    // Not through the background: nobody would see to a write that the end of the process has cut short.
    pino.destination({ dest: 2, sync: true }).write(gathered);
    gathered = "";
  };
  process.on("exit", flushSync);
  return {
    write(line) {
      gathered += line;
      if (gathered.length >= GATHER_CHARACTERS) hand();
      else timer ??= setTimeout(hand, GATHER_MS).unref();
    },
    flushSync,
  };
}
