/**
 * What we say to Asterisk over FastAGI: one command a step as a line of text, seldom two. It knows no socket and no
 * call, and refuses what Asterisk would misread: a value that could end the line, a command that would be cut short.
 */
import { AgiProtocolError } from "./codec.ts";

/** Asterisk reads a command into 2,048 bytes; past that, 16 takes the rest for the next command. */
const MAX_COMMAND_BYTES = 2000;
/** MSet parses 99 pairs and gives the 99th all that follows as its value (measured on 16.28 and 22.10). */
const MAX_VARIABLES = 99;
/** One or two underscores in front: dialled channels inherit the variable. */
const VARIABLE_NAME = /^_{0,2}[A-Za-z][A-Za-z0-9_]*$/;
/** Writing to other functions can run programs or write files, so these are listed one by one. */
const FUNCTIONS: ReadonlySet<string> = new Set([
  "CHANNEL(accountcode)",
  "CHANNEL(peeraccount)",
  "CHANNEL(language)",
  "TIMEOUT(absolute)",
]);
type Pairs = readonly (readonly [name: string, value: string])[];

/** What no Asterisk parser here gives a meaning to. */
const PLAIN = /^[A-Za-z0-9_.:/@+*#&=-]*$/;

/**
 * One `EXEC MSet` line that sets all pairs in their order; ends in a newline, always ASCII. Values are
 * percent-encoded, so the dialplan reads variables through URIDECODE(). Dialplan functions take a value as
 * it is: one that would need encoding is refused there, rather than stamped wrong.
 *
 * Pairs that are too long for one line, which takes names of sixty letters everywhere, come as several. Each is sent
 * when the one before was taken. The last has as many pairs as fit, from the end: a step that breaks between two is
 * asked again, and must not find the state of the next one.
 * Throws AgiProtocolError: agi_bad_name, agi_bad_value, agi_too_many_variables, agi_line_too_long.
 */
export function encodeMSets(pairs: Pairs): readonly string[] {
  if (pairs.length < 1 || pairs.length > MAX_VARIABLES) throw new AgiProtocolError("agi_too_many_variables");
  const line = lineOf(pairs);
  if (line.length <= MAX_COMMAND_BYTES) return [line];
  let first = pairs.length;
  while (first > 0 && lineOf(pairs.slice(first - 1)).length <= MAX_COMMAND_BYTES) first--;
  if (first === pairs.length) throw new AgiProtocolError("agi_line_too_long");
  return [...encodeMSets(pairs.slice(0, first)), lineOf(pairs.slice(first))];
}

function lineOf(pairs: Pairs): string {
  let line = "";
  for (const [name, value] of pairs)
    line += line === "" ? encodePair(name, value) : `,${encodePair(name, value)}`;
  return `EXEC MSet "${line}"\n`;
}

function encodePair(name: string, value: string): string {
  const isFunction = FUNCTIONS.has(name);
  if (!isFunction && !VARIABLE_NAME.test(name)) throw new AgiProtocolError("agi_bad_name");
  if (PLAIN.test(value)) return `${name}=${value}`;
  if (isFunction || /[\r\n\0]/.test(value)) throw new AgiProtocolError("agi_bad_value", name);
  return `${name}=${percentEncode(value)}`;
}

/** UTF-8; leaves only `A-Za-z0-9_.:/@+*#&=-` bare, to which no Asterisk parser here gives a meaning. */
export function percentEncode(text: string): string {
  if (PLAIN.test(text)) return text;
  if (!text.isWellFormed()) throw new AgiProtocolError("agi_bad_value");
  return text.replace(/[^A-Za-z0-9_.:/@+*#&=-]+/g, (run) =>
    // encodeURIComponent leaves these five alone.
    encodeURIComponent(run).replace(
      /[!'()~]/g,
      (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
    ),
  );
}
