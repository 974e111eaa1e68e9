import type { DoNotCallBook } from "../calls/do-not-call.ts";
import type { Conditions } from "../core/snapshot/conditions.ts";
import type { Metrics } from "../http/metrics.ts";
import type { LiveNode } from "./live-node.ts";
import type { NodeBasis } from "./node-basis.ts";
import type { NodeName } from "./node-name.ts";
import type { NodeStores } from "./node-stores.ts";
import type { NodeSwitches } from "./node-switches.ts";
import type { ReloadNews } from "./reload-news.ts";
import type { VicidialKeeping } from "./vicidial-keeping.ts";

/** All that a node keeps and knows, for the doors at which it is asked. */
export type NodeParts = {
  readonly basis: NodeBasis;
  readonly stores: NodeStores;
  readonly nodeName: NodeName;
  readonly seen: NodeSwitches;
  readonly vicidial: VicidialKeeping;
  readonly doNotCall: DoNotCallBook;
  /** What is true at this moment beside the configuration. */
  readonly conditions: () => Conditions;
  readonly live: LiveNode;
  readonly metrics: Metrics;
  readonly reloads: ReloadNews;
};
