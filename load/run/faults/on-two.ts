// Two parts at once, the second while the first is away: what each alone does is mended by the other one, which is not
// there.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { NUMBERS } from "../floor-configuration.ts";
import { content, menuCaller } from "../people.ts";
import type { Fault } from "./fault.ts";
import { pair, plain, smallDisk } from "./floors.ts";
import { fillDisk } from "./on-machine.ts";

export const onTwo: readonly Fault[] = [
  {
    name: "redis-and-signalbox",
    says: "Redis stands still, the node is killed and starts without it, and Redis is back 4 s later",
    floor: plain,
    seconds: 8,
    strike: async (floor) => {
      floor.signal("redis", "SIGSTOP");
      await sleep(1000);
      await floor.kill("signalbox");
      await floor.startPart("signalbox");
      await sleep(4000);
      floor.signal("redis", "SIGCONT");
      return [];
    },
  },
  {
    name: "redis-lost-and-signalbox",
    says: "Redis and the node are killed, the node is back first, Redis empty 3 s later",
    floor: plain,
    seconds: 8,
    strike: async (floor) => {
      await floor.kill("redis");
      await floor.kill("signalbox");
      await floor.startPart("signalbox");
      await sleep(3000);
      await floor.startPart("redis");
      return [];
    },
  },
  {
    name: "ami-and-signalbox",
    says: "the manager connection is cut, the node is killed and starts blind, and sees the switch 4 s later",
    floor: plain,
    seconds: 8,
    strike: async (floor) => {
      floor.line("ami").cut();
      const moved = floor.callers(content(1500), { service: NUMBERS.transferringPhone, calls: 3, rate: 10 });
      await sleep(300);
      await floor.kill("signalbox");
      await floor.startPart("signalbox");
      await moved.done;
      await sleep(3000);
      floor.line("ami").mend();
      return [];
    },
  },
  {
    name: "redis-and-transfers",
    says: "phones send their callers on to numbers outside while Redis stands still",
    floor: plain,
    seconds: 8,
    strike: async (floor) => {
      floor.signal("redis", "SIGSTOP");
      const moved = floor.callers(content(4000), { service: NUMBERS.transferringPhone, calls: 3, rate: 10 });
      await sleep(5000);
      floor.signal("redis", "SIGCONT");
      await moved.done;
      return [];
    },
  },
  {
    name: "ami-slow",
    says: "everything that the switch says comes 1.5 s late, for 8 s, with brief calls",
    floor: plain,
    seconds: 10,
    strike: async (floor) => {
      floor.line("ami").delay(1500);
      const brief = floor.callers(content(0), { service: NUMBERS.briefPhone, calls: 20, rate: 10 });
      const menu = floor.callers(menuCaller("1", 100), { service: NUMBERS.menu, calls: 10, rate: 10 });
      await sleep(8000);
      floor.line("ami").mend();
      await brief.done;
      await menu.done;
      return [];
    },
  },
  {
    name: "ami-and-redis",
    says: "the manager connection and Redis are cut together, and Redis is back first",
    floor: plain,
    seconds: 8,
    strike: async (floor) => {
      floor.line("ami").cut();
      floor.line("redis").cut();
      await sleep(4000);
      floor.line("redis").mend();
      await sleep(2000);
      floor.line("ami").mend();
      return [];
    },
  },
  {
    name: "asterisk-stop",
    says: "the switch stands still for 4 s",
    floor: plain,
    seconds: 5,
    strike: async (floor) => {
      floor.signal("asterisk", "SIGSTOP");
      await sleep(4000);
      floor.signal("asterisk", "SIGCONT");
      return [];
    },
  },
  {
    name: "redis-and-asterisk",
    says: "Redis stands still, the switch is killed and back, and Redis wakes up with the calls of its old boot",
    floor: plain,
    seconds: 8,
    endsCalls: true,
    strike: async (floor) => {
      floor.signal("redis", "SIGSTOP");
      await floor.kill("asterisk");
      await floor.startPart("asterisk");
      await sleep(2000);
      floor.signal("redis", "SIGCONT");
      return [];
    },
  },
  {
    name: "asterisk-and-signalbox",
    says: "the switch and the node are killed together, and the node is back first",
    floor: plain,
    seconds: 8,
    endsCalls: true,
    strike: async (floor) => {
      await Promise.all([floor.kill("asterisk"), floor.kill("signalbox")]);
      await floor.startPart("signalbox");
      await sleep(1500);
      await floor.startPart("asterisk");
      return [];
    },
  },
  {
    name: "both-nodes",
    says: "both nodes are killed, and one comes back 3 s before the other",
    floor: pair,
    seconds: 8,
    strike: async (floor) => {
      await Promise.all([floor.kill("signalbox"), floor.kill("second")]);
      await sleep(1500);
      await floor.startPart("second");
      await sleep(3000);
      await floor.startPart("signalbox");
      return [];
    },
  },
  {
    name: "nodes-in-turn",
    says: "one node stands still, the other is killed, and the first goes on with what it knew 6 s ago",
    floor: pair,
    seconds: 12,
    strike: async (floor) => {
      floor.signal("signalbox", "SIGSTOP");
      await sleep(2000);
      await floor.kill("second");
      await sleep(4000);
      floor.signal("signalbox", "SIGCONT");
      await sleep(2000);
      await floor.startPart("second");
      return [];
    },
  },
  {
    name: "node-redis-and-mariadb",
    says: "a node, Redis and the database are killed together, and are back in the order in which they hurt",
    floor: pair,
    seconds: 10,
    strike: async (floor) => {
      await Promise.all([floor.kill("signalbox"), floor.kill("redis"), floor.kill("mariadb")]);
      await floor.startPart("signalbox");
      await sleep(3000);
      await floor.startPart("redis");
      await sleep(2000);
      await floor.startPart("mariadb");
      return [];
    },
  },
  {
    name: "disk-and-signalbox",
    says: "the disk is full, the node is killed and started on it, and there is room again 4 s later",
    floor: smallDisk,
    seconds: 8,
    strike: async (floor) => {
      const filler = join(floor.folder, "var/filler");
      fillDisk(filler);
      await sleep(1500);
      await floor.kill("signalbox");
      fillDisk(filler);
      await floor.startPart("signalbox");
      await sleep(4000);
      rmSync(filler);
      return [];
    },
  },
];
