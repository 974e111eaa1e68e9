import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { AgiDecoder, type AgiMessage, AgiProtocolError } from "../../src/agi/codec.ts";

const DIRECTORY = new URL("./agi/", import.meta.url);
const REPLIES_FOLLOW = Buffer.from(
  "agi_request: agi://127.0.0.1/inbound\nagi_channel: PJSIP/a-1\nagi_uniqueid: 1.1\n\n",
);

type Case = { readonly name: string; readonly bytes: Buffer; readonly expected: string };

function readCases(file: string): Case[] {
  const text = readFileSync(new URL(file, DIRECTORY), "utf8");
  const pattern = /^## (\S+)\n\n```agi\n(.*?)```\n\n```messages\n(.*?)```/gms;
  const cases = [...text.matchAll(pattern)].map(([, name = "", agi = "", expected = ""]) => {
    return { name, bytes: toBytes(agi), expected };
  });
  if (cases.length !== text.split("\n## ").length - 1) throw new Error(`${file}: a case cannot be read`);
  return cases;
}

function toBytes(agi: string): Buffer {
  const latin1 = Buffer.from(agi, "utf8").toString("latin1");
  const unescaped = latin1
    .replace(/\\\n/g, "")
    .replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(unescaped, "latin1");
}

function describeMessage(message: AgiMessage): string {
  if (message.type === "hangup") return "hangup\n";
  const json = JSON.stringify;
  if (message.type === "reply") {
    const { code, result, data, text } = message;
    return `reply ${code} result=${json(result)} data=${json(data)} text=${json(text)}\n`;
  }
  const { headers, args, path, query } = message.request;
  const name = headers.get("calleridname") ?? "unknown";
  const caller = name === "unknown" ? "" : ` calleridname=${json(name).replace("\u2028", "\\u2028")}`;
  const fixed = `path=${json(path)} query=${json(Object.fromEntries(query))} args=${json(args)}`;
  return `request ${fixed} headers=${headers.size} uniqueid=${json(headers.get("uniqueid"))}${caller}\n`;
}

function decode(decoder: AgiDecoder, pieces: readonly Uint8Array[]): string {
  let seen = "";
  try {
    for (const piece of pieces) seen += decoder.push(piece).map(describeMessage).join("");
    decoder.end();
  } catch (error) {
    if (!(error instanceof AgiProtocolError)) throw error;
    seen += `error ${error.code}\n`;
  }
  return seen;
}

for (const file of readdirSync(DIRECTORY)) {
  const newDecoder = (): AgiDecoder => {
    const decoder = new AgiDecoder();
    if (file === "replies.md") decoder.push(REPLIES_FOLLOW);
    return decoder;
  };
  describe(file, () => {
    test.each(readCases(file))("$name", ({ bytes, expected }) => {
      expect(decode(newDecoder(), [bytes])).toBe(expected);
      for (let at = 1; at < bytes.length; at += 1) {
        const halves = [bytes.subarray(0, at), bytes.subarray(at)];
        expect(decode(newDecoder(), halves), `cut before byte ${at}`).toBe(expected);
      }
      const single = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
      expect(decode(newDecoder(), single), "byte by byte").toBe(expected);
    });
  });
}

describe("limits", () => {
  const header = "agi_request: agi://h/p\nagi_channel: c\nagi_uniqueid: 1\n";
  const lines = (count: number) => Array.from({ length: count }, (_, at) => `agi_x${at}: v\n`).join("");
  const args = (count: number) => Array.from({ length: count }, (_, at) => `agi_arg_${at + 1}: v\n`).join("");
  const long = (bytes: number) => `agi_x: ${"v".repeat(bytes - 7)}`;
  const wide = `agi_x: ${"ä".repeat(1021)}`;
  const wideLines = (count: number) => lines(count).replaceAll(": v", `: ${"v".repeat(1000)}`);
  const ok = /^request /;
  test.each([
    ["line_of_2048_bytes", `${header}${long(2048)}\n\n`, ok],
    ["line_of_2049_bytes", `${header}${long(2049)}\n\n`, "error agi_header_too_long\n"],
    ["line_of_2049_bytes_in_fewer_letters", `${header}${wide}\n\n`, "error agi_header_too_long\n"],
    ["line_without_end", long(3000), "error agi_header_too_long\n"],
    ["200_headers", `${header}${lines(197)}\n`, ok],
    ["201_headers", `${header}${lines(198)}\n`, "error agi_too_many_headers\n"],
    ["128_arguments", `${header}${args(128)}\n`, ok],
    ["129_arguments", `${header}${args(129)}\n`, "error agi_too_many_arguments\n"],
    ["header_of_over_64_KiB", wideLines(66), "error agi_too_many_bytes\n"],
  ])("%s", (_, text, expected) => {
    const bytes = Buffer.from(text);
    for (const at of [0, 1, 1000, 2047, 2048, 2049, bytes.length - 1]) {
      const seen = decode(new AgiDecoder(), [bytes.subarray(0, at), bytes.subarray(at)]);
      if (typeof expected === "string") expect(seen).toBe(expected);
      else expect(seen).toMatch(expected);
    }
  });

  test("a_session_takes_64_KiB_of_replies_and_not_a_byte_more", () => {
    const decoder = new AgiDecoder();
    decoder.push(REPLIES_FOLLOW);
    const hangups = Buffer.from("HANGUP\n".repeat(10_000)).subarray(0, 65_536 - REPLIES_FOLLOW.length);
    expect(decoder.push(hangups)).toHaveLength(Math.floor(hangups.length / 7));
    expect(() => decoder.push(Buffer.from("H"))).toThrow("over 65536 bytes");
  });

  test("a_fault_stays", () => {
    const decoder = new AgiDecoder();
    const good = decoder.push(Buffer.concat([REPLIES_FOLLOW, Buffer.from("rubbish\n")]));
    expect(good.map((message) => message.type)).toEqual(["request"]);
    for (const next of [() => decoder.push(Buffer.from("200 result=0\n")), () => decoder.end()]) {
      expect(next).toThrow(expect.objectContaining({ code: "agi_bad_reply" }));
    }
  });

  test("keeps_no_view_of_a_buffer_that_the_caller_uses_again", () => {
    const decoder = new AgiDecoder();
    decoder.push(REPLIES_FOLLOW);
    const reused = Buffer.from("200 res");
    decoder.push(reused);
    reused.fill(0);
    expect(decoder.push(Buffer.from("ult=7\n"))).toMatchObject([{ result: "7" }]);
  });
});
