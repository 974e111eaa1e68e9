// Signalbox dies, stands still, or is pressed upon.
import { setTimeout as sleep } from "node:timers/promises";
import { LabError } from "../../lab/lab-error.ts";
import { NUMBERS } from "../floor-configuration.ts";
import { menuCaller } from "../people.ts";
import { callersWell } from "../profile.ts";
import { STAGES, type Stage } from "../step-line.ts";
import { press } from "./connections.ts";
import type { Fault } from "./fault.ts";
import { plain, steps } from "./floors.ts";

const STAGE_WITHIN_MS = 10_000;

const AT_STAGE: Readonly<Record<Stage, string>> = {
  connected: "when a step has connected",
  "half-header": "in the middle of a step's header",
  header: "when it has the whole header",
  command: "when it has decided and the switch has not heard",
  "command-sent": "when the switch has the decision and has not confirmed it",
  reply: "when the switch has confirmed",
  closed: "when the step is over",
};

const atStages: readonly Fault[] = STAGES.map((stage) => ({
  name: `signalbox-kill-${stage}`,
  says: `kill -9 ${AT_STAGE[stage]}`,
  floor: steps,
  seconds: 4,
  strike: async (floor) => {
    const died = new Promise<void>((done) => {
      floor.line("steps").at(stage, async () => {
        await floor.kill("signalbox");
        done();
      });
    });
    const late = sleep(STAGE_WITHIN_MS, "late", { ref: false });
    if ((await Promise.race([died, late])) === "late") {
      throw new LabError("no_step", `no step came as far as ${stage}`);
    }
    await floor.startPart("signalbox");
    return [];
  },
}));

export const onSignalbox: readonly Fault[] = [
  {
    name: "signalbox-kill",
    says: "kill -9, back after 1.5 s",
    floor: plain,
    seconds: 4,
    strike: async (floor) => {
      await floor.kill("signalbox");
      await sleep(1500);
      await floor.startPart("signalbox");
      return [];
    },
  },
  {
    name: "signalbox-stop",
    says: "SIGSTOP for 10 s",
    floor: plain,
    seconds: 11,
    strike: async (floor) => {
      floor.signal("signalbox", "SIGSTOP");
      await sleep(10_000);
      floor.signal("signalbox", "SIGCONT");
      return [];
    },
  },
  {
    name: "signalbox-kill-in-menu",
    says: "kill -9 while callers are in a menu, back at once",
    floor: plain,
    seconds: 8,
    strike: async (floor) => {
      const inMenu = floor.callers(menuCaller("1", 2000), { service: NUMBERS.menu, calls: 4, rate: 20 });
      await sleep(500);
      await floor.kill("signalbox");
      await floor.startPart("signalbox");
      return callersWell(await inMenu.done);
    },
  },
  ...atStages,
  ...(["idle", "slow", "garbage", "brief"] as const).map(
    (manner): Fault => ({
      name: `connections-${manner}`,
      says: {
        idle: "10,000 FastAGI connections that say nothing",
        slow: "10,000 that send a byte now and then",
        garbage: "2,000 that send anything but a request",
        brief: "5,000 that connect and close",
      }[manner],
      floor: plain,
      seconds: 12,
      strike: async (floor) => press(floor.at.fastagi, manner),
    }),
  ),
];
