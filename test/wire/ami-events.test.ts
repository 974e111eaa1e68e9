import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AmiDecoder, type AmiMessage } from "../../src/ami/codec.ts";
import { type AmiEvent, readBoot, readEvent } from "../../src/ami/events.ts";

const CAPTURES = new URL("./ami/captures/", import.meta.url);
const FACTS = new URL("./ami/facts/", import.meta.url);

const unwanted = (name: string, why: string) => expect.fail(`${name}: ${why}`);

function decode(text: string): AmiMessage[] {
  const bytes = Buffer.from(text.replaceAll("\n", "\r\n"));
  return new AmiDecoder().push(bytes).filter((item) => item.kind !== "greeting");
}

function messageOf(lines: readonly string[]): AmiMessage {
  const [message] = decode(`Asterisk Call Manager/1\n${lines.join("\n")}\n\n`);
  if (message === undefined) throw new Error("no message in the lines");
  return message;
}

// One fact a line: what the event says, without what is null.
function shown(event: AmiEvent): string {
  const said = Object.entries(event).filter(([key, value]) => key !== "type" && value !== null);
  return [event.type, ...said.map(([key, value]) => `${key}=${value}`)].join(" ");
}

function facts(messages: readonly AmiMessage[]): string {
  const lines: string[] = [];
  for (const message of messages) {
    if (message.fields.has("CoreStartupDate")) lines.push(`boot ${readBoot(message, unwanted)}`);
    const event = readEvent(message, unwanted);
    if (event !== null) lines.push(shown(event));
  }
  return `${lines.join("\n")}\n`;
}

describe("captures of a real Asterisk", () => {
  for (const file of readdirSync(CAPTURES)) {
    test(`${file}: every event is read, and says what the facts file says`, () => {
      const read = facts(decode(readFileSync(new URL(file, CAPTURES), "utf8")));
      expect(read).toBe(readFileSync(new URL(file, FACTS), "utf8"));
    });
  }

  test("the dialled trunk leg is stamped before DialBegin, and its own Hangup comes once", () => {
    for (const version of ["22", "16"]) {
      const text = readFileSync(new URL(`trunk-calls-asterisk-${version}.txt`, CAPTURES), "utf8");
      const events = decode(text).map((message) => readEvent(message, unwanted));
      const begins = events.filter((event) => event?.type === "dial_begin");
      expect(begins.map((begin) => begin.destAccountCode)).toEqual(["apex", "apex"]);
      for (const { destUniqueid } of begins) {
        expect(
          events.filter((event) => event?.type === "hangup" && event.uniqueid === destUniqueid),
        ).toHaveLength(1);
      }
    }
  });
});

const HANGUP = [
  "Event: Hangup",
  "Privilege: call,all",
  "Channel: PJSIP/carrier-00000000",
  "AccountCode: apex",
  "Uniqueid: 1795302373.2",
  "ChanVariable: SB_CALL=c-1",
  "ChanVariable: SB_DIRECTION=out",
  "Cause: 16",
];
const DIAL_BEGIN = [
  ...["Event: DialBegin", "Channel: Local/1@in-00000000;2", "AccountCode: ", "Uniqueid: 1.1"],
  ...["DestChannel: PJSIP/carrier-00000000", "DestAccountCode: apex", "DestUniqueid: tel1-1795302373.2"],
];

function refusalOf(lines: readonly string[]): string {
  const reasons: string[] = [];
  expect(readEvent(messageOf(lines), (name, why) => reasons.push(`${name}: ${why}`))).toBeNull();
  expect(reasons).toHaveLength(1);
  return reasons[0] ?? "";
}

const without = (lines: readonly string[], key: string) =>
  lines.filter((line) => !line.startsWith(`${key}:`));
const replaced = (lines: readonly string[], line: string) =>
  lines.map((each) => (each.split(":")[0] === line.split(":")[0] ? line : each));

