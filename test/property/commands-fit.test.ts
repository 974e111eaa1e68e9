/**
 * Whatever names a configuration has, as long as they may be, each decision on its calls can be told to the switch: in
 * commands of 2,000 bytes, with the state and the instruction's name together in the last one.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeMSets } from "../../src/agi/encode.ts";
import { decisionVariables } from "../../src/agi/variables.ts";
import { loadConfiguration } from "../../src/config/load.ts";
import { recordingsFolderLength, recordingsFolderRule } from "../../src/config/recordings-folder.ts";
import type { Offer } from "../../src/core/callflow/call-event.ts";
import { decodeState } from "../../src/core/callflow/call-state.ts";
import { advance, begin } from "../../src/core/callflow/callflow.ts";
import type { Decision } from "../../src/core/callflow/decision.ts";
import type { Outcome } from "../../src/core/routing/instruction.ts";
import type { Snapshot } from "../../src/core/snapshot/snapshot.ts";
import { drive, inboundOffer, momentWith } from "../driving.ts";
import { writeConfiguration } from "../unit/config/written.ts";

/** A name of up to 64 letters, most often of as many; each begins differently, so that no two are the same. */
const nameOf = (first: string, most = 64) =>
  fc
    .oneof(
      { weight: 3, arbitrary: fc.constant(most) },
      { weight: 1, arbitrary: fc.integer({ min: 2, max: most }) },
    )
    .map((length) => first.padEnd(length, "x"));
const trunks = fc.tuple(...["ta", "tb", "tc", "td", "te"].map((first) => nameOf(first)));
const folder = fc.oneof(
  fc.constant(`/${"é".repeat(199)}`),
  fc.stringMatching(/^\/[A-Za-z0-9 é漢@%+=:~_.-]{0,299}$/).filter((text) => {
    return recordingsFolderRule.pattern.test(text) && recordingsFolderLength.fits(text);
  }),
);
const written = fc.record({
  ...{ trunks, folder },
  client: nameOf("c", 20),
  server: nameOf("s"),
  route: nameOf("r"),
  menu: nameOf("m"),
  notice: nameOf("n"),
  prompt: nameOf("p"),
  prefix: fc.constantFrom("", "#".repeat(12), "9"),
  nesting: fc.integer({ min: 0, max: 22 }),
});
type Names = typeof written extends fc.Arbitrary<infer Value> ? Value : never;

const KINDS: Readonly<Record<string, (names: Names) => string>> = {
  announce: ({ prompt }) => `{announce: ${prompt}, then: {hangup: busy}}`,
  dial: () => `{dial: "PJSIP/${"p".repeat(60)}@${"q".repeat(60)}", ring_seconds: 3600}`,
  forward: () => `{forward: "+493012345678", ring_seconds: 3600}`,
  goto: ({ client: id }) => `{goto: "${`${id}-`.padEnd(79, "g")},${"e".repeat(79)},9999"}`,
  ingroup: () => `{ingroup: ${"I".repeat(40)}}`,
  menu: ({ menu }) => `{menu: ${menu}}`,
  queue: () => `{queue: ${"Q".repeat(40)}, wait_seconds: 3600, timeout: {hangup: busy}}`,
  voicemail: () => `{voicemail: "${"v".repeat(40)}"}`,
};
const DIDS = Object.keys(KINDS).map((kind, index) => [kind, `+1212555010${index}`] as const);

/** A target below so many announcements: the longer its path, the longer the state. */
function nested(target: string, { nesting, prompt }: Names): string {
  return nesting === 0
    ? target
    : `{announce: ${prompt}, then: ${nested(target, { nesting: nesting - 1, prompt } as Names)}}`;
}

