// What a floor may have, what of it can be killed, and what its callers may be told.
import type { SippOptions } from "../sipp-runner.ts";
import type { LineName } from "./floor-lines.ts";
import type { StorePart } from "./floor-stores.ts";

export type FloorOptions = {
  readonly folder: string;
  readonly ports: number;
  readonly recording?: boolean;
  /** Default 1; with 2 they store their records in one MariaDB. */
  readonly nodes?: 1 | 2;
  /** Records go to a private MariaDB instead of the node's own file. */
  readonly mariadb?: boolean;
  /** Slots are counted in a primary with a replica, watched by a Sentinel. */
  readonly sentinel?: boolean;
  /** Connections that can be cut, slowed and spoken into. */
  readonly lines?: readonly LineName[];
  /** Every node in a network of its own; takes root. */
  readonly apart?: boolean;
  /** The nodes' clocks can be set. */
  readonly ownClock?: boolean;
  /** No part is made to fail: then nothing may take longer than it does by itself. */
  readonly calm?: boolean;
};

export type CallersOptions = Partial<SippOptions> & {
  /** How many of these callers come as far as a step: default all of them. */
  readonly reach?: "all" | "some" | "none";
};

/** `signalbox` is the first node, `second` the second. */
export type Part = "signalbox" | "second" | "asterisk" | StorePart;
