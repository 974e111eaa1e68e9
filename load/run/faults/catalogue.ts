// Every fault by name, in the order in which they are gone through: those of one floor one after another.
import type { Fault } from "./fault.ts";
import { onAmi } from "./on-ami.ts";
import { onAsterisk } from "./on-asterisk.ts";
import { onMachine } from "./on-machine.ts";
import { onMariadb } from "./on-mariadb.ts";
import { onRedis } from "./on-redis.ts";
import { onSignalbox } from "./on-signalbox.ts";

const all = [...onSignalbox, ...onAmi, ...onAsterisk, ...onRedis, ...onMariadb, ...onMachine];

export const FAULTS: readonly Fault[] = [...new Set(all.map(({ floor }) => floor))].flatMap((floor) =>
  all.filter((fault) => fault.floor === floor),
);
