import type { DialStatus } from "../core/routing/instruction.ts";

/** The words that a script is written in, and what they mean to a switch. */

export const DIRECTIONS: readonly string[] = ["inbound", "outbound"];

/** What becomes of a phone that is rung. */
export const dialWords: Readonly<Record<string, DialStatus>> = {
  answer: "ANSWER",
  busy: "BUSY",
  noanswer: "NOANSWER",
  unavailable: "CHANUNAVAIL",
  congestion: "CONGESTION",
};

/** What becomes of a caller in a queue: `QUEUESTATUS`, null when an agent answers. */
export const queueWords: Readonly<Record<string, string | null>> = {
  answer: null,
  timeout: "TIMEOUT",
  full: "FULL",
  joinempty: "JOINEMPTY",
  leaveempty: "LEAVEEMPTY",
};
