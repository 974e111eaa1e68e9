/**
 * What Asterisk says over FastAGI: bytes in, messages out. It knows no socket, no clock and no call, and imports
 * nothing. The one command back is in encode.ts.
 *
 * It refuses what Asterisk never sends: control characters, duplicate headers, endless lines.
 */

export type AgiRequest = {
  /** Names without their "agi_" prefix: "uniqueid", "channel", "callerid", "network_script" … */
  readonly headers: ReadonlyMap<string, string>;
  /** agi_arg_1 … agi_arg_N in order, percent-decoded. */
  readonly args: readonly string[];
  /** What follows the host in the AGI address, without the query: "inbound", "next"; "" when absent. */
  readonly path: string;
  /** The query of the AGI address, percent-decoded. */
  readonly query: ReadonlyMap<string, string>;
};

export type AgiReply = {
  readonly type: "reply";
  /** 200 done, 510 unknown command, 511 the channel is dead, 520 wrong use; below 200: more will follow. */
  readonly code: number;
  /** What follows `result=`; "" when the reply has none. */
  readonly result: string;
  /** What stands in parentheses, or null. */
  readonly data: string | null;
  /** Everything after the code; the lines of a multi-line reply joined with "\n". */
  readonly text: string;
};

export type AgiMessage =
  | { readonly type: "request"; readonly request: AgiRequest }
  | AgiReply
  | { readonly type: "hangup" };

/** Bytes in one received line, without its newline. */
const MAX_LINE_BYTES = 2048;
/** Bytes received in one session, header and replies together. */
const MAX_SESSION_BYTES = 65_536;
const MAX_HEADERS = 200;
const MAX_ARGUMENTS = 128;
const FAULTS = {
  agi_header_too_long: `a received line is over ${MAX_LINE_BYTES} bytes`,
  agi_too_many_headers: `over ${MAX_HEADERS} header lines`,
  agi_too_many_arguments: `over ${MAX_ARGUMENTS} AGI() arguments`,
  agi_too_many_bytes: `over ${MAX_SESSION_BYTES} bytes in one session`,
  agi_duplicate_header: "a header came twice, so one of the two is forged",
  agi_missing_header: "a header that Asterisk always sends is missing: find out what connects here",
  agi_bad_header: 'a header line is not "agi_name: value": find out what connects here',
  agi_bad_argument: "AGI() arguments out of order: find out what connects here",
  agi_bad_reply: "a line that is no AGI reply: find out what connects here",
  agi_control_character: "a control character: see what the carrier sends",
  agi_duplicate_query: "the AGI address gives one query name twice: mend it in the dialplan",
  agi_bad_escape: "not percent-encoded UTF-8: pass the value through URIENCODE() in the dialplan",
  agi_truncated: "the peer closed in the middle of a message: see the log of that Asterisk",
  agi_bad_name: "not a variable's name, nor a dialplan function that a decision may set",
  agi_bad_value: "a value with a newline, a NUL, half a character, or one the function would not decode",
  agi_too_many_variables: "MSet takes 1 to 99 variables: set fewer",
  agi_line_too_long: "the command is over 2,000 bytes: shorten a value",
} as const;

export type AgiErrorCode = keyof typeof FAULTS;

export class AgiProtocolError extends Error {
  readonly code: AgiErrorCode;

  /** `where` names a header or a line, never a value: a caller may have typed it. */
  constructor(code: AgiErrorCode, where = "") {
    super(where === "" ? FAULTS[code] : `${where}: ${FAULTS[code]}`);
    this.name = "AgiProtocolError";
    this.code = code;
  }
}

