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
  return pino({ ...optionsOf(level), redact: { paths: NEVER_LOGGED, censor: "[hidden]" } }, destination);
}

/**
 * For the one line that every step writes: the same form without the search for what must not be logged, which is
 * most of what a line costs. Its only user names every field and MUST never pass on an object it was given.
 */
export function createStepLog(level: string, destination: DestinationStream): Logger {
  return pino(optionsOf(level), destination);
}

function optionsOf(level: string) {
  return {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
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
