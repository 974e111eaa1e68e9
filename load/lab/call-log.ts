// Stands where VICIdial's own FastAGI server stands and writes down what reaches it, in order: the beginning of a call
// (call_log) and its end, as VICIdial's `h` tells it.
import { createServer, type Socket } from "node:net";

export type LogEntry = {
  /** `begun` at call_log, `ended` at h. */
  readonly what: "begun" | "ended";
  readonly code: string;
  readonly extension: string;
  readonly channel: string;
  /** What h has seen. */
  readonly cause: string;
  readonly status: string;
  /** What the carrier said in SIP, as h asks for it. */
  readonly sip: string;
  /** Milliseconds since 1970. */
  readonly at: number;
};

export type CallLog = {
  readonly entries: readonly LogEntry[];
  /** What was written down about a call code, in order. */
  of(code: string): readonly LogEntry[];
  stop(): Promise<void>;
};

/** `CAMPDTO`, the ringing time that a campaign gives its calls, is set with every beginning. */
export async function startCallLog(address: string, campaignSeconds: number): Promise<CallLog> {
  const entries: LogEntry[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    let text = "";
    let known = false;
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if (known) {
        if (/^200 /m.test(text)) socket.end();
        return;
      }
      if (!text.includes("\n\n")) return;
      const entry = entryOf(text);
      entries.push(entry);
      known = true;
      text = "";
      if (entry.what === "begun") socket.write(`SET VARIABLE CAMPDTO ${campaignSeconds}\n`);
      else socket.end();
    });
  });
  const [host, port] = address.split(":");
  await new Promise<void>((resolve) => server.listen(Number(port), host, resolve));
  return {
    entries,
    of: (code) => entries.filter((entry) => entry.code === code),
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

function entryOf(text: string): LogEntry {
  const fields = new Map(
    [...text.matchAll(/^agi_(\w+): (.*)$/gm)].map(([, key = "", value = ""]) => [key, value]),
  );
  const of = (key: string): string => fields.get(key) ?? "";
  return {
    what: of("network_script") === "call_log" ? "begun" : "ended",
    code: of("calleridname"),
    extension: of("extension"),
    channel: of("channel"),
    cause: of("arg_1"),
    status: of("arg_2"),
    sip: of("arg_3"),
    at: Date.now(),
  };
}
