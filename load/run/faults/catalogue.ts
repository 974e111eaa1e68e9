// Every fault by name, in the order in which they are gone through: those of one floor one after another.
import type { Fault } from "./fault.ts";
import { onAmi } from "./on-ami.ts";
import { onAsterisk } from "./on-asterisk.ts";
import { onConfiguration } from "./on-configuration.ts";
import { onMachine } from "./on-machine.ts";
import { onMariadb } from "./on-mariadb.ts";
import { onRedis } from "./on-redis.ts";
import { onSignalbox } from "./on-signalbox.ts";
import { onTwo } from "./on-two.ts";

const all = [
  ...onSignalbox,
  ...onAmi,
  ...onAsterisk,
  ...onRedis,
  ...onMariadb,
  ...onMachine,
  ...onTwo,
  ...onConfiguration,
];

export const FAULTS: readonly Fault[] = [...new Set(all.map(({ floor }) => floor))].flatMap((floor) =>
  all.filter((fault) => fault.floor === floor),
);
