import { type DestinationStream, type Logger, pino } from "pino";

/** Paths whose values never reach a log, whoever logs them: secrets and what callers type. */
const NEVER_LOGGED = ["secret", "password", "pin", "digits", "*.secret", "*.password", "*.pin", "*.digits"];

/**
 * The process's log: one JSON object a line on standard error, so that standard output stays data. Events have fixed
 * names in `event`.
 */
export function createLog(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: NEVER_LOGGED, censor: "[hidden]" },
      formatters: { level: (label) => ({ level: label }) },
    },
    destination ?? pino.destination({ dest: 2, sync: false, minLength: 0 }),
  );
}