function filesOf(names: Names): Readonly<Record<string, string>> {
  const { client: id, route, menu, notice, prompt, prefix } = names;
  const pool = names.trunks.map(
    (name, index) =>
      `  ${name}: {address: "127.0.0.${index + 3}:5060", shared: true, channels: 10, country: DE, internal: true, privacy: never${prefix === "" ? "" : `, prefix: "${prefix}"`}}\n`,
  );
  const routes = DIDS.map(
    ([kind]) => `  ${route.slice(0, 54)}-${kind}: ${nested(KINDS[kind]?.(names) ?? "", names)}\n`,
  );
  const dids = DIDS.map(
    ([kind, did]) => `  "${did}": {route: ${route.slice(0, 54)}-${kind}, language: fil_PH}\n`,
  );
  const choices = Array.from({ length: 100 }, (_, index) => `"######${index + 10}": {hangup: busy}`);
  return {
    "signalbox.yaml": `asterisk: [{server: ${names.server}, ami: "127.0.0.1:5038", username: u, secret: x}]\n`,
    "trunks.yaml": `trunks:\n${pool.join("")}overflow: [${names.trunks.join(", ")}]\n`,
    [`tenants/${id}.yaml`]: `tenant: ${id}
timezone: UTC
caller_ids: ["+12125550100"]
destinations: {allow: ["+49", "+1"]}
limits: {longest_call_minutes: 10080}
recording: {inbound: all, outbound: all, format: wav, notice: ${notice}, legs: true, campaigns: {CAMPAIGN: all}}
ingroups: [${"I".repeat(40)}]
queues: [${"Q".repeat(40)}]
dids:
${dids.join("")}routes:
${routes.join("")}menus:
  ${menu}:
    prompt: ${prompt}
    language: fil_PH
    invalid: {announce: ${notice}}
    choices: {${choices.slice(0, names.nesting * 4 + 1).join(", ")}}
    exhausted: {hangup: busy}
`,
  };
}

function load(names: Names): Snapshot | null {
  const files = writeConfiguration(filesOf(names));
  try {
    const { snapshot, errors } = loadConfiguration(files.directory, { env: {}, purpose: "simulate" });
    // What `check` refuses never runs; nothing but a path that is too long may be refused here.
    for (const { message } of errors) expect(message).toContain("is nested too deep");
    return snapshot;
  } finally {
    files.remove();
  }
}

/** How many commands each decision took. */
const commands: number[] = [];

function expectToFit(decision: Decision, recordings: string, begins: boolean): void {
  const lines = encodeMSets(decisionVariables(decision, recordings, begins));
  commands.push(lines.length);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(2000);
  expect(lines.at(-1)).toMatch(/SB_STATE=[^,]*,TIMEOUT\(absolute\)=0,SB_ACTION=[a-z]+"\n$/);
  const state = /SB_STATE=([^,]+),/.exec(lines.at(-1) ?? "")?.[1];
  if (decision.state !== null) expect(decodeState(decodeURIComponent(state ?? ""))).toEqual(decision.state);
}

/** What a switch would bring back of each instruction, so that the call goes on for as long as it can. */
const OUTCOMES: Readonly<Partial<Record<string, Outcome>>> = {
  play: { type: "played" },
  collect: { type: "digits", digits: "9" },
  dial: { type: "dialled", status: "CONGESTION", cause: 34 },
  queue: { type: "queued", status: "TIMEOUT" },
};

/** Every step of one call. */
function follow(offer: Offer, snapshot: Snapshot, recordings: string): void {
  const moment = momentWith(snapshot);
  let { decision } = drive(begin(offer, moment));
  expectToFit(decision, recordings, true);
  for (let steps = 1; decision.state !== null && steps < 40; steps++) {
    const outcome = OUTCOMES[decision.instruction.do];
    if (outcome === undefined) throw new Error(`nothing comes back from ${decision.instruction.do}`);
    const { server, uniqueid, channel } = offer;
    const event = { type: "return", server, uniqueid, channel, outcome } as const;
    ({ decision } = drive(advance(event, decision.state, moment)));
    expectToFit(decision, recordings, false);
  }
}

const caller = fc.constantFrom("+393331234567", "anonymous", "\u202e".repeat(60), "@".repeat(60));

test("each_decision_on_each_call_fits", () => {
  fc.assert(
    fc.property(written, caller, (names, callerNumber) => {
      const snapshot = load(names);
      if (snapshot === null) return;
      const uniqueid = `${"s".repeat(19)}-1795304782.1234567890`;
      const call = { server: names.server, uniqueid, callerNumber };
      for (const [, dialled] of DIDS) {
        const channel = `PJSIP/${names.trunks[0]}-00000001`;
        follow(inboundOffer({ ...call, channel, dialled }), snapshot, names.folder);
      }
      const out = {
        direction: "outbound",
        channel: "PJSIP/100-00000001",
        accountcode: names.client,
      } as const;
      const dialled = "+493012345678";
      follow(inboundOffer({ ...call, ...out, dialled, campaign: "CAMPAIGN" }), snapshot, names.folder);
    }),
    { numRuns: 60 },
  );
  expect(commands.length).toBeGreaterThan(1000);
  expect(new Set(commands)).toEqual(new Set([1, 2]));
});
