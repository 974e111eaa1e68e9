// Callers, carriers and phones for the tests of slots: what they do when they are let in and when they are not, and how
// a phone hands a call on.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FILES } from "../../../load/sipp/arguments.ts";
import { readMessages } from "../../../load/sipp/messages.ts";
import { END, type Page, type Scenario, type Step, sendMessage } from "../../../load/sipp/scenario.ts";
import { hold, inDialog, reply, VIA } from "../../../load/sipp/steps.ts";
import type { SippResult, SippRun } from "../../../load/sipp-runner.ts";
import {
  answer,
  expectAnswer,
  headerOf,
  invite,
  receiveInvite,
  startSipp,
  waitForBye,
} from "../../../load/sipp-runner.ts";
import { SLOTS_AT } from "./slot-world.ts";

/** Calls; a refusal with `code` is as good as an answer, after which it stays `holdMs`. */
export function hopefulCaller(code: number, holdMs: number): Scenario {
  return { name: "hopeful", role: "caller", steps: [invite(), answerOr(code), ...stay(holdMs)] };
}

function answerOr(code: number): Step {
  const provisionals = [100, 180, 183].map((each) => `<recv response="${each}" optional="true"/>`);
  return {
    xml: (page) => {
      const [let_in, out] = [page.label("in"), page.label("out")];
      return [
        ...provisionals,
        `<recv response="${code}" optional="true" rtd="1" next="${out}"/>`,
        `<recv response="200" rrs="true" rtd="1" next="${let_in}"/>`,
        `<label id="${out}"/>`,
        sendMessage(inDialog("ACK", "1 ACK", page.target, "[last_Via:]")),
        `<nop next="${END}"/>`,
        `<label id="${let_in}"/>`,
        sendMessage(inDialog("ACK", "1 ACK")),
      ].join("\n");
    },
  };
}

/** Calls and gives up `ms` after the first word of the other side, whatever that has said since. */
export function givingUpCaller(ms: number): Scenario {
  const rung = (code: number): string => `<recv response="${code}" optional="true"/>`;
  const giveUp: Step = {
    xml: (page) => {
      const late = page.label("late");
      const until = `timeout="${Math.max(ms, 1)}" ontimeout="${late}"`;
      return [
        '<recv response="100"/>',
        // What rings meanwhile must not catch SIPp in a pause: it waits for a word that never comes.
        `<recv response="180" optional="true" ${until}/>`,
        `<recv response="199" ${until}/>`,
        `<label id="${late}"/>`,
        sendMessage(inDialog("CANCEL", "1 CANCEL", page.target, "[last_Via:]"), 'retrans="500"'),
        // Asterisk tells of ringing once more when it learns who is rung, and SIPp takes each of these once.
        ...[180, 183, 180].map(rung),
        '<recv response="200"/>',
        ...[180, 183, 180].map(rung),
        '<recv response="487" rtd="1"/>',
        sendMessage(inDialog("ACK", "1 ACK", page.target, "[last_Via:]")),
      ].join("\n");
    },
  };
  return { name: "giving-up", role: "caller", steps: [invite(), giveUp] };
}

/** How many INVITEs of this agent were answered with `status`. */
export function answered(result: SippResult, status: number): number {
  const calls = result.messages
    .filter((message) => message.status === status && headerOf(message, "CSeq") === "1 INVITE")
    .map((message) => headerOf(message, "Call-ID"));
  return new Set(calls).size;
}

/** Calls, is answered, and after `talkMs` sends the other side on to `to`, then is done. */
export function transferringCaller(to: string, talkMs: number): Scenario {
  return {
    name: "transferring",
    role: "caller",
    steps: [invite(), expectAnswer(), ...stay(talkMs, refer(to))],
  };
}

/** A dialog that is up, as the end that called knows it. */
export type Dialog = { readonly callId: string; readonly ownTag: string; readonly otherTag: string };

/** That of the caller's first call; null until it is answered. The caller MUST trace its messages. */
export function dialogOf(run: SippRun): Dialog | null {
  const file = join(run.folder, FILES.messages);
  const messages = existsSync(file) ? readMessages(readFileSync(file, "utf8")) : [];
  const answer = messages.find((each) => each.status === 200 && headerOf(each, "CSeq") === "1 INVITE");
  const callId = answer && headerOf(answer, "Call-ID");
  const ownTag = answer && tagIn(headerOf(answer, "From"));
  const otherTag = answer && tagIn(headerOf(answer, "To"));
  return callId && ownTag && otherTag ? { callId, ownTag, otherTag } : null;
}

function tagIn(header: string | undefined): string | undefined {
  return /;tag=([^;\s]+)/.exec(header ?? "")?.[1];
}

/**
 * Calls, is answered, and after `talkMs` joins the other side with the one of `consulted`, a call of its own to `to`: a
 * phone's attended transfer. The switch hangs up both of the phone's calls.
 */
export function joiningCaller(to: string, consulted: Dialog, talkMs: number): Scenario {
  const steps = [invite(), expectAnswer(), ...stay(talkMs, joinWith(to, consulted))];
  return { name: "joining", role: "caller", steps };
}

