// Stands between a node and a manager interface, to cut the line or to let it fall silent.
import { connect, createServer, type Server, type Socket } from "node:net";
import { parseAddress } from "../../../load/lab/ports.ts";

export type TcpProxy = {
  /** Ends what is connected and lets nobody in until `mend`. */
  cut(): void;
  /** Carries nothing any more, either way, and tells nobody: the half-open connection of a lost network. */
  silence(): void;
  /** New connections are carried again; silent ones stay silent. */
  mend(): void;
  close(): Promise<void>;
};

export async function startTcpProxy(listen: string, target: string): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let open = true;
  const server: Server = createServer((near) => {
    near.on("error", () => {});
    if (!open) return void near.destroy();
    const far = connect(parseAddress(target));
    far.on("error", () => {});
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [one, other] of [pair, [far, near] as const]) {
      one.pipe(other);
      one.on("close", () => {
        other.destroy();
        pairs.delete(pair);
      });
    }
  });
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen(parseAddress(listen), done);
  });
  const end = (): void => {
    for (const [near, far] of pairs) {
      near.destroy();
      far.destroy();
    }
  };
  return {
    cut: () => {
      open = false;
      end();
    },
    silence: () => {
      open = false;
      for (const [near, far] of pairs) {
        near.unpipe(far);
        far.unpipe(near);
        near.pause();
        far.pause();
      }
    },
    mend: () => {
      open = true;
    },
    close: () =>
      new Promise((done) => {
        end();
        server.close(() => done());
      }),
  };
}
