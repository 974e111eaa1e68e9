// The steps of the end that calls (or registers), and what it expects to hear back.
import { type Page, type Step, sdp, sendMessage } from "./scenario.ts";
import { CONTACT, inDialog, LOCAL_TAG, VIA } from "./steps.ts";

export interface InviteOptions {
  /** User part of From. Default `sipp`. SIPp keywords such as `[field0]` are filled in. */
  readonly from?: string;
  /** Display name of From. */
  readonly display?: string;
  /** User part of the request URI and To. Default `[service]`. */
  readonly to?: string;
  /** User part of To, where a carrier names somebody else in the request URI. */
  readonly called?: string;
  /** Further header lines, by name. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Calls. Response times count from here to `expectAnswer`, `expectRefusal` or `expectEarlyMedia`. */
export function invite(options: InviteOptions = {}): Step {
  const { from = "sipp", display, to = "[service]", called = to, headers = {} } = options;
  const name = display === undefined ? "" : `"${display}" `;
  return {
    xml: (page) => {
      page.target = `sip:${to}@[remote_ip]:[remote_port]`;
      return sendMessage(
        [
          `INVITE ${page.target} SIP/2.0`,
          VIA,
          `From: ${name}<sip:${from}@[local_ip]:[local_port]>;tag=${LOCAL_TAG}`,
          `To: <sip:${called}@[remote_ip]:[remote_port]>`,
          "Call-ID: [call_id]",
          "CSeq: 1 INVITE",
          CONTACT.replace("sipp@", `${from}@`),
          "Max-Forwards: 70",
          "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS",
          ...Object.entries(headers).map(([header, value]) => `${header}: ${value}`),
          "Content-Type: application/sdp",
        ],
        'retrans="500" start_rtd="1"',
        sdp(page.codec),
      );
    },
  };
}

/** Goes with the 200 of a call that is taken: the run's result says how many were (`answered`). */
export const ANSWERED = 'counter="answered"';

/** Waits for the 200 and acknowledges it. */
export function expectAnswer(): Step {
  const taken = `<recv response="200" rrs="true" rtd="1" ${ANSWERED}/>`;
  return { xml: () => [provisionals(), taken, ackAnswer()].join("\n") };
}

/** Waits for this final response and acknowledges it; any other fails the call. */
export function expectRefusal(code: number): Step {
  return {
    xml: (page) => [provisionals(), `<recv response="${code}" rtd="1"/>`, ackRefusal(page)].join("\n"),
  };
}

/** Waits for a 183 with media; the call goes on unanswered. */
export function expectEarlyMedia(): Step {
  const before = [100, 180].map((code) => `<recv response="${code}" optional="true"/>`);
  return { xml: () => [...before, '<recv response="183" rtd="1"/>'].join("\n") };
}

/** Takes the call back `ms` after the first `provisional` response (default 180), and expects the 487. */
export function cancelAfter(ms: number, provisional = 180): Step {
  const ringing = [180, 183].map((code) => `<recv response="${code}" optional="true"/>`).join("\n");
  return {
    xml: (page) =>
      [
        provisional === 100 ? "" : '<recv response="100" optional="true"/>',
        `<recv response="${provisional}"/>`,
        ms > 0 ? `<pause milliseconds="${ms}"/>` : "",
        sendMessage(inDialog("CANCEL", "1 CANCEL", page.target, "[last_Via:]"), 'retrans="500"'),
        // A ringing may already have been on its way.
        ringing,
        '<recv response="200"/>',
        ringing,
        '<recv response="487" rtd="1"/>',
        ackRefusal(page),
      ].join("\n"),
  };
}

export interface RegisterOptions {
  readonly user: string;
  /** Where calls for the user go: `ip:port`. */
  readonly contact: string;
  /** Seconds. Default 3600. */
  readonly expires?: number;
}

/** Registers without credentials and expects the 200. */
export function register(options: RegisterOptions): Step {
  const { user, contact, expires = 3600 } = options;
  const lines = [
    "REGISTER sip:[remote_ip]:[remote_port] SIP/2.0",
    VIA,
    `From: <sip:${user}@[remote_ip]>;tag=${LOCAL_TAG}`,
    `To: <sip:${user}@[remote_ip]>`,
    "Call-ID: [call_id]",
    "CSeq: 1 REGISTER",
    `Contact: <sip:${user}@${contact}>`,
    "Max-Forwards: 70",
    `Expires: ${expires}`,
  ];
  const wait = '<recv response="100" optional="true"/>\n<recv response="200" rtd="1"/>';
  return { xml: () => `${sendMessage(lines, 'retrans="500" start_rtd="1"')}\n${wait}` };
}

function provisionals(): string {
  return [100, 180, 181, 183].map((code) => `<recv response="${code}" optional="true"/>`).join("\n");
}

function ackAnswer(): string {
  return sendMessage([...inDialog("ACK", "1 ACK"), "[routes]"]);
}

function ackRefusal(page: Page): string {
  return sendMessage(inDialog("ACK", "1 ACK", page.target, "[last_Via:]"));
}
