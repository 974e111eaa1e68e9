import { expect, test } from "vitest";
import { AmiDecoder } from "../../src/ami/codec.ts";
import { readEvent } from "../../src/ami/events.ts";

/** As Asterisk 22.10.1 and 16.28.0 sent them with chan_pjsip, and 16.28.0 with chan_sip. */
const pjsip = (status: string) => [
  ...[
    "Event: ContactStatus",
    "Privilege: system,all",
    "URI: sip:127.0.0.8:15162",
    `ContactStatus: ${status}`,
  ],
  ...["AOR: watched_sip", "EndpointName: watched_sip", "RoundtripUsec: 0"],
];
const chanSip = (status: string) => [
  ...["Event: PeerStatus", "Privilege: system,all", "ChannelType: SIP", "Peer: SIP/watched_sip"],
  ...[`PeerStatus: ${status}`, "Time: -1"],
];

function read(lines: readonly string[]) {
  const bytes = Buffer.from(`Asterisk Call Manager/1\r\n${lines.join("\r\n")}\r\n\r\n`);
  const [message] = new AmiDecoder().push(bytes).filter((item) => item.kind !== "greeting");
  if (message === undefined) throw new Error("no message in the lines");
  return readEvent(message, (name, why) => expect.fail(`${name}: ${why}`));
}

test.each([
  ["Reachable", true],
  ["Unreachable", false],
  ["NonQualified", null],
  ["Created", null],
  ["Removed", null],
])("a_contact_that_is_%s", (status, reachable) => {
  expect(read(pjsip(status))).toEqual({ type: "endpoint_reachable", endpoint: "watched_sip", reachable });
});

test.each([
  ["Reachable", true],
  ["Lagged", true],
  ["Unreachable", false],
  ["Registered", null],
])("a_peer_that_is_%s", (status, reachable) => {
  expect(read(chanSip(status))).toEqual({ type: "endpoint_reachable", endpoint: "watched_sip", reachable });
});

test("a_pjsip_peer_says_nothing_of_its_own", () => {
  const lines = chanSip("Unreachable").map((line) => line.replace("SIP/", "PJSIP/"));
  expect(read(lines)).toMatchObject({ endpoint: "", reachable: null });
});
