// How the demo tells what happened: a block a call, wide enough to read and narrow enough for a terminal.
import type { Leg } from "./legs.ts";

const colour = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
const paint = (code: string, text: string): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);

export const bold = (text: string): string => paint("1", text);
export const green = (text: string): string => paint("32", text);
export const red = (text: string): string => paint("31", text);
export const grey = (text: string): string => paint("90", text);

export function print(line = ""): void {
  process.stdout.write(`${line}\n`);
}

/** `  decided  in-group APEX_INBOUND`; further lines are aligned below the first. */
export function field(name: string, lines: readonly string[]): void {
  lines.forEach((line, index) => {
    print(`   ${grey((index === 0 ? name : "").padEnd(9))} ${line}`);
  });
}

/** One leg as Asterisk saw it end. */
export function legText(leg: Leg): string {
  const marks = [
    `accountcode=${leg.accountcode === "" ? "(none)" : leg.accountcode}`,
    `SB_TENANT=${leg.tenant ?? "(none)"}`,
    `SB_DIRECTION=${leg.direction ?? "(none)"}`,
  ];
  return `${leg.channel}  ${marks.join(" ")}`;
}

/** Says when a long step is still going on; call the result when it is over. */
export function progress(text: string): () => void {
  const started = Date.now();
  process.stderr.write(`${grey(`… ${text}`)}\n`);
  const timer = setInterval(() => {
    process.stderr.write(`${grey(`… ${text}, ${Math.round((Date.now() - started) / 1000)} s`)}\n`);
  }, 5000);
  return () => clearInterval(timer);
}
