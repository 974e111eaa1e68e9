import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  AmiDecoder,
  type AmiItem,
  type AmiLimits,
  AmiProtocolError,
  encodeAction,
} from "../../src/ami/codec.ts";

const CASES = new URL("./ami/cases/", import.meta.url);
const CAPTURES = new URL("./ami/captures/", import.meta.url);

type Case = { readonly bytes: Buffer; readonly limits: Partial<AmiLimits>; readonly expected: string };

// In a case `\n`, `\r`, `\0` and `\xHH` are bytes of their own; each line end stands for CRLF.
function parseCase(text: string): Case {
  const section = (name: string) => {
    const rest = text.split(`--- ${name}\n`)[1];
    return rest?.split(/^--- /m)[0];
  };
  const limits: Record<string, number> = {};
  for (const [, key, value] of (section("limits") ?? "").matchAll(/^(\w+) (\d+)$/gm)) {
    if (key !== undefined) limits[key] = Number(value);
  }
  return { bytes: toBytes(section("bytes") ?? ""), limits, expected: section("messages") ?? "" };
}

function toBytes(text: string): Buffer {
  const named: Record<string, string> = { n: "\n", r: "\r", "0": "\0" };
  const latin1 = Buffer.from(text.replaceAll("\n", "\r\n"), "utf8")
    .toString("latin1")
    .replace(/\\(?:x([0-9a-f]{2})|([nr0]))/g, (_all, hex: string | undefined, name: string) =>
      hex === undefined ? (named[name] ?? "") : String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Buffer.from(latin1, "latin1");
}

const shown = (text: string) => text.replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\0", "\\0");

function render(item: AmiItem): string {
  if (item.kind === "greeting") return `greeting ${shown(item.banner)}\n`;
  const lines = [`${item.kind} ${shown(item.name)}`];
  for (const [key, value] of item.fields) lines.push(`  ${shown(key)}: ${shown(value)}`);
  for (const [name, value] of item.variables) lines.push(`  variable ${shown(name)}=${shown(value)}`);
  for (const [name, value] of item.destVariables) lines.push(`  dest ${shown(name)}=${shown(value)}`);
  for (const key of item.repeated) lines.push(`  repeated ${shown(key)}`);
  if (item.actionId !== null) lines.push(`  action ${shown(item.actionId)}`);
  return `${lines.join("\n")}\n`;
}

function decode(chunks: readonly Uint8Array[], limits: Partial<AmiLimits> = {}): string {
  const decoder = new AmiDecoder(limits);
  let text = "";
  try {
    for (const chunk of chunks) text += decoder.push(chunk).map(render).join("");
  } catch (error) {
    if (!(error instanceof AmiProtocolError)) throw error;
    text += `${error.decoded.map(render).join("")}error ${error.code}\n`;
  }
  return decoder.malformed === 0 ? text : `${text}malformed ${decoder.malformed}\n`;
}

const oneByOne = (bytes: Buffer) => Array.from(bytes, (_byte, at) => bytes.subarray(at, at + 1));

describe("cases", () => {
  for (const file of readdirSync(CASES)) {
    const { bytes, limits, expected } = parseCase(readFileSync(new URL(file, CASES), "utf8"));

    test(`${file.replace(".txt", "")}: whole`, () => {
      expect(decode([bytes], limits)).toBe(expected);
    });

    test(`${file.replace(".txt", "")}: split at every byte`, () => {
      for (let at = 0; at <= bytes.length; at += 1) {
        const chunks = [bytes.subarray(0, at), bytes.subarray(at)];
        expect(decode(chunks, limits), `split at ${at}`).toBe(expected);
      }
      expect(decode(oneByOne(bytes), limits)).toBe(expected);
    });
  }
});

describe("captures of a real Asterisk", () => {
  for (const file of readdirSync(CAPTURES)) {
    const bytes = Buffer.from(readFileSync(new URL(file, CAPTURES), "utf8").replaceAll("\n", "\r\n"));
    const whole = decode([bytes]);

    test(`${file}: every message is read, and no key but variables comes twice`, () => {
      const messages = new AmiDecoder().push(bytes).filter((item) => item.kind !== "greeting");
      const blocks = bytes.toString().split(/\r\n(?:\r\n)+|(?<=^Asterisk.*)\r\n/);
      expect(messages).toHaveLength(blocks.filter((block) => block !== "").length - 1);
      expect(whole).not.toMatch(/^(malformed|error)/m);
      const repeated = new Set(messages.flatMap((message) => [...message.repeated]));
      expect([...repeated].filter((key) => !key.includes("ChanVariable"))).toEqual([]);
    });

    test(`${file}: the same byte by byte and split at every byte`, () => {
      expect(decode(oneByOne(bytes))).toBe(whole);
      for (let at = 1; at < 3_000; at += 1) {
        const part = bytes.subarray(0, 3_000);
        if (decode([part.subarray(0, at), part.subarray(at)]) !== decode([part]))
          expect.fail(`split at ${at}`);
      }
    });
  }
});

describe("decoder", () => {
  test("stays refused after an error and holds no memory for it", () => {
    const decoder = new AmiDecoder();
    expect(() => decoder.push(Buffer.from("SSH-2.0-x\r\n"))).toThrow(AmiProtocolError);
    expect(() => decoder.push(Buffer.from("Asterisk Call Manager/1\r\n"))).toThrow(/manager port/);
  });

  test("refuses a message that never ends as soon as it passes the limit", () => {
    const decoder = new AmiDecoder();
    decoder.push(Buffer.from("Asterisk Call Manager/1\r\nEvent: X\r\n"));
    const chunk = Buffer.alloc(16_384, "a");
    let sent = 0;
    const flood = () => {
      for (; sent < 10_000_000; sent += chunk.length) decoder.push(chunk);
    };
    expect(flood).toThrow(expect.objectContaining({ code: "message_too_large" }));
    expect(sent).toBeLessThan(600_000);
  });

  test("does not keep the caller's chunk: it may be reused at once", () => {
    const decoder = new AmiDecoder();
    const shared = Buffer.from("Asterisk Call Manager/1\r\nEvent: Hang");
    decoder.push(shared);
    shared.fill(0);
    expect(decoder.push(Buffer.from("up\r\n\r\n"))).toMatchObject([{ kind: "event", name: "Hangup" }]);
  });
});

describe("fuzz", () => {
  const piece = fc.oneof(
    fc.constantFrom("\r\n", "\r\n\r\n", "\r", "\n", ":", ": ", "Event: ", "Response: ", "ActionID: ", "="),
    fc.constantFrom("ChanVariable: ", "DestChanVariable: ", "Uniqueid: 1.1", "Hangup", "\0", "é", "📞"),
    fc.string({ maxLength: 12, unit: "binary" }),
  );
  const stream = fc
    .tuple(fc.boolean(), fc.array(piece, { maxLength: 60 }))
    .map(([greeted, parts]) =>
      Buffer.from(`${greeted ? "Asterisk Call Manager/1\r\n" : ""}${parts.join("")}`),
    );
  const limits = { maxLineLength: 60, maxMessageBytes: 200, maxFields: 12 };

  test("any bytes in any chunks give the same messages and only known errors", () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(40), { maxLength: 60 }), (bytes, sizes) => {
        const chunks: Buffer[] = [];
        let at = 0;
        for (const size of sizes) {
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        chunks.push(bytes.subarray(at));
        expect(decode(chunks, limits)).toBe(decode([bytes], limits));
      }),
      { numRuns: 2_000 },
    );
  });

  test("an encoded action is one message that reads back as it was meant", () => {
    const key = fc.string({ unit: fc.constantFrom(..."abcXYZ-_."), minLength: 1, maxLength: 8 });
    const value = fc.string({ maxLength: 40, unit: "binary" });
    fc.assert(
      fc.property(fc.dictionary(key, value), value, (fields, id) => {
        let encoded: string;
        try {
          encoded = encodeAction("Ping", fields, id);
        } catch (error) {
          expect(error).toMatchObject({ code: "bad_action" });
          expect([...Object.values(fields), id].some((text) => /[\r\n\0]/.test(text))).toBe(true);
          return;
        }
        const lines = encoded.split("\r\n");
        expect(lines.slice(0, 2)).toEqual(["Action: Ping", `ActionID: ${id}`]);
        expect(lines.slice(2, -2)).toEqual(Object.entries(fields).map(([k, v]) => `${k}: ${v}`));
        expect(lines.slice(-2)).toEqual(["", ""]);
      }),
      { numRuns: 500 },
    );
  });
});

describe("encodeAction", () => {
  const refused: readonly (readonly [string, Record<string, string>])[] = [
    ["crlf_in_a_value", { Channel: "a\r\nAction: Originate" }],
    ["lone_lf_in_a_value", { Channel: "a\nb" }],
    ["nul_in_a_value", { Channel: "a\0b" }],
    ["colon_in_a_key", { "Channel:": "a" }],
    ["space_in_a_key", { "Chan nel": "a" }],
    ["empty_key", { "": "a" }],
    ["second_action", { action: "Originate" }],
    ["second_action_id", { ACTIONID: "1" }],
    ["line_that_asterisk_would_discard", { Channel: "a".repeat(1_000) }],
  ];
  for (const [name, fields] of refused) {
    test(name, () => {
      expect(() => encodeAction("Status", fields, "1")).toThrow(
        expect.objectContaining({ code: "bad_action" }),
      );
    });
  }

  test("crlf_in_the_name", () => {
    expect(() => encodeAction("Ping\r\n\r\nAction: Logoff", {}, "1")).toThrow(/CR, LF or NUL/);
  });
});
