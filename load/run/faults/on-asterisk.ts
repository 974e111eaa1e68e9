// The switch dies with its calls, is restarted in good order, or reloads everything under them.
import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "./fault.ts";
import { plain } from "./floors.ts";

const RELOADS = ["module reload", "dialplan reload", "pjsip reload", "manager reload"] as const;

export const onAsterisk: readonly Fault[] = [
  {
    name: "asterisk-kill",
    says: "kill -9 with 50 calls up",
    floor: plain,
    seconds: 6,
    established: 50,
    endsCalls: true,
    strike: async (floor) => {
      await floor.kill("asterisk");
      await floor.startPart("asterisk");
      return [];
    },
  },
  {
    name: "asterisk-restart",
    says: "stopped in good order with calls up, and started again",
    floor: plain,
    seconds: 6,
    endsCalls: true,
    strike: async (floor) => {
      await floor.switch.asterisk.stop();
      await sleep(500);
      await floor.startPart("asterisk");
      return [];
    },
  },
  {
    name: "asterisk-reload",
    says: "every module, the dialplan, the endpoints and the manager are reloaded",
    floor: plain,
    seconds: 8,
    strike: async (floor) => {
      for (const command of RELOADS) await floor.switch.asterisk.cli(command);
      return [];
    },
  },
];
