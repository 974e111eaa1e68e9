import type { TrunkStrategy } from "../core/trunk/trunk.ts";

export type StrategyAdvice = {
  /** `dedicated` is also what `hybrid` begins with; null where agents are not given. */
  readonly strategy: "shared" | "dedicated" | null;
  /** Perhaps a telephony server of its own. */
  readonly own_server: boolean;
  /** True when what is configured is what is advised. */
  readonly fits: boolean;
  readonly why: string;
};

/** From this many agents on a trunk of its own pays. */
const DEDICATED_FROM = 10;
/** Above this many a server of its own is worth a thought. */
const DEDICATED_UP_TO = 50;

/** Which strategy fits a client of so many agents, and why. */
export function adviceFor(client: {
  readonly agents: number | null;
  /** Channels it may ask for at its busiest. */
  readonly wanted: number;
  readonly strategy: TrunkStrategy;
  readonly serverChannels: number;
}): StrategyAdvice {
  const { agents, wanted, strategy, serverChannels } = client;
  if (agents === null) {
    return { strategy: null, own_server: false, fits: true, why: "its agents are not given" };
  }
  if (agents < DEDICATED_FROM) {
    const why = `${agents} agents, fewer than ${DEDICATED_FROM}: a trunk of its own would mostly stand idle, the pool evens small clients out`;
    return { strategy: "shared", own_server: false, fits: strategy === "shared", why };
  }
  const fits = strategy !== "shared";
  if (agents <= DEDICATED_UP_TO) {
    const why = `${agents} agents, ${DEDICATED_FROM} to ${DEDICATED_UP_TO}: a trunk of its own keeps its campaigns out of its neighbours' way, with overflow for spikes`;
    return { strategy: "dedicated", own_server: false, fits, why };
  }
  const share = Math.round((100 * wanted) / serverChannels);
  const why = `${agents} agents, more than ${DEDICATED_UP_TO}: a trunk of its own, and perhaps a server, since it may fill ${share}% of one`;
  return { strategy: "dedicated", own_server: true, fits, why };
}
