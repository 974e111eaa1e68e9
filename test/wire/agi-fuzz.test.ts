import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AgiDecoder, AgiProtocolError, percentDecode } from "../../src/agi/codec.ts";
import { encodeMSets, percentEncode } from "../../src/agi/encode.ts";

const MINIMAL = "agi_request: agi://h/inbound\nagi_channel: PJSIP/a-1\nagi_uniqueid: 1.1\n";
const SESSION = Buffer.from(
  `agi_network: yes\n${MINIMAL}agi_calleridname: "A" <1>\nagi_arg_1: a%20b\n\n` +
    "HANGUP\n520-Wrong\nusage\n520 End of proper usage.\n200 result=0 (x)\nHANGUP\n",
);

/** Everything seen, the fault included, as one comparable value. */
function decodeAll(bytes: Uint8Array, cuts: readonly number[]): unknown[] {
  const decoder = new AgiDecoder();
  const seen: unknown[] = [];
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  try {
    edges.forEach((edge, at) => {
      seen.push(...decoder.push(bytes.subarray(edge, edges[at + 1] ?? edge)));
    });
    decoder.end();
  } catch (error) {
    if (!(error instanceof AgiProtocolError)) throw error;
    seen.push(error.code);
  }
  return seen;
}

const cuts = fc.array(fc.nat(), { maxLength: 8 });
const text = fc.string({ unit: "grapheme" }).filter((value) => !/[\x00-\x1f\x7f]/.test(value));

describe("decoder", () => {
  test("any_bytes_in_any_pieces_give_the_same_and_fail_only_as_promised", () => {
    const garbage = fc.uint8Array({ maxLength: 300 });
    const afterHeader = garbage.map((bytes) => Buffer.concat([Buffer.from(`${MINIMAL}\n`), bytes]));
    fc.assert(
      fc.property(fc.oneof(garbage, afterHeader), cuts, (bytes, at) => {
        expect(decodeAll(bytes, at)).toEqual(decodeAll(bytes, []));
      }),
      { numRuns: 500 },
    );
  });

  test("a_good_session_with_a_few_bytes_changed_likewise", () => {
    const change = fc.record({ at: fc.nat(SESSION.length - 1), byte: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), cuts, (changes, at) => {
        const bytes = Buffer.from(SESSION);
        for (const { at: position, byte } of changes) bytes[position] = byte;
        expect(decodeAll(bytes, at)).toEqual(decodeAll(bytes, []));
      }),
      { numRuns: 500 },
    );
  });

  test("every_header_and_argument_comes_out_as_it_went_in", () => {
    const name = fc.stringMatching(/^[a-z]{1,8}$/).filter((value) => !["request", "channel"].includes(value));
    const headers = fc.dictionary(name, text, { maxKeys: 20, noNullPrototype: true });
    fc.assert(
      fc.property(headers, fc.array(text, { maxLength: 20 }), cuts, (given, args, at) => {
        const lines = Object.entries({ ...given, uniqueid: "1.1" }).map(
          ([key, value]) => `agi_${key}: ${value}\n`,
        );
        const argLines = args.map((value, index) => `agi_arg_${index + 1}: ${percentEncode(value)}\n`);
        const fixed = "agi_request: agi://h/next\nagi_channel: c\n";
        const [message] = decodeAll(Buffer.from(`${fixed}${lines.join("")}${argLines.join("")}\n`), at);
        const expected = { ...given, request: "agi://h/next", channel: "c", uniqueid: "1.1" };
        expect(message).toMatchObject({ type: "request", request: { args, path: "next" } });
        const { request } = message as { request: { headers: ReadonlyMap<string, string> } };
        expect(Object.fromEntries(request.headers)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});

/** What Asterisk does with the line: unquote, split on commas, split at the first "=", URIDECODE. */
function readAsAsterisk(line: string): (readonly [string, string])[] {
  const quoted = /^EXEC MSet "([^"\\\n]*)"\n$/.exec(line)?.[1];
  if (quoted === undefined) throw new Error(`Asterisk would not read one command: ${line}`);
  return quoted.split(",").map((pair) => {
    const equals = pair.indexOf("=");
    return [pair.slice(0, equals), percentDecode(pair.slice(equals + 1))] as const;
  });
}

describe("encoder", () => {
  test("percent_round_trip_in_a_safe_alphabet", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (value) => {
        const encoded = percentEncode(value);
        expect(encoded).toMatch(/^(?:[A-Za-z0-9_.:/@+*#&=-]|%[0-9A-F]{2})*$/);
        expect(percentDecode(encoded)).toBe(value);
      }),
      { numRuns: 500 },
    );
  });

  test("no_value_can_change_what_asterisk_reads", () => {
    const nasty = fc.constantFrom('"', "\\", ",", "(", ")", "${SHELL(id)}", "=", "%0A", "&", ";", " ");
    const value = fc.array(fc.oneof(text, nasty), { maxLength: 6 }).map((parts) => parts.join(""));
    const pair = fc.tuple(fc.stringMatching(/^_{0,2}[A-Z][A-Z0-9_]{0,6}$/), value);
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 6 }), (pairs) => {
        expect(encodeMSets(pairs).flatMap(readAsAsterisk)).toEqual(pairs);
      }),
      { numRuns: 500 },
    );
  });

  test("any_name_and_value_give_one_ascii_line_or_a_coded_error", () => {
    const anything = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(fc.array(fc.tuple(anything, anything), { maxLength: 4 }), (pairs) => {
        try {
          for (const line of encodeMSets(pairs)) expect(line).toMatch(/^[\x20-\x7e]{1,1999}\n$/);
        } catch (error) {
          if (!(error instanceof AgiProtocolError)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});
