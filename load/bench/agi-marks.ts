// A FastAGI service that only looks at the clock: the dialplan of a bench calls it before and after what is timed.
import { createServer } from "node:net";

export type Mark = { readonly name: string; readonly at: number };

export type MarkServer = {
  /** In the order they came; `at` in milliseconds of a clock that never runs back. */
  readonly marks: readonly Mark[];
  close(): Promise<void>;
};

/** Listens on the loopback; `agi://127.0.0.1:PORT/NAME` leaves the mark NAME. */
export async function startMarks(port: number, onMark: (name: string) => void): Promise<MarkServer> {
  const marks: Mark[] = [];
  const server = createServer((socket) => {
    let text = "";
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if (!text.includes("\n\n")) return;
      const name = /^agi_network_script: (\S+)$/m.exec(text)?.[1] ?? "";
      marks.push({ name, at: performance.now() });
      onMark(name);
      socket.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host: "127.0.0.1" }, resolve);
  });
  return { marks, close: () => new Promise((resolve) => server.close(() => resolve())) };
}
