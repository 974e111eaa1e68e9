// A carrier that answers probes and is busy to every call, in as little SIP as that takes.
import { createSocket } from "node:dgram";

export type ProbedCarrier = { invites(): number; close(): Promise<void> };

const ANSWERS: Readonly<Record<string, string>> = { OPTIONS: "200 OK", INVITE: "486 Busy Here" };

/** Answers OPTIONS with 200 and INVITE with 486 at this address until it is closed. */
export async function answerProbes(host: string, port: number): Promise<ProbedCarrier> {
  const socket = createSocket("udp4");
  let invites = 0;
  socket.on("message", (bytes, from) => {
    const text = bytes.toString("latin1");
    const [method = ""] = text.split(" ", 1);
    if (method === "INVITE") invites += 1;
    const status = ANSWERS[method];
    if (status === undefined) return;
    const copied = text.split("\r\n").filter((line) => /^(Via|From|To|Call-ID|CSeq):/i.test(line));
    const tagged = copied.map((line) => (/^To:(?!.*tag=)/i.test(line) ? `${line};tag=probed` : line));
    const answer = [`SIP/2.0 ${status}`, ...tagged, "Content-Length: 0", "", ""].join("\r\n");
    socket.send(answer, from.port, from.address);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, host, resolve);
  });
  return {
    invites: () => invites,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
