// Stands between the switch and a node's FastAGI and says how far a step has come, to the byte: so that the node can be
// killed exactly there.
import { connect, createServer, type Socket } from "node:net";
import { parseAddress } from "../lab/ports.ts";

/** How far a step has come when its node dies, in order. */
export const STAGES = [
  "connected",
  "half-header",
  "header",
  "command",
  "command-sent",
  "reply",
  "closed",
] as const;
export type Stage = (typeof STAGES)[number];

export type StepLine = {
  /** Calls `strike` when the next step comes to this stage; until it resolves, that step stands still. */
  at(stage: Stage, strike: () => Promise<void>): void;
  close(): Promise<void>;
};

type Trap = { readonly stage: Stage; readonly strike: () => Promise<void> };

export async function startStepLine(listen: string, target: string): Promise<StepLine> {
  const open = new Set<Socket>();
  let trap: Trap | null = null;
  const spring = async (stage: Stage): Promise<boolean> => {
    if (trap?.stage !== stage) return false;
    const { strike } = trap;
    trap = null;
    await strike();
    return true;
  };
  const server = createServer((near) => {
    open.add(near);
    near.on("error", () => {});
    near.on("close", () => open.delete(near));
    pass(near, target, spring)
      .catch(() => {}) // one of the two has gone
      .finally(() => near.destroy());
  });
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen(parseAddress(listen), done);
  });
  return {
    at: (stage, strike) => {
      trap = { stage, strike };
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** One step: header, command, reply, and whatever follows. */
async function pass(near: Socket, target: string, spring: (stage: Stage) => Promise<boolean>): Promise<void> {
  const asked = reader(near);
  await spring("connected");
  const far = connect(parseAddress(target));
  far.on("error", () => {});
  near.on("close", () => far.destroy());
  const told = reader(far);
  const header = await asked.until("\n\n");
  const half = Math.floor(header.length / 2);
  far.write(header.slice(0, half), "latin1");
  await spring("half-header");
  far.write(header.slice(half), "latin1");
  await spring("header");
  const command = await told.until("\n");
  // The command of a node that died just now has never left it.
  if (await spring("command")) return;
  near.write(command, "latin1");
  await spring("command-sent");
  const reply = await asked.until("\n");
  far.write(reply, "latin1");
  await spring("reply");
  await told.end;
  near.end();
  await spring("closed");
}

type Reader = {
  /** Everything up to and with `mark`; rejects when the connection ends before. */
  until(mark: string): Promise<string>;
  /** Resolves with the end of the connection. */
  readonly end: Promise<void>;
};

function reader(socket: Socket): Reader {
  let text = "";
  let look = (): void => {};
  let over = false;
  const end = new Promise<void>((done) => {
    socket.on("end", () => done());
    socket.on("close", () => done());
  }).then(() => {
    over = true;
    look();
  });
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    look();
  });
  return {
    end,
    until: (mark) =>
      new Promise((resolve, reject) => {
        look = () => {
          const at = text.indexOf(mark);
          if (at >= 0) {
            const found = text.slice(0, at + mark.length);
            text = text.slice(at + mark.length);
            resolve(found);
          } else if (over) reject(new Error("the connection has ended"));
        };
        look();
      }),
  };
}
