// A line between two parts, to be cut, silenced, slowed, blocked or spoken into: what networks and hostile peers do.
import { connect, createServer, type Socket } from "node:net";
import { parseAddress } from "./ports.ts";

export type TcpLine = {
  /** Ends what is connected and lets nobody in until `mend`. */
  cut(): void;
  /** Carries nothing any more, either way, and tells nobody: the half-open connection of a lost network. */
  silence(): void;
  /** Takes nothing more from the called side, which then cannot get rid of what it says: a reader that has stalled. */
  stall(): void;
  /** New connections are carried again, stalled ones go on, nothing is delayed; silent ones stay silent. */
  mend(): void;
  /** From now on every byte takes this long, each way; connections live on. */
  delay(ms: number): void;
  /** Says this to every caller, as if the called side had. */
  say(bytes: string): void;
  /** Says this to the called side, as if each caller had. */
  ask(bytes: string): void;
  close(): Promise<void>;
};

type Pair = { readonly near: Socket; readonly far: Socket; isSilent: boolean };

/** Listens on `listen` and carries every connection to `target`. */
export async function startTcpLine(listen: string, target: string): Promise<TcpLine> {
  const pairs = new Set<Pair>();
  const state = { isOpen: true, delayMs: 0 };
  const server = createServer((near) => {
    near.on("error", () => {});
    if (!state.isOpen) return void near.destroy();
    const far = connect(parseAddress(target));
    const pair: Pair = { near, far, isSilent: false };
    pairs.add(pair);
    near.on("close", () => pairs.delete(pair));
    carry(pair, near, far, state);
    carry(pair, far, near, state);
  });
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen(parseAddress(listen), done);
  });
  const each = (act: (pair: Pair) => void) => () => pairs.forEach(act);
  const end = each(({ near, far }) => {
    near.destroy();
    far.destroy();
  });
  return {
    cut: () => {
      state.isOpen = false;
      end();
    },
    silence: () => {
      state.isOpen = false;
      for (const pair of pairs) {
        pair.isSilent = true;
        pair.near.pause();
        pair.far.pause();
      }
    },
    stall: each(({ far }) => far.pause()),
    mend: () => {
      Object.assign(state, { isOpen: true, delayMs: 0 });
      for (const { isSilent, far } of pairs) if (!isSilent) far.resume();
    },
    delay: (ms) => {
      state.delayMs = ms;
    },
    say: (bytes) => each(({ near }) => near.write(bytes, "latin1"))(),
    ask: (bytes) => each(({ far }) => far.write(bytes, "latin1"))(),
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        end();
      }),
  };
}

/** Passes on what `from` says, in order also while the delay changes; its end is the end of both. */
function carry(pair: Pair, from: Socket, to: Socket, state: { readonly delayMs: number }): void {
  const waiting: { readonly dueAt: number; readonly act: () => void }[] = [];
  const goOn = (): void => {
    for (;;) {
      const [next] = waiting;
      if (next === undefined) return;
      const ms = next.dueAt - performance.now();
      if (ms > 0) return void setTimeout(goOn, ms);
      waiting.shift();
      next.act();
    }
  };
  const inTurn = (act: () => void): void => {
    waiting.push({ dueAt: performance.now() + state.delayMs, act });
    if (waiting.length === 1) goOn();
  };
  from.on("error", () => {});
  from.on("data", (chunk) => inTurn(() => pass(pair, chunk, from, to)));
  from.on("close", () => inTurn(() => to.destroy()));
}

function pass({ isSilent }: Pair, chunk: Buffer, from: Socket, to: Socket): void {
  if (isSilent || to.destroyed || to.write(chunk)) return;
  from.pause();
  to.once("drain", () => from.resume());
}