/** Likewise of a phone that was called: it answers, and after `talkMs` joins its caller with the one it has consulted. */
export function joiningCallee(to: string, consulted: Dialog, talkMs: number): Scenario {
  const steps = [receiveInvite(), answer(), ...stay(talkMs, joinWith(to, consulted))];
  return { name: "joining-callee", role: "callee", steps };
}

function joinWith(to: string, { callId, ownTag, otherTag }: Dialog): Step {
  const replaces = encodeURIComponent(`${callId};to-tag=${otherTag};from-tag=${ownTag}`);
  return handOn(`${to}@127.0.0.1?Replaces=${replaces}`);
}

/** A phone that answers and after `talkMs` sends its caller on to `to`. */
export function transferringCallee(to: string, talkMs: number): Scenario {
  const steps = [receiveInvite(), answer(), ...stay(talkMs, handOn(`${to}@127.0.0.1`))];
  return { name: "transferring-callee", role: "callee", steps };
}

/** Sends the other side on, acknowledges the reports about it and lets the switch end the call. */
function handOn(to: string): Step {
  return {
    xml: (page) => {
      const [more, over] = [page.label("more"), page.label("over")];
      return [
        sendMessage(referLines(page, to), 'retrans="500"'),
        '<recv response="202"/>',
        `<label id="${more}"/>`,
        `<recv request="BYE" optional="true" next="${over}"/>`,
        '<recv request="NOTIFY" timeout="10000"/>',
        reply("200 OK", `next="${more}"`),
        `<label id="${over}"/>`,
        reply("200 OK"),
      ].join("\n");
    },
  };
}

/** Is called, answers and after `talkMs` tries to send the caller on; is refused, and stays until the caller goes. */
export function referringCarrier(to: string, talkMs: number): Scenario {
  const refused: Step = {
    xml: (page) =>
      `${sendMessage(referLines(page, `${to}@127.0.0.1`), 'retrans="500"')}\n<recv response="603"/>`,
  };
  const steps = [receiveInvite(), answer(), { media: [{ kind: "silence", ms: talkMs }] } as Step, refused];
  return { name: "referring-carrier", role: "callee", steps: [...steps, waitForBye(30_000)] };
}

function stay(ms: number, last: Step = hold(1)): Step[] {
  return [{ media: [{ kind: "silence", ms: Math.max(ms, 1) }] }, last];
}

/** Asks the other side to call `to`, acknowledges the reports about it, and hangs up when no more of them come. */
function refer(to: string): Step {
  return {
    xml: (page) => {
      const [more, over] = [page.label("more"), page.label("over")];
      return [
        sendMessage(referLines(page, `${to}@127.0.0.1`), 'retrans="500"'),
        '<recv response="202"/>',
        `<label id="${more}"/>`,
        `<recv request="NOTIFY" timeout="700" ontimeout="${over}"/>`,
        reply("200 OK", `next="${more}"`),
        `<label id="${over}"/>`,
        sendMessage(byeLines(), 'retrans="500"'),
        '<recv response="200"/>',
      ].join("\n");
    },
  };
}

/** After a report `[last_From:]` is the other side's. */
function byeLines(): string[] {
  return [
    "BYE [next_url] SIP/2.0",
    VIA,
    "From: <sip:sipp@[local_ip]:[local_port]>;tag=[pid]sipp[call_number]",
    "To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]",
    "Call-ID: [call_id]",
    "CSeq: 3 BYE",
    "Max-Forwards: 70",
  ];
}

function referLines(page: Page, to: string): string[] {
  const [from, whom] =
    page.role === "caller"
      ? ["[last_From:]", "[last_To:]"]
      : ["From: [$callee];tag=[pid]sipp[call_number]", "To: [$caller]"];
  return [
    "REFER [next_url] SIP/2.0",
    VIA,
    from,
    whom,
    "Call-ID: [call_id]",
    "CSeq: 2 REFER",
    "Contact: <sip:sipp@[local_ip]:[local_port]>",
    "Max-Forwards: 70",
    `Refer-To: <sip:${to}>`,
    "Referred-By: <sip:sipp@[local_ip]>",
  ];
}

/** Agents that take calls at fixed addresses while `use` runs. */
export async function withAgents<T>(
  places: readonly { readonly ip: string; readonly port: number; readonly scenario: Scenario }[],
  use: (agents: readonly SippRun[]) => Promise<T>,
): Promise<T> {
  const agents = places.map(({ ip, port, scenario }) =>
    startSipp({ scenario, localIp: ip, localPort: port }),
  );
  try {
    await Promise.all(agents.map(({ ready }) => ready));
    return await use(agents);
  } finally {
    await Promise.all(agents.map((agent) => agent.stop(500)));
  }
}

/** Where a carrier, or a phone, takes calls. */
export function carrierAt(ip: string, scenario: Scenario) {
  return { ip, port: SLOTS_AT.carrierPort, scenario };
}

export function phoneAt(ip: string, scenario: Scenario) {
  return { ip, port: SLOTS_AT.phonePort, scenario };
}
