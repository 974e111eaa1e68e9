// The Asterisk Manager Interface as bytes: what arrives becomes messages, what we ask becomes bytes.
// It knows no socket, no clock and no meaning of an event. Lines end with CRLF and nothing else: Asterisk
// copies text that a caller chose into its values, and a reader that also splits on a lone LF lets that
// text add fields. It refuses what grows without end, and it never repairs: a line that is no field is
// counted and left out, a key that comes twice keeps its first value and is named in `repeated`, so that
// whoever acts on the message can refuse it.

export type AmiGreeting = { readonly kind: "greeting"; readonly banner: string };

export type AmiMessage = {
  readonly kind: "event" | "response";
  /** The value of the first line: `Hangup`, `Success`. */
  readonly name: string;
  /** Keys and values as sent, without the ChanVariable and DestChanVariable lines. */
  readonly fields: ReadonlyMap<string, string>;
  /** From `ChanVariable: NAME=VALUE` lines (manager.conf `channelvars`), of the channel the event is about. */
  readonly variables: ReadonlyMap<string, string>;
  /** Likewise from `DestChanVariable` lines: the dialled leg of DialBegin and DialEnd. */
  readonly destVariables: ReadonlyMap<string, string>;
  /**
   * Keys that came more than once. Asterisk itself repeats only variables, LocalOneChanVariable of LocalBridge
   * for one; for a key that names a channel it means a forged line.
   */
  readonly repeated: ReadonlySet<string>;
  readonly actionId: string | null;
};

export type AmiItem = AmiMessage | AmiGreeting;

export type AmiLimits = {
  /** UTF-16 units of one line without its CRLF. */
  readonly maxLineLength: number;
  /** Bytes of one message without its closing blank line. */
  readonly maxMessageBytes: number;
  readonly maxFields: number;
};

const DEFAULT_LIMITS: AmiLimits = { maxLineLength: 65_536, maxMessageBytes: 524_288, maxFields: 2_000 };

export type AmiProtocolErrorCode =
  | "not_ami"
  | "line_too_long"
  | "message_too_large"
  | "too_many_fields"
  | "bad_action";

export class AmiProtocolError extends Error {
  readonly code: AmiProtocolErrorCode;
  /** What was whole before the offending bytes; never lost with them. */
  readonly decoded: readonly AmiItem[];

  constructor(code: AmiProtocolErrorCode, message: string, decoded: readonly AmiItem[] = []) {
    super(message);
    this.name = "AmiProtocolError";
    this.code = code;
    this.decoded = decoded;
  }
}

const LINE_END = Buffer.from("\r\n");
const MESSAGE_END = Buffer.from("\r\n\r\n");
const BANNER = "Asterisk Call Manager/";
const MAX_BANNER_BYTES = 256;
const KEPT_STORE_BYTES = 65_536;
const SPACE = 32;

/** One per connection: a new session MUST get a new decoder, or half an event would join the next greeting. */
export class AmiDecoder {
  readonly #limits: AmiLimits;
  #greeted = false;
  #failure: AmiProtocolError | null = null;
  #store: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  #held = 0;
  #scanned = 0;
  #malformed = 0;

  constructor(limits: Partial<AmiLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  /** Lines that were no field, and messages that were neither event nor response. */
  get malformed(): number {
    return this.#malformed;
  }

  /** What the chunk completes, in order. Throws AmiProtocolError, and from then on at every call. */
  push(chunk: Uint8Array): readonly AmiItem[] {
    if (this.#failure !== null) throw this.#failure;
    const bytes = this.#held === 0 ? asBuffer(chunk) : this.#append(chunk);
    const items: AmiItem[] = [];
    try {
      this.#keep(bytes, this.#decode(bytes, items));
    } catch (error) {
      if (!(error instanceof AmiProtocolError)) throw error;
      this.#failure = new AmiProtocolError(error.code, error.message);
      this.#keep(bytes, bytes.length);
      throw new AmiProtocolError(error.code, error.message, items);
    }
    return items;
  }

  #decode(bytes: Buffer, items: AmiItem[]): number {
    let start = 0;
    if (!this.#greeted) {
      const end = this.#greetingEnd(bytes);
      if (end < 0) return 0;
      items.push({ kind: "greeting", banner: bytes.toString("utf8", 0, end) });
      this.#greeted = true;
      start = end + 2;
      this.#scanned = start;
    }
    let from = Math.max(start, this.#scanned - 3);
    for (;;) {
      const end = bytes.indexOf(MESSAGE_END, from);
      // An unfinished message may already hold three bytes of its ending.
      if ((end < 0 ? bytes.length - 3 : end) - start > this.#limits.maxMessageBytes) this.#tooLarge();
      if (end < 0) return start;
      if (end > start) {
        const message = this.#parse(bytes.toString("utf8", start, end));
        if (message !== null) items.push(message);
      }
      start = end + 4;
      from = start;
    }
  }

  #greetingEnd(bytes: Buffer): number {
    const end = bytes.indexOf(LINE_END);
    const seen = end < 0 ? bytes.length - 1 : end;
    const good = end < 0 || bytes.toString("latin1", 0, BANNER.length) === BANNER;
    if (good && seen <= MAX_BANNER_BYTES) return end;
    throw new AmiProtocolError(
      "not_ami",
      "The peer does not greet like an Asterisk manager port; point the switch's `ami` address at the port of manager.conf (5038 by default).",
    );
  }

  #tooLarge(): never {
    throw new AmiProtocolError(
      "message_too_large",
      `A manager message is larger than ${this.#limits.maxMessageBytes} bytes; look for a channel variable or a module that floods the manager interface.`,
    );
  }

  #parse(text: string): AmiMessage | null {
    const draft: Draft = {
      kind: null,
      name: "",
      fields: new Map(),
      variables: new Map(),
      destVariables: new Map(),
      repeated: new Set(),
    };
    let count = 0;
    let colon = -1;
    for (let at = 0; at < text.length; ) {
      const found = text.indexOf("\r\n", at);
      const end = found < 0 ? text.length : found;
      const start = at;
      at = end + 2;
      if (end === start) continue;
      count += 1;
      this.#checkLine(end - start, count);
      if (colon < start) colon = indexOrEnd(text, ":", start);
      const valueAt = text.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1;
      const good =
        colon < end && colon > start && addField(draft, text.slice(start, colon), text.slice(valueAt, end));
      if (!good) this.#malformed += 1;
      if (draft.kind === null && !good && colon < end) return null;
    }
    if (draft.kind === null) return null;
    return { ...draft, kind: draft.kind, actionId: draft.fields.get("ActionID") ?? null };
  }

