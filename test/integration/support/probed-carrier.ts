// A carrier that answers probes, and every call in one and the same way, in as little SIP as that takes.
import { createSocket } from "node:dgram";

export type ProbedCarrier = {
  invites(): number;
  /** How it answers calls from now on. */
  answer(invite: string): void;
  close(): Promise<void>;
};

/** Answers OPTIONS with 200 and INVITE as said at this address until it is closed; with 200 it stays in the call. */
export async function answerProbes(
  host: string,
  port: number,
  invite = "486 Busy Here",
): Promise<ProbedCarrier> {
  const socket = createSocket("udp4");
  const answers = new Map([
    ["OPTIONS", "200 OK"],
    ["BYE", "200 OK"],
    ["INVITE", invite],
  ]);
  let invites = 0;
  socket.on("message", (bytes, from) => {
    const text = bytes.toString("latin1");
    const [method = ""] = text.split(" ", 1);
    if (method === "INVITE") invites += 1;
    const status = answers.get(method);
    if (status === undefined) return;
    const copied = text.split("\r\n").filter((line) => /^(Via|From|To|Call-ID|CSeq):/i.test(line));
    const tagged = copied.map((line) => (/^To:(?!.*tag=)/i.test(line) ? `${line};tag=probed` : line));
    const sound =
      method === "INVITE" && status.startsWith("200") ? soundAt(host, port) : ["Content-Length: 0", "", ""];
    socket.send([`SIP/2.0 ${status}`, ...tagged, ...sound].join("\r\n"), from.port, from.address);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, host, resolve);
  });
  return {
    invites: () => invites,
    answer: (status) => void answers.set("INVITE", status),
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** The rest of an answer that takes a call; nothing is listened to. */
function soundAt(host: string, port: number): string[] {
  const session = [
    "v=0",
    `o=- 1 1 IN IP4 ${host}`,
    "s=-",
    `c=IN IP4 ${host}`,
    "t=0 0",
    "m=audio 9 RTP/AVP 0",
    "",
  ];
  const body = session.join("\r\n");
  const head = [`Contact: <sip:${host}:${port}>`, "Content-Type: application/sdp"];
  return [...head, `Content-Length: ${body.length}`, "", body];
}
