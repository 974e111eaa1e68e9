import { expect, test } from "vitest";
import { AgiDecoder } from "../../../src/agi/codec.ts";
import { readStep } from "../../../src/agi/variables.ts";

function stepOf(presentation: string) {
  const header = `agi_request: agi://h/inbound\nagi_channel: PJSIP/a-1\nagi_uniqueid: 1.1\nagi_callingpres: ${presentation}\n\n`;
  const [message] = new AgiDecoder().push(Buffer.from(header));
  if (message?.type !== "request") throw new Error("no request");
  return readStep(message.request, "ast1");
}

test.each([
  ["allowed", "0", false],
  ["allowed_and_screened", "3", false],
  ["withheld", "32", true],
  ["withheld_and_screened", "35", true],
  ["not_there", "67", false],
  ["nothing", "", false],
  ["no_number", "x32", false],
])("a_presentation_that_is %s", (_name, presentation, withheld) => {
  expect(stepOf(presentation)).toMatchObject({ type: "offer", offer: { withheld } });
});
