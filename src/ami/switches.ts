/**
 * The manager connections to all switches, one each, so that one that is down harms none. It follows the
 * configuration: a switch that is added is connected, one that is gone is let go, one whose address or login changed
 * is connected anew. It reads facts and asks questions; it commands no switch.
 */
import type { Logger } from "pino";
import type { SwitchStatus } from "../calls/switch-port.ts";
import type { Switch } from "../core/snapshot/snapshot.ts";
import { type AmiMessage, createAmiConnection } from "./connection.ts";

type Connection = ReturnType<typeof createAmiConnection>;

export type SwitchesOptions = {
  readonly log: Logger;
  /** Called as the bytes come in; MUST return at once. */
  readonly onMessage: (server: string, message: AmiMessage) => void;
  /**
   * The connection came up or went down; events in between are lost, so whoever counts must look for itself. Nothing had
   * been heard for `silentMs` when it went down in silence.
   */
  readonly onState: (server: string, up: boolean, why: string, silentMs: number) => void;
};

export type Switches = {
  /** Connects what is new, drops what is gone. Cheap when nothing changed. */
  readonly follow: (switches: readonly Switch[]) => void;
  readonly status: () => readonly SwitchStatus[];
  readonly connection: (server: string) => Connection | null;
  readonly stop: () => Promise<void>;
};

type Followed = { readonly login: string; readonly connection: Connection; up: boolean; why: string };

export function createSwitches({ log, onMessage, onState }: SwitchesOptions): Switches {
  const followed = new Map<string, Followed>();

  function connect(target: Switch): void {
    const connection = createAmiConnection({
      server: target.server,
      address: target.ami,
      username: target.username,
      secret: target.secret,
      log,
      onEvent: (message) => {
        if (isFollowed()) onMessage(target.server, message);
      },
      onState: (state, why, silentMs) => {
        entry.why = why;
        const up = state === "up";
        if (up === entry.up || !isFollowed()) return;
        entry.up = up;
        onState(target.server, up, why, silentMs);
      },
    });
    const entry: Followed = { login: loginOf(target), connection, up: false, why: "not connected yet" };
    // One that was let go may end later than its successor comes up, and has nothing to say any more.
    const isFollowed = () => followed.get(target.server) === entry;
    followed.set(target.server, entry);
    connection.start();
  }

  async function drop(server: string): Promise<void> {
    const entry = followed.get(server);
    followed.delete(server);
    if (entry?.up === true) onState(server, false, "it is listened to no more as it was", 0);
    await entry?.connection.stop();
  }

  return {
    follow(switches) {
      const wanted = new Map(switches.map((target) => [target.server, target]));
      for (const [server, { login }] of [...followed]) {
        const target = wanted.get(server);
        if (target === undefined || loginOf(target) !== login) void drop(server);
      }
      for (const target of switches) if (!followed.has(target.server)) connect(target);
    },
    status: () => [...followed].map(([server, { up, why }]) => ({ server, up, why })),
    connection: (server) => followed.get(server)?.connection ?? null,
    stop: async () => {
      await Promise.all([...followed.keys()].map(drop));
    },
  };
}

function loginOf(target: Switch): string {
  return JSON.stringify([target.ami, target.username, target.secret]);
}
