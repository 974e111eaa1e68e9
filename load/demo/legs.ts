// What Asterisk itself says of each leg, read over a manager session of our own: the proof of the stamp.
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { createAmiConnection } from "../../src/ami/connection.ts";
import { readEvent } from "../../src/ami/events.ts";
import type { Switch } from "../../src/core/snapshot/snapshot.ts";
import { waitFor } from "../lab/ports.ts";

/** One leg as it was when it ended. */
export type Leg = {
  readonly channel: string;
  readonly uniqueid: string;
  readonly accountcode: string;
  readonly tenant: string | null;
  readonly call: string | null;
  readonly direction: string | null;
  readonly cause: number;
};

export type LegWatch = {
  /** Legs that ended since the last call of this, once none is left alive. */
  ended(): Promise<readonly Leg[]>;
  /** How many channels live now. */
  live(): Promise<number>;
  stop(): Promise<void>;
};

const SETTLE_MS = 15_000;
/** A list of channels runs ahead of the events: a leg is gone from it before its Hangup has come. */
const EVENT_LAG_MS = 300;

/** Logs in with the account that `signalbox render` wrote. Rejects when the switch lets nobody in within 15 s. */
export async function watchLegs(target: Switch): Promise<LegWatch> {
  let legs: Leg[] = [];
  const connection = createAmiConnection({
    server: target.server,
    address: target.ami,
    username: target.username,
    secret: target.secret,
    log: pino({ level: "silent" }),
    onState: () => {},
    onEvent: (message) => {
      const event = readEvent(message, () => {});
      if (event?.type !== "hangup") return;
      legs.push({
        channel: event.channel,
        uniqueid: event.uniqueid,
        accountcode: event.accountCode,
        tenant: message.variables.get("SB_TENANT") || null,
        call: event.sbCall,
        direction: event.sbDirection,
        cause: event.cause,
      });
    },
  });
  connection.start();
  await waitFor("the manager session of the demo", () => connection.up || undefined, SETTLE_MS);
  const live = async (): Promise<number> => (await connection.list("CoreShowChannels")).events.length;
  return {
    live,
    async ended() {
      await waitFor(
        "the last leg to end",
        async () => ((await live()) === 0 ? true : undefined),
        SETTLE_MS,
        100,
      );
      await sleep(EVENT_LAG_MS);
      const seen = legs;
      legs = [];
      return seen;
    },
    stop: () => connection.stop(),
  };
}
