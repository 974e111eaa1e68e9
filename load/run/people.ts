// Who calls and who is called in a load run. A caller fails whenever the other side says nothing in time or hangs up
// on a call that was up: those two are what a load run must never see.

import { END, sendMessage } from "../sipp/scenario.ts";
import { inDialog, reply, VIA } from "../sipp/steps.ts";
import {
  ANSWERED,
  answer,
  callee,
  cancelAfter,
  expectAnswer,
  hangUp,
  type InviteOptions,
  invite,
  pause,
  receiveInvite,
  refusingCallee,
  ring,
  type Scenario,
  type Step,
  silentCallee,
  typist,
  waitForBye,
} from "../sipp-runner.ts";
import { carrierOf, OUTSIDE, PEOPLE, type Role } from "./floor-configuration.ts";

/** Sends no media: hundreds of them cost next to nothing. A BYE from the other side fails the call. */
export function quiet(holdMs: number): Scenario {
  return { name: "quiet", role: "caller", steps: [invite(FROM), expectAnswer(), pause(holdMs), hangUp()] };
}

const FROM: InviteOptions = { from: "1415555[call_number]" };

const FINAL = [403, 404, 480, 484, 486, 500, 503, 603];

/** Is answered and stays, or is refused, whatever the code: both are well. Silence is not. */
export function content(holdMs: number): Scenario {
  return {
    name: "content",
    role: "caller",
    steps: [invite(FROM), answerOrRefusal(), pause(holdMs), hangUp()],
  };
}

function answerOrRefusal(): Step {
  const provisionals = [100, 180, 181, 183].map((code) => `<recv response="${code}" optional="true"/>`);
  return {
    xml: (page) => {
      const [up, away] = [page.label("up"), page.label("away")];
      return [
        ...provisionals,
        ...FINAL.map((code) => `<recv response="${code}" optional="true" rtd="1" next="${away}"/>`),
        `<recv response="200" rrs="true" rtd="1" next="${up}" ${ANSWERED}/>`,
        `<label id="${away}"/>`,
        sendMessage(inDialog("ACK", "1 ACK", page.target, "[last_Via:]")),
        `<nop next="${END}"/>`,
        `<label id="${up}"/>`,
        sendMessage(inDialog("ACK", "1 ACK")),
      ].join("\n");
    },
  };
}

/** Stays until the other side hangs up, which is soon. */
export function patient(): Scenario {
  return { name: "patient", role: "caller", steps: [invite(FROM), expectAnswer(), waitForBye(8000)] };
}

/** Is answered and hangs up before saying that it has heard so. */
export function rude(): Scenario {
  return { name: "rude", role: "caller", steps: [invite(FROM), answerWithoutAck(), hangUp()] };
}

function answerWithoutAck(): Step {
  const provisionals = [100, 180, 181, 183].map((code) => `<recv response="${code}" optional="true"/>`);
  return { xml: () => [...provisionals, `<recv response="200" rrs="true" rtd="1" ${ANSWERED}/>`].join("\n") };
}

/** Presses a key in the menu and stays. */
export function menuCaller(key: string, holdMs: number): Scenario {
  return typist([700, key], { from: "14155550001", holdMs });
}

/** Takes the call back this long after the first word of the other side: before ringing, or while it rings. */
export function canceller(afterMs: number, provisional: 100 | 180): Scenario {
  return {
    name: `cancel-${provisional}`,
    role: "caller",
    steps: [invite(FROM), cancelAfter(afterMs, provisional)],
  };
}