describe("hostile and broken events", () => {
  test("the plain ones are read", () => {
    expect(readEvent(messageOf(HANGUP), unwanted)).toEqual({
      ...{ type: "hangup", uniqueid: "1795302373.2", channel: "PJSIP/carrier-00000000", accountCode: "apex" },
      ...{ cause: 16, sbCall: "c-1", sbDirection: "out", sbMarks: null },
    });
    expect(readEvent(messageOf(DIAL_BEGIN), unwanted)).toMatchObject({
      uniqueid: "1.1",
      destUniqueid: "tel1-1795302373.2",
    });
  });

  test("a hangup says whether its caller was still ringing", () => {
    const of = (state: string) => readEvent(messageOf([...HANGUP, `ChannelState: ${state}`]), unwanted);
    expect(of("4")).toMatchObject({ type: "hangup", unanswered: true });
    for (const state of ["0", "5", "6"]) expect(of(state)).not.toHaveProperty("unanswered");
  });

  test("a hangup tells of any number of pauses of its recording", () => {
    const sbMarks = `${"p1795302373.r1795302374.".repeat(150)}:h1795302999.`;
    const ended = [...HANGUP, `ChanVariable: SB_MARKS=${sbMarks}`];
    expect(readEvent(messageOf(ended), unwanted)).toMatchObject({ type: "hangup", sbMarks });
  });

  for (const key of ["Channel", "AccountCode", "Uniqueid", "Cause"]) {
    test(`a hangup without ${key}`, () => {
      expect(refusalOf(without(HANGUP, key))).toBe(`Hangup: ${key} is missing`);
    });
    test(`a hangup with ${key} twice`, () => {
      expect(refusalOf([...HANGUP, `${key}: 1`])).toBe(`Hangup: ${key} came twice`);
    });
  }

  test("a forged call mark", () => {
    expect(refusalOf([...HANGUP, "ChanVariable: SB_CALL=c-2"])).toBe("Hangup: ChanVariable came twice");
  });

  test("a uniqueid that Asterisk would not make", () => {
    for (const uniqueid of ["", "1.1 ", "1.1;2", "a b", "1.1\u0000", "é", "1".repeat(81), "../1"]) {
      expect(refusalOf(replaced(HANGUP, `Uniqueid: ${uniqueid}`))).toBe("Hangup: Uniqueid is malformed");
    }
  });

  test("control characters in a channel name and an account code", () => {
    expect(refusalOf(replaced(HANGUP, "Channel: PJSIP/a\u0007"))).toBe("Hangup: Channel is malformed");
    expect(refusalOf(replaced(HANGUP, "AccountCode: ap\u007fex"))).toBe("Hangup: AccountCode is malformed");
    const lone = messageOf(HANGUP);
    const fields = new Map(lone.fields).set("AccountCode", "apex\nUniqueid: 9.9");
    expect(readEvent({ ...lone, fields }, () => {})).toBeNull();
  });

  test("a cause that is no number", () => {
    expect(refusalOf(replaced(HANGUP, "Cause: -1"))).toBe("Hangup: Cause is malformed");
  });

  test("a dial with half a dialler, and one without its dialled leg", () => {
    expect(refusalOf(without(DIAL_BEGIN, "Uniqueid"))).toBe("DialBegin: Uniqueid is missing");
    expect(refusalOf(without(DIAL_BEGIN, "DestUniqueid"))).toBe("DialBegin: DestUniqueid is missing");
  });

  test("a boot without its time", () => {
    const reasons: string[] = [];
    const answer = messageOf(["Response: Success", "CoreStartupDate: 2026-11-21"]);
    expect(readBoot(answer, (_name, why) => reasons.push(why))).toBeNull();
    expect(reasons).toEqual(["CoreStartupTime is missing"]);
  });

  test("a restart and a shutdown", () => {
    const shutdown = (restart: string) =>
      readEvent(messageOf(["Event: Shutdown", "Shutdown: Cleanly", `Restart: ${restart}`]), unwanted);
    expect([shutdown("True"), shutdown("False")]).toEqual([
      { type: "shutdown", restart: true },
      { type: "shutdown", restart: false },
    ]);
  });

  test("names that nothing here uses, inherited ones too, are no events and no failures", () => {
    for (const name of ["Newexten", "constructor", "__proto__", ""]) {
      expect(readEvent(messageOf([`Event: ${name}`, "X: y"]), unwanted)).toBeNull();
    }
    expect(readEvent(messageOf(["Response: Hangup"]), unwanted)).toBeNull();
  });

  test("whatever the fields hold, an event is whole or refused, never a crash", () => {
    const keys = HANGUP.concat(DIAL_BEGIN).map((line) => line.split(":")[0] ?? "");
    const line = fc.tuple(fc.constantFrom(...keys), fc.string({ maxLength: 90, unit: "binary" }));
    const name = fc.constantFrom("Hangup", "DialBegin", "DialEnd", "Newchannel", "CoreShowChannel", "Status");
    fc.assert(
      fc.property(name, fc.array(line, { maxLength: 12 }), (event, lines) => {
        const text = lines.map(([key, value]) => `${key}: ${value.replaceAll(/[\r\n]/g, "")}`);
        const read = readEvent(messageOf([`Event: ${event}`, ...text]), () => {});
        if (read !== null && "uniqueid" in read && read.uniqueid !== null) {
          expect(read.uniqueid).toMatch(/^[\w.-]{1,80}$/);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
