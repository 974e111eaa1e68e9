import { styleText } from "node:util";
import { messageOf } from "../platform/errors.ts";
import type { LiveView } from "../reports/live.ts";
import { type LinePaint, plainLines, topLines } from "../reports/live-text.ts";
import { askNode } from "./control-client.ts";
import type { Common, Io } from "./io.ts";
import { tellOwnCount } from "./own-count.ts";
import { CTRL_C, type Terminal } from "./terminal.ts";

export type TopOptions = Common & { readonly json?: boolean };

const REDRAW_MS = 1000;

/** What goes on in the running node: drawn anew every second on a terminal, once elsewhere. */
export async function top({ variables, json }: TopOptions, io: Io): Promise<number> {
  const view = await askLive(variables);
  const terminal = io.terminal ?? null;
  if (json === true) io.out(`${JSON.stringify(view, null, 2)}\n`);
  else if (terminal === null) io.out(`${topLines(view).join("\n")}\n`);
  else {
    await redraw(view, { variables, terminal, io });
    return 0;
  }
  return tellOwnCount(view, io);
}

export async function askLive(variables: string): Promise<LiveView> {
  return (await askNode(variables, { method: "GET", path: "/live" })) as LiveView;
}

const coloured: LinePaint = {
  dim: (text) => styleText("dim", text, { validateStream: false }),
  bad: (text) => styleText("red", text, { validateStream: false }),
};

/** The alternate screen leaves what stood on the terminal as it was. */
const BEGIN = "\u001b[?1049h\u001b[?25l";
const END = "\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const REST_OF_LINE = "\u001b[K";
const REST_OF_SCREEN = "\u001b[J";

type Drawing = { readonly variables: string; readonly terminal: Terminal; readonly io: Io };

/** Until q or Ctrl-C. A node that restarts meanwhile is waited for. */
async function redraw(first: LiveView, { variables, terminal, io }: Drawing): Promise<void> {
  const paint = io.colour ? coloured : plainLines;
  const ended = Promise.withResolvers<"ended">();
  const release = terminal.keys((key) => {
    if (key === "q" || key === "Q" || key === CTRL_C) ended.resolve("ended");
  });
  let view = first;
  let trouble: string | null = null;
  io.out(BEGIN);
  try {
    for (;;) {
      const { columns, rows } = terminal.size();
      const lines =
        trouble === null ? topLines(view, paint) : [paint.bad(trouble), "", ...topLines(view, paint)];
      io.out(frame([...lines, "", paint.dim("q ends")], columns, rows));
      if ((await Promise.race([ended.promise, pause(REDRAW_MS)])) === "ended") return;
      const next = await Promise.race([ended.promise, askLive(variables).catch(messageOf)]);
      if (next === "ended") return;
      trouble = typeof next === "string" ? next : null;
      if (typeof next !== "string") view = next;
    }
  } finally {
    release();
    io.out(END);
  }
}

/** One screenful: no line wraps and none scrolls. */
function frame(lines: readonly string[], columns: number, rows: number): string {
  const shown = lines.slice(0, Math.max(1, rows - 1)).map((line) => cut(line, columns) + REST_OF_LINE);
  return `${HOME}${shown.join("\r\n")}\r\n${REST_OF_SCREEN}`;
}

/** Cuts what is seen; colour codes take no room and the last one stays. */
function cut(line: string, columns: number): string {
  // Colours go around whole lines only.
  const [, before = "", text = "", after = ""] =
    /^((?:\u001b\[\d+m)*)(.*?)((?:\u001b\[\d+m)*)$/s.exec(line) ?? [];
  return `${before}${text.slice(0, Math.max(1, columns))}${after}`;
}

function pause(ms: number): Promise<"paused"> {
  return new Promise((done) => setTimeout(() => done("paused"), ms));
}
