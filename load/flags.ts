// What `npm run load` and `npm run bench` take on their command lines alike.
import { accessSync, constants } from "node:fs";
import { dirname, resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import { hasMarks } from "./bench/report.ts";
import { SIPP_PORTS } from "./sipp/ports.ts";

const PORTS = 900;

export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("a number above 0 is needed");
  return value;
}

/** What a run writes at its end, which may be an hour away: it must not be lost then for a slip of the pen. */
export function fileToWrite(text: string): string {
  try {
    accessSync(dirname(resolve(text)), constants.W_OK | constants.X_OK);
    return text;
  } catch {
    throw new InvalidArgumentError("its folder is not there, or may not be written to");
  }
}

/** Likewise a Markdown file with a place for the table. */
export function reportToWrite(text: string): string {
  if (hasMarks(text)) return text;
  throw new InvalidArgumentError("it is not there, or has no place for the table");
}

/** The first of 900 ports that a run has to itself. SIPp's callers would take some of those in their range. */
export function firstPort(text: string): number {
  const first = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  const end = first + PORTS - 1;
  if (first < 1024 || end > 65_535)
    throw new InvalidArgumentError(`a port from 1024 to ${65_536 - PORTS} is needed`);
  if (first <= SIPP_PORTS.last && end >= SIPP_PORTS.first) {
    const { first: from, last } = SIPP_PORTS;
    throw new InvalidArgumentError(
      `SIPp's callers take ports from ${from} to ${last}: choose one below ${from - PORTS + 1} or above ${last}`,
    );
  }
  return first;
}
