// One reader of the manager interface, in a process of its own:  node load/bench/ami-worker.ts signalbox|asterisk-manager
// Each message names a port where events come as fast as they are read, and how many there are.
import { createRequire } from "node:module";
import { connect } from "node:net";
import { AmiDecoder } from "../../src/ami/codec.ts";
import { readEvent } from "../../src/ami/events.ts";
import { answerAll } from "./worker.ts";

export type AmiRun = { readonly port: number; readonly events: number };
export type AmiRunFigures = { readonly cpuUs: number; readonly seconds: number };

const [kind = ""] = process.argv.slice(2);

/** Decodes and understands each event, as a node does. */
function ours({ port, events }: AmiRun): Promise<void> {
  return new Promise((resolve, reject) => {
    const decoder = new AmiDecoder();
    let seen = 0;
    const socket = connect({ port, host: "127.0.0.1" });
    socket.on("error", reject);
    socket.on("data", (chunk) => {
      for (const item of decoder.push(chunk)) {
        if (item.kind !== "event") continue;
        readEvent(item, () => {});
        seen += 1;
      }
      if (seen < events) return;
      socket.destroy();
      resolve();
    });
  });
}

// asterisk-manager ships no types; this is what is used of it.
type Manager = { on(name: string, listener: () => void): void; disconnect(): void };
type CreateManager = (port: number, host: string, user: string, password: string, events: boolean) => Manager;

function theirs({ port, events }: AmiRun): Promise<void> {
  const create: CreateManager = createRequire(import.meta.url)("asterisk-manager");
  return new Promise((resolve) => {
    let seen = 0;
    const manager = create(port, "127.0.0.1", "bench", "bench", true);
    manager.on("error", () => {});
    manager.on("managerevent", () => {
      seen += 1;
      if (seen !== events) return;
      manager.disconnect();
      resolve();
    });
  });
}

answerAll<AmiRun>(async (run): Promise<AmiRunFigures> => {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await (kind === "signalbox" ? ours(run) : theirs(run));
  const { user, system } = process.cpuUsage(cpu);
  return { cpuUs: user + system, seconds: (performance.now() - start) / 1000 };
});
