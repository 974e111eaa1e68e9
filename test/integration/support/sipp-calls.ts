// What SIPp itself saw of each of its calls, by Call-ID, for tests that hold somebody else's account against it.
import { headerOf, type TracedMessage } from "../../../load/sipp-runner.ts";

/** Times are epoch milliseconds. */
export type SippCall = {
  readonly callId: string;
  /** User part of From. */
  readonly from: string;
  /** User part of the request's address. */
  readonly to: string;
  readonly invitedAt: number;
  /** Null for a call that was not answered with a 200. */
  readonly answeredAt: number | null;
  /** Of the BYE, the CANCEL or the refusal, whichever there was. */
  readonly endedAt: number;
  /** Who sent the BYE or the CANCEL: this agent or the other side; null when nobody did. */
  readonly hungUp: "here" | "there" | null;
  /** The first final answer to the INVITE. */
  readonly final: number | null;
};

/** In the order in which they began. */
export function callsOf(messages: readonly TracedMessage[]): readonly SippCall[] {
  const byCall = Map.groupBy(messages, (message) => headerOf(message, "Call-ID") ?? "");
  return [...byCall].flatMap(([callId, own]) => {
    const invite = own.find(({ method }) => method === "INVITE");
    if (invite === undefined) return [];
    const answers = own.filter(({ status }) => status !== null && status >= 200);
    const final = answers.find((message) => headerOf(message, "CSeq")?.endsWith(" INVITE"));
    const end = own.find(({ method }) => method === "BYE" || method === "CANCEL");
    return [
      {
        callId,
        from: /<sip:([^@>]*)@/.exec(headerOf(invite, "From") ?? "")?.[1] ?? "",
        to: /^INVITE sip:([^@]*)@/.exec(invite.startLine)?.[1] ?? "",
        invitedAt: timeOf(invite),
        answeredAt: final?.status === 200 ? timeOf(final) : null,
        endedAt: timeOf(end ?? final ?? invite),
        hungUp: end === undefined ? null : end.direction === "sent" ? "here" : "there",
        final: final?.status ?? null,
      },
    ];
  });
}

/** SIPp writes the machine's own time. */
function timeOf({ at }: TracedMessage): number {
  return Date.parse(at.replace(" ", "T").slice(0, 23));
}
