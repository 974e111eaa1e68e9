// The Asterisk of a floor, everybody's phone on it, and a manager account of the run's own to look at it.
import { join } from "node:path";
import { pino } from "pino";
import { type AmiConnection, createAmiConnection } from "../../src/ami/connection.ts";
import { QUIET_LOG } from "../bench/office.ts";
import { waitFor } from "../lab/ports.ts";
import { startWorld, type World } from "../lab/world.ts";
import { addressesOf, callerOf, FLOOR_DIALPLAN, PEOPLE, PHONES, ROLES } from "./floor-configuration.ts";

/** Of the nodes' manager account, and of the run's. */
export const FLOOR_SECRET = "between-these-two";

const TESTER = `[tester]
secret=${FLOOR_SECRET}
deny=0.0.0.0/0.0.0.0
permit=127.0.0.1/255.255.255.255
read=system
write=reporting
eventfilter=^Event: FullyBooted[[:space:]]
`;

type Place = { readonly config: string; readonly folder: string; readonly ports: number };

export function startFloorSwitch({ config, folder, ports }: Place): Promise<World> {
  const { sip, rtpStart, rtpEnd, phonePort } = addressesOf(ports);
  const phones = Object.fromEntries([
    ...PHONES.map((phone, nth) => [`10${nth}`, PEOPLE[phone]]),
    ...ROLES.map((role) => [callerOf(role).name, callerOf(role).ip]),
  ]);
  return startWorld({
    ...{ config, folder: join(folder, "switch"), sip, rtpStart, rtpEnd },
    version: "22",
    sounds: join(folder, "sounds"),
    dialplan: FLOOR_DIALPLAN,
    files: { ...QUIET_LOG, "manager_lab.conf": TESTER },
    phones: Object.fromEntries(Object.entries(phones).map(([name, ip]) => [name, `${ip}:${phonePort}`])),
    env: { AMI_SECRET: FLOOR_SECRET },
    signalbox: false,
  });
}

/** Resolves when the session is up. */
export async function watchSwitch(address: string): Promise<AmiConnection> {
  const manager = createAmiConnection({
    ...{ server: "ast1", address, username: "tester", secret: FLOOR_SECRET },
    log: pino({ level: "silent" }),
    onState: () => {},
    onEvent: () => {},
  });
  manager.start();
  await waitFor("the run's own manager session", () => manager.up || undefined, 15_000);
  return manager;
}
