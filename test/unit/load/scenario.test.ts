import { describe, expect, it } from "vitest";
import { readMessages } from "../../../load/sipp/messages.ts";
import { renderScenario } from "../../../load/sipp/scenario.ts";
import { percentiles, readCounters, readPercentiles } from "../../../load/sipp/statistics.ts";
import {
  callee,
  caller,
  hangUp,
  invite,
  pause,
  press,
  type Scenario,
  talk,
} from "../../../load/sipp-runner.ts";

const scenario = (...steps: Scenario["steps"]): Scenario => ({ name: "test", role: "caller", steps });
const xmlOf = (what: Scenario) => String(renderScenario(what).files[0].bytes);

describe("a composed scenario", () => {
  it("plays media that follows media as one capture, and waits for its end", () => {
    const { files } = renderScenario(scenario(talk(100), press("1"), talk(100), hangUp()));
    expect(files.map(({ name }) => name)).toEqual(["test.xml", "test-1.pcap"]);
    expect(String(files[0].bytes)).toContain('<pause milliseconds="400"/>');
  });

  it("plays nothing during a pause", () => {
    const { files, playsMedia } = renderScenario(scenario(pause(500)));
    expect(playsMedia).toBe(false);
    expect(String(files[0].bytes)).toContain('<pause milliseconds="500"/>');
  });

  it("can be muted as far as nobody presses a key", () => {
    expect(renderScenario(scenario(talk(100)), true).playsMedia).toBe(false);
    expect(renderScenario(scenario(talk(100), press("1")), true).playsMedia).toBe(true);
  });

  it("prefers the codec it was given", () => {
    expect(xmlOf(caller())).toContain("RTP/AVP 0 8 101");
    expect(xmlOf(caller({ codec: "PCMA" }))).toContain("RTP/AVP 8 0 101");
  });

  it("lets a callee ring without media of its own", () => {
    expect(xmlOf(callee({ ringMs: 250 }))).toContain('<recv request="CANCEL" timeout="250"');
  });

  it.each([
    ["a line break", { from: "a\r\nX: y" }],
    ["the end of the section", { from: "]]>" }],
  ])("refuses %s in a header", (_name, options) => {
    expect(() => xmlOf(scenario(invite(options)))).toThrow(
      expect.objectContaining({ code: "SCENARIO_INVALID" }),
    );
  });

  it("refuses a name that is no file name", () => {
    expect(() => xmlOf({ ...scenario(), name: "../x" })).toThrow(
      expect.objectContaining({ code: "SCENARIO_INVALID" }),
    );
  });
});

describe("what SIPp leaves behind", () => {
  it("is read from the last line of the statistics, with reasons", () => {
    const head =
      "TotalCallCreated;SuccessfulCall(P);SuccessfulCall(C);FailedCall(C);FailedMaxUDPRetrans(C);Retransmissions(C);answered(P);answered(C);";
    expect(readCounters(`${head}\n1;0;0;0;0;0;0;0;\n5;1;3;1;1;7;1;2;\n`)).toEqual({
      created: 5,
      successful: 3,
      failed: 1,
      answered: 2,
      unfinished: 1,
      retransmissions: 7,
      failures: { FailedMaxUDPRetrans: 1 },
    });
  });

  it("is nothing when SIPp died early", () => {
    expect(readCounters("")).toBeNull();
    expect(readPercentiles("Date_ms;response_time_ms;rtd_no\n")).toBeNull();
  });

  it("gives nearest-rank percentiles", () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentiles(values)).toEqual({ count: 100, p50: 50, p95: 95, p99: 99, max: 100 });
    expect(readPercentiles("Date_ms;response_time_ms;rtd_no\n1.1;7;1\n2.1;9;1\n")).toMatchObject({
      p50: 7,
      p99: 9,
    });
  });

  it("gives messages in order, without the text between them", () => {
    const banner = "-----------------------------------------------";
    const text =
      `${banner} 2026-11-21 23:13:06.176474\nUDP message received [90] bytes :\n\n` +
      "INVITE sip:1@h SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\nv=0\r\n\n" +
      `${banner} 2026-11-21 23:13:06.200000\nUDP message sent (40 bytes):\n\nSIP/2.0 486 Busy Here\r\nTo: <sip:1@h>\r\n\r\n\n` +
      `${banner} 2026-11-21 23:13:07.000000\nUDP message received [4] bytes :\n\n\r\n\r\n`;
    expect(readMessages(text)).toMatchObject([
      { direction: "received", method: "INVITE", status: null, body: "v=0", headers: [["CSeq", "1 INVITE"]] },
      { direction: "sent", method: null, status: 486, body: "", at: "2026-11-21 23:13:06.200000" },
    ]);
  });
});
