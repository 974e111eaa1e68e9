import { readEvent } from "../ami/events.ts";
import { logDirectoryOf } from "../ami/log-directory.ts";
import { createSwitchEyes } from "../ami/switch-eyes.ts";
import { createSwitches, type Switches, type SwitchesOptions } from "../ami/switches.ts";
import { SpendWatch } from "../calls/spend-watch.ts";
import { TrunkHealthBook } from "../calls/trunk-health.ts";
import type { NodeBasis } from "./node-basis.ts";
import { type NodeRecords, startRecords } from "./node-records.ts";
import type { NodeStores } from "./node-stores.ts";
import { SlotKeeping } from "./slot-keeping.ts";
import { TrunkKeeping } from "./trunk-keeping.ts";

/** What a node makes of what its switches tell: live legs, trunks' health, what calls cost, call records. */
export type NodeSwitches = {
  readonly switches: Switches;
  readonly keeping: SlotKeeping;
  readonly health: TrunkHealthBook;
  readonly records: NodeRecords;
  /** Listens to the switches of the configuration in force; cheap when nothing changed. */
  follow(): void;
};

type Hearers = Pick<NodeSwitches, "keeping" | "records"> & { readonly trunks: TrunkKeeping };

/** Connects to none yet: `follow` does. */
export function createNodeSwitches(basis: NodeBasis, { slots, spending }: NodeStores): NodeSwitches {
  const { name, snapshot, variables, log } = basis;
  const spent = new SpendWatch(spending, log);
  const health = new TrunkHealthBook(() => snapshot().trunks);
  const records = startRecords({
    snapshot,
    variables,
    log,
    onEnd: (record) => spent.recorded(record),
    hears: (server) => keeping.listensTo(server),
    handsOver: (server) => keeping.othersListenTo(server),
    logDirectory: (server) => logDirectoryOf(switches, server),
    eyes: createSwitchEyes((server) => switches.connection(server)),
  });
  const keeping = new SlotKeeping({
    node: name,
    slots,
    snapshot,
    log,
    switches: () => switches,
    onLook: ({ server, boot, channels }) => {
      records.watcher.booted(server, boot, Date.now());
      records.watcher.swept(server, channels, Date.now());
    },
  });
  const trunks = new TrunkKeeping({
    health,
    spending: spent,
    snapshot,
    log,
    switches: () => switches,
  });
  const switches = createSwitches({ log, ...tellAll({ keeping, trunks, records }, log) });
  return {
    switches,
    keeping,
    health,
    records,
    follow() {
      const current = snapshot().system.switches;
      health.follow();
      keeping.follow(current.map(({ server }) => server));
      switches.follow(current);
    },
  };
}

/** What a switch says, to each who makes something of it. */
function tellAll(
  { keeping, trunks, records }: Hearers,
  log: NodeBasis["log"],
): Pick<SwitchesOptions, "onMessage" | "onState"> {
  return {
    onMessage(server, message) {
      const news = readEvent(message, () => {});
      if (news === null) return;
      keeping.news(server, news);
      trunks.news(server, news, Date.now());
      records.watcher.heard(server, news, Date.now());
    },
    onState(server, up, why, silentMs) {
      log.info({ event: up ? "switch.up" : "switch.down", server }, why);
      keeping.state(server, up);
      trunks.state(server, up, Date.now());
      if (up) records.seen(server);
      else records.watcher.lost(server, Date.now() - Math.round(silentMs));
    },
  };
}