const LF = 10;
const NO_BYTES = new Uint8Array(0);
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });
const CONTROL = /[\x00-\x1f\x7f]/;
const PREFIX = "agi_";
const HEADER_NAME = /^[a-z0-9_]+$/;
/** What Asterisk 16 and 22 send at every step: known to be well formed. */
const USUAL_NAMES = new Set(
  `network network_script request channel language type uniqueid version callerid calleridname callingpres
  callingani2 callington callingtns dnid rdnis context extension priority enhanced accountcode threadid`.split(
    /\s+/,
  ),
);
/** Addresses that the dialplan asks at, decoded; there are three to a switch. */
const MAX_KNOWN_ADDRESSES = 256;
const ARGUMENT_NAME = /^arg_[1-9][0-9]*$/;
const REPLY = /^([1-5][0-9][0-9]) (.*)$/s;
const RESULT = /^result=(\S*)(?: +\((.*)\))?/s;
const SCRIPT = /^agi:\/\/[^/]*\/(.*)$/s;
const END_OF_USAGE = "520 End of proper usage.";

/**
 * One session's incoming bytes, in pieces of any size. How they were cut never changes the messages: when a
 * fault follows good messages in one piece, `push` returns those and the next call throws.
 */
export class AgiDecoder {
  #rest: Uint8Array = NO_BYTES;
  #received = 0;
  #header: HeaderLines | null = new HeaderLines();
  #usage: string[] | null = null;
  #fault: AgiProtocolError | null = null;