/** Offers media that nobody can read; whatever final answer comes is well, as long as one comes. */
export function malformed(): Scenario {
  const lines = [
    "INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0",
    VIA,
    "From: <sip:14155550002@[local_ip]:[local_port]>;tag=[pid]sipp[call_number]",
    "To: <sip:[service]@[remote_ip]:[remote_port]>",
    "Call-ID: [call_id]",
    "CSeq: 1 INVITE",
    "Contact: <sip:sipp@[local_ip]:[local_port]>",
    "Max-Forwards: 70",
    "Content-Type: application/sdp",
  ];
  const body = ["v=0", "o=nonsense", "m=audio notaport RTP/AVP x"];
  return {
    name: "malformed",
    role: "caller",
    steps: [
      {
        xml: (page) => {
          page.target = "sip:[service]@[remote_ip]:[remote_port]";
          const said = page.label("said");
          return [
            sendMessage(lines, 'retrans="500" start_rtd="1"', body),
            '<recv response="100" optional="true"/>',
            ...[400, 415, 500].map(
              (code) => `<recv response="${code}" optional="true" rtd="1" next="${said}"/>`,
            ),
            '<recv response="488" rtd="1"/>',
            `<label id="${said}"/>`,
            sendMessage(inDialog("ACK", "1 ACK", page.target, "[last_Via:]")),
          ].join("\n");
        },
      },
    ],
  };
}

/** Is called, and after `talkMs` sends the caller on to `to`; the transfer's reports are acknowledged. */
export function transferringPhone(to: string, talkMs: number): Scenario {
  return {
    name: "transferring",
    role: "callee",
    steps: [receiveInvite(), ring(100), answer(), pause(talkMs), refer(to)],
  };
}

function refer(to: string): Step {
  const lines = [
    "REFER [next_url] SIP/2.0",
    VIA,
    "From: [$callee];tag=[pid]sipp[call_number]",
    "To: [$caller]",
    "Call-ID: [call_id]",
    "CSeq: 2 REFER",
    "Contact: <sip:sipp@[local_ip]:[local_port]>",
    "Max-Forwards: 70",
    `Refer-To: <sip:${to}@127.0.0.1>`,
    "Referred-By: <sip:sipp@[local_ip]>",
  ];
  return {
    xml: (page) => {
      const [more, report] = [page.label("more"), page.label("report")];
      return [
        sendMessage(lines, 'retrans="500"'),
        '<recv response="202"/>',
        `<label id="${more}"/>`,
        `<recv request="NOTIFY" optional="true" next="${report}"/>`,
        '<recv request="BYE"/>',
        reply("200 OK", `next="${END}"`),
        `<label id="${report}"/>`,
        reply("200 OK", `next="${more}"`),
      ].join("\n");
    },
  };
}

export type Called = { readonly ip: string; readonly kind: "carrier" | "phone"; readonly scenario: Scenario };

const DEAF: Scenario = {
  name: "deaf",
  role: "callee",
  steps: [receiveInvite(), ring(60_000), answer(), waitForBye()],
};

const CARRIERS: Readonly<Record<Exclude<Role, "dead">, Scenario>> = {
  accept: callee({ ringMs: 100 }),
  busy: refusingCallee(486),
  unavailable: refusingCallee(503),
  unknown: refusingCallee(404),
  silent: silentCallee(3000),
  slow: slowCallee(4000),
  brief: callee({ ringMs: 100, holdMs: 800 }),
};

/** Everybody who is called, by where they are. */
export const CALLED: readonly Called[] = [
  { ip: PEOPLE.apex, kind: "carrier", scenario: callee({ ringMs: 100 }) },
  { ip: PEOPLE.pool, kind: "carrier", scenario: slowCallee(2000) },
  { ip: PEOPLE.phone, kind: "phone", scenario: callee({ ringMs: 200 }) },
  { ip: PEOPLE.busyPhone, kind: "phone", scenario: refusingCallee(486) },
  { ip: PEOPLE.deafPhone, kind: "phone", scenario: DEAF },
  { ip: PEOPLE.slowPhone, kind: "phone", scenario: slowCallee(4000) },
  { ip: PEOPLE.briefPhone, kind: "phone", scenario: callee({ ringMs: 100, holdMs: 800 }) },
  { ip: PEOPLE.transferringPhone, kind: "phone", scenario: transferringPhone(OUTSIDE, 800) },
  ...Object.entries(CARRIERS).map(
    ([role, scenario]): Called => ({ ip: carrierOf(role as Role), kind: "carrier", scenario }),
  ),
];

function slowCallee(ringMs: number): Scenario {
  return { ...callee({ ringMs }), name: "slow" };
}
