// The steps of the end that is called: a carrier or a phone.
import { END, type Step, sdp, sendMessage } from "./scenario.ts";
import { CONTACT, LOCAL_TAG, reply } from "./steps.ts";

const COPIED = ["[last_Via:]", "[last_From:]", "[last_Call-ID:]"];
const TAGGED_TO = `[last_To:];tag=${LOCAL_TAG}`;

/** Waits for a call. Always the first step. */
export function receiveInvite(): Step {
  const keep = (header: string, name: string, regexp = ".*") =>
    `<ereg regexp="${regexp}" search_in="hdr" header="${header}:" assign_to="${name}"/>`;
  const actions = [keep("From", "caller"), keep("To", "callee"), keep("CSeq", "cseq", "[0-9]+")].join("\n");
  return {
    xml: () =>
      [
        `<recv request="INVITE" rrs="true"><action>\n${actions}\n</action></recv>`,
        '<Reference variables="caller,callee,cseq"/>',
      ].join("\n"),
  };
}

/** Rings for `ms`; a CANCEL in that time ends the call, which counts as a success. */
export function ring(ms: number): Step {
  return {
    xml: (page) => {
      const next = page.label("rung");
      return [
        toInvite("180 Ringing"),
        `<recv request="CANCEL" timeout="${Math.max(ms, 1)}" ontimeout="${next}"/>`,
        reply("200 OK"),
        toInvite("487 Request Terminated", 'retrans="500"'),
        `<recv request="ACK" next="${END}"/>`,
        `<label id="${next}"/>`,
      ].join("\n");
    },
  };
}

/** Offers media before the answer. */
export function earlyMedia(): Step {
  return { xml: (page) => toInvite("183 Session Progress", "", [], sdp(page.codec)) };
}

/** Says that it has sent the call on; `diversion` is the whole header, which names who did. */
export function sendOn(diversion: string): Step {
  return { xml: () => toInvite("181 Call Is Being Forwarded", "", [`Diversion: ${diversion}`]) };
}

/** Answers and waits for the ACK. */
export function answer(): Step {
  return {
    xml: (page) => `${toInvite("200 OK", 'retrans="500"', [], sdp(page.codec))}\n<recv request="ACK"/>`,
  };
}

const REASONS: Readonly<Record<number, string>> = {
  302: "Moved Temporarily",
  403: "Forbidden",
  404: "Not Found",
  480: "Temporarily Unavailable",
  486: "Busy Here",
  488: "Not Acceptable Here",
  500: "Server Internal Error",
  503: "Service Unavailable",
  603: "Decline",
};

/** Refuses the call with this code. `contact` is where a 302 points: a whole SIP URI. */
export function refuse(code: number, contact?: string): Step {
  const headers = contact === undefined ? [] : [`Contact: <${contact}>`];
  const status = `${code} ${REASONS[code] ?? "Refused"}`;
  return { xml: () => `${toInvite(status, 'retrans="500"', headers)}\n<recv request="ACK"/>` };
}

function toInvite(
  status: string,
  attributes = "",
  headers: readonly string[] = [],
  body: readonly string[] = [],
): string {
  const contact = headers.some((line) => line.startsWith("Contact:")) ? [] : [CONTACT];
  const type = body.length > 0 ? ["Content-Type: application/sdp"] : [];
  const lines = [`SIP/2.0 ${status}`, ...COPIED, TAGGED_TO, "CSeq: [$cseq] INVITE", "[last_Record-Route:]"];
  return sendMessage([...lines, ...contact, ...headers, ...type], attributes, body);
}