  #checkLine(length: number, count: number): void {
    if (length > this.#limits.maxLineLength) {
      throw new AmiProtocolError(
        "line_too_long",
        `A manager line is longer than ${this.#limits.maxLineLength} characters; look for a channel variable listed in manager.conf channelvars that grows without end.`,
      );
    }
    if (count > this.#limits.maxFields) {
      throw new AmiProtocolError(
        "too_many_fields",
        `A manager message has more than ${this.#limits.maxFields} lines; shorten channelvars in manager.conf or ask for less.`,
      );
    }
  }

  #append(chunk: Uint8Array): Buffer {
    const needed = this.#held + chunk.length;
    if (needed > this.#store.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#store.length * 2, 4096));
      this.#store.copy(larger, 0, 0, this.#held);
      this.#store = larger;
    }
    this.#store.set(chunk, this.#held);
    this.#held = needed;
    return this.#store.subarray(0, needed);
  }

  /** Holds what no message has claimed yet, in memory of our own: a socket may reuse its chunk. */
  #keep(bytes: Buffer, consumed: number): void {
    const rest = bytes.subarray(consumed);
    if (rest.length === 0) {
      this.#held = 0;
      if (this.#store.length > KEPT_STORE_BYTES) this.#store = Buffer.alloc(0);
    } else if (bytes.buffer !== this.#store.buffer) {
      this.#append(rest);
    } else {
      if (consumed > 0) this.#store.copyWithin(0, consumed, bytes.length);
      this.#held = rest.length;
    }
    this.#scanned = rest.length;
  }
}

type Draft = {
  kind: AmiMessage["kind"] | null;
  name: string;
  readonly fields: Map<string, string>;
  readonly variables: Map<string, string>;
  readonly destVariables: Map<string, string>;
  readonly repeated: Set<string>;
};

/** False when the line says nothing: an opening line of no known kind, a variable without its `=`. */
function addField(draft: Draft, key: string, value: string): boolean {
  if (draft.kind === null) {
    if (key !== "Event" && key !== "Response") return false;
    draft.kind = key === "Event" ? "event" : "response";
    draft.name = value;
  }
  if (key === "ChanVariable") return addVariable(draft, draft.variables, key, value);
  if (key === "DestChanVariable") return addVariable(draft, draft.destVariables, key, value);
  if (draft.fields.has(key)) draft.repeated.add(key);
  else draft.fields.set(key, value);
  return true;
}

function addVariable(draft: Draft, into: Map<string, string>, key: string, value: string): boolean {
  const equals = value.indexOf("=");
  if (equals <= 0) return false;
  const name = value.slice(0, equals);
  if (into.has(name)) draft.repeated.add(key);
  else into.set(name, value.slice(equals + 1));
  return true;
}

function indexOrEnd(text: string, needle: string, from: number): number {
  const found = text.indexOf(needle, from);
  return found < 0 ? text.length : found;
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

/** Asterisk reads a line into 1,025 bytes and drops the whole action beyond it; 128 headers are its limit. */
const MAX_ACTION_LINE_BYTES = 1_000;
const MAX_ACTION_FIELDS = 100;

/** One action as bytes to write. Throws AmiProtocolError `bad_action` on anything that could become a second line. */
export function encodeAction(
  name: string,
  fields: Readonly<Record<string, string>>,
  actionId: string,
): string {
  const lines = [actionLine("Action", name), actionLine("ActionID", actionId)];
  for (const [key, value] of Object.entries(fields)) {
    const lower = key.toLowerCase();
    if (lower === "action" || lower === "actionid") refuse(key, "is set by the encoder alone");
    lines.push(actionLine(key, value));
  }
  if (lines.length > MAX_ACTION_FIELDS) refuse(name, `has more than ${MAX_ACTION_FIELDS} fields`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function actionLine(key: string, value: string): string {
  if (key === "" || /[\0-\x20\x7f:]/.test(key)) refuse(key, "is no header name");
  if (/[\r\n\0]/.test(value)) refuse(key, "holds CR, LF or NUL, which would begin another line");
  const line = `${key}: ${value}`;
  if (Buffer.byteLength(line) > MAX_ACTION_LINE_BYTES) {
    refuse(key, `makes a line of more than ${MAX_ACTION_LINE_BYTES} bytes, which Asterisk discards`);
  }
  return line;
}

function refuse(key: string, why: string): never {
  throw new AmiProtocolError(
    "bad_action",
    `The manager action field ${JSON.stringify(key)} ${why}; send another value.`,
  );
}