  /** Throws AgiProtocolError; once it has thrown, every later call throws the same. */
  push(chunk: Uint8Array): AgiMessage[] {
    if (this.#fault !== null) throw this.#fault;
    const messages: AgiMessage[] = [];
    try {
      this.#decode(chunk, messages);
    } catch (error) {
      if (!(error instanceof AgiProtocolError)) throw error;
      this.#fault = error;
      if (messages.length === 0) throw error;
    }
    return messages;
  }

  /** The peer closed. Throws when that cut a message in two. */
  end(): void {
    if (this.#fault !== null) throw this.#fault;
    const inHeader = this.#header !== null && this.#received > 0;
    if (inHeader || this.#usage !== null || this.#rest.length > 0)
      throw new AgiProtocolError("agi_truncated");
  }

  #decode(chunk: Uint8Array, messages: AgiMessage[]): void {
    const accepted = chunk.subarray(0, MAX_SESSION_BYTES - this.#received);
    this.#received += accepted.length;
    const bytes = this.#rest.length === 0 ? accepted : joined(this.#rest, accepted);
    const { end, fault } = scan(bytes);
    if (end > 0) {
      const text = UTF8.decode(bytes.subarray(0, end));
      for (let from = 0, to = 0; from < text.length; from = to + 1) {
        to = text.indexOf("\n", from);
        this.#line(text.slice(from, to), messages);
      }
    }
    if (fault !== null) throw new AgiProtocolError(fault);
    if (accepted.length < chunk.length) throw new AgiProtocolError("agi_too_many_bytes");
    this.#rest = end === bytes.length ? NO_BYTES : new Uint8Array(bytes.subarray(end));
  }

  #line(line: string, messages: AgiMessage[]): void {
    if (this.#header !== null && line !== "") {
      this.#header.add(line);
    } else if (this.#header !== null) {
      messages.push({ type: "request", request: this.#header.request() });
      this.#header = null;
    } else if (this.#usage !== null) {
      this.#usageLine(line, this.#usage, messages);
    } else if (line === "HANGUP") {
      messages.push({ type: "hangup" });
    } else if (line.startsWith("520-")) {
      this.#usage = [line.slice(4)];
    } else {
      messages.push(decodeReply(line));
    }
  }

  /** A usage text can lack its last newline; the end marker then shares a line with it. */
  #usageLine(line: string, usage: string[], messages: AgiMessage[]): void {
    const ends = line.endsWith(END_OF_USAGE);
    const text = ends ? line.slice(0, -END_OF_USAGE.length) : line;
    if (!ends || text !== "") usage.push(text);
    if (!ends) return;
    messages.push({ type: "reply", code: 520, result: "", data: null, text: usage.join("\n") });
    this.#usage = null;
  }
}

/** The lines before the blank one, checked as they come. */
class HeaderLines {
  readonly #headers = new Map<string, string>();
  readonly #args: string[] = [];
  #count = 0;

  add(line: string): void {
    this.#count += 1;
    if (this.#count > MAX_HEADERS) throw new AgiProtocolError("agi_too_many_headers");
    const colon = line.indexOf(":");
    const name = line.slice(PREFIX.length, colon);
    const usual = USUAL_NAMES.has(name);
    if (colon === -1 || !line.startsWith(PREFIX) || (!usual && !HEADER_NAME.test(name))) {
      throw new AgiProtocolError("agi_bad_header", `header line ${this.#count}`);
    }
    const value = line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (!usual && ARGUMENT_NAME.test(name)) {
      this.#argument(Number(name.slice(4)), value);
    } else {
      if (this.#headers.has(name)) throw new AgiProtocolError("agi_duplicate_header", `agi_${name}`);
      this.#headers.set(name, value);
    }
  }

  #argument(position: number, value: string): void {
    const where = `agi_arg_${position}`;
    const due = this.#args.length + 1;
    if (position > MAX_ARGUMENTS) throw new AgiProtocolError("agi_too_many_arguments");
    if (position < due) throw new AgiProtocolError("agi_duplicate_header", where);
    if (position > due) throw new AgiProtocolError("agi_bad_argument", where);
    this.#args.push(decodeText(value, where));
  }

  request(): AgiRequest {
    const headers = this.#headers;
    for (const name of ["request", "channel", "uniqueid"]) {
      if (!headers.get(name)) throw new AgiProtocolError("agi_missing_header", `agi_${name}`);
    }
    const address = headers.get("network_script") ?? SCRIPT.exec(headers.get("request") ?? "")?.[1] ?? "";
    return { headers, args: this.#args, ...decodeAddress(address) };
  }
}

type Address = Pick<AgiRequest, "path" | "query">;

const addresses = new Map<string, Address>();

/** Each step comes at one of a few addresses, which are decoded once. */
function decodeAddress(text: string): Address {
  const known = addresses.get(text);
  if (known !== undefined) return known;
  const at = text.indexOf("?");
  const path = at === -1 ? text : text.slice(0, at);
  const address = { path, query: decodeQuery(at === -1 ? "" : text.slice(at + 1)) };
  if (addresses.size >= MAX_KNOWN_ADDRESSES) addresses.clear();
  addresses.set(text, address);
  return address;
}

function decodeQuery(text: string): Map<string, string> {
  const query = new Map<string, string>();
  for (const part of text === "" ? [] : text.split("&")) {
    const [name = "", ...value] = part.split("=");
    const decodedName = decodeText(name, "the AGI address");
    if (query.has(decodedName)) throw new AgiProtocolError("agi_duplicate_query");
    query.set(decodedName, decodeText(value.join("="), "the AGI address"));
  }
  return query;
}

/** What Asterisk answers when all is well. */
const DONE: AgiReply = { type: "reply", code: 200, result: "0", data: null, text: "result=0" };

function decodeReply(line: string): AgiReply {
  if (line === "200 result=0") return DONE;
  const [, code, text] = REPLY.exec(line) ?? [];
  if (code === undefined || text === undefined) throw new AgiProtocolError("agi_bad_reply");
  const [, result, data] = RESULT.exec(text) ?? [];
  return { type: "reply", code: Number(code), result: result ?? "", data: data ?? null, text };
}

/** `end`: after the last whole line that comes before the fault, if there is one. */
function scan(bytes: Uint8Array): { readonly end: number; readonly fault: AgiErrorCode | null } {
  let end = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? LF;
    if (byte === LF) end = at + 1;
    else if (byte < 0x20 || byte === 0x7f) return { end, fault: "agi_control_character" };
    else if (at - end >= MAX_LINE_BYTES) return { end, fault: "agi_header_too_long" };
  }
  return { end, fault: null };
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** Strict: throws AgiProtocolError agi_bad_escape on a lone `%`, a bad escape or escapes that are not UTF-8. */
export function percentDecode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AgiProtocolError("agi_bad_escape");
  }
}

function decodeText(text: string, where: string): string {
  const decoded = percentDecode(text);
  if (CONTROL.test(decoded)) throw new AgiProtocolError("agi_control_character", where);
  return decoded;
}
