// What is remembered of a message for minutes must not keep the message: names are cut out of it.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, onTestFinished, test } from "vitest";
import { AgiDecoder } from "../../src/agi/codec.ts";
import { readStep } from "../../src/agi/variables.ts";
import { AmiDecoder } from "../../src/ami/codec.ts";
import { readEvent } from "../../src/ami/events.ts";
import { nextPiece } from "../../src/records/cdr-file.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const MESSAGES = 400;
const FILLER = 40_000;
const MOST_BYTES = (MESSAGES * FILLER) / 8;

/** Bytes that `keep` leaves behind, called so many times. */
async function keptBy(keep: (nth: number) => unknown): Promise<number> {
  const kept: unknown[] = [];
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let nth = 0; nth < MESSAGES; nth += 1) kept.push(await keep(nth));
  collect();
  const bytes = process.memoryUsage().heapUsed - before;
  expect(kept).not.toContain(null);
  return bytes;
}

const uniqueid = (nth: number): string => `1796022243.${10_000 + nth}`;

test("an_event_does_not_keep_its_message", async () => {
  const bytes = await keptBy((nth) => {
    const decoder = new AmiDecoder();
    const fields = [
      `Channel: PJSIP/apex_sip-${String(nth).padStart(8, "0")}`,
      `Uniqueid: ${uniqueid(nth)}`,
      "AccountCode: a-client-of-some-length",
      "Cause: 16",
      `ChanVariable: SB_CALL=ast1-${uniqueid(nth)}`,
      `Filler: ${"x".repeat(FILLER)}`,
    ];
    const text = `Asterisk Call Manager/9.0.0\r\nEvent: Hangup\r\n${fields.join("\r\n")}\r\n\r\n`;
    const event = decoder.push(Buffer.from(text)).find((item) => item.kind === "event");
    return event === undefined || event.kind !== "event" ? null : readEvent(event, () => {});
  });
  expect(bytes).toBeLessThan(MOST_BYTES);
});

test("a_step_does_not_keep_its_header", async () => {
  const fillers = Array.from({ length: FILLER / 2000 }, (_, nth) => `agi_filler${nth}: ${"x".repeat(1980)}`);
  const bytes = await keptBy((nth) => {
    const header = [
      "agi_network_script: inbound?server=ast1",
      "agi_request: agi://127.0.0.1/inbound?server=ast1",
      `agi_channel: PJSIP/apex_sip-${String(nth).padStart(8, "0")}`,
      `agi_uniqueid: ${uniqueid(nth)}`,
      "agi_callerid: +14155550100000",
      "agi_extension: +18005550100000",
      ...fillers,
      "\n",
    ].join("\n");
    const [message] = new AgiDecoder().push(Buffer.from(header));
    const step = message?.type === "request" ? readStep(message.request, "ast1") : null;
    return step?.type === "offer" ? step.offer : null;
  });
  expect(bytes).toBeLessThan(MOST_BYTES);
});

test("a_line_of_call_detail_records_does_not_keep_its_piece", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sb-kept-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "cdr.csv");
  writeFileSync(file, `"1","${uniqueid(1)}"\n${`${"x".repeat(1999)}\n`.repeat(FILLER / 2000)}`);
  const bytes = await keptBy(async () => (await nextPiece(file, { file: "", offset: 0 }))?.lines[0] ?? null);
  expect(bytes).toBeLessThan(MOST_BYTES);
});
