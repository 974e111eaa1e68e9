import { capacityPlan } from "../reports/plan.ts";
import { planText } from "../reports/plan-text.ts";
import { type Common, type Io, WrongUse } from "./io.ts";
import { loadSnapshot } from "./load-snapshot.ts";

/** As they are written on the command line. */
export type PlanCommandOptions = Common & {
  readonly dialLevel: string;
  readonly serverChannels: string;
  readonly json?: boolean;
};

/** Says whether caps, reserves, trunks and servers hold at the busiest minute; 0 whatever it says. */
export function plan(options: PlanCommandOptions, io: Io): number {
  const dialLevel = above(options.dialLevel, "--dial-level", 100);
  const serverChannels = above(options.serverChannels, "--server-channels", 100_000);
  const snapshot = loadSnapshot(options.config, "simulate", io);
  if (snapshot === null) return 1;
  const made = capacityPlan(snapshot, { dialLevel, serverChannels });
  io.out(options.json === true ? `${JSON.stringify(made, null, 2)}\n` : planText(made));
  return 0;
}

function above(text: string, option: string, most: number): number {
  const value = /^[0-9]{1,6}(\.[0-9]{1,3})?$/.test(text) ? Number(text) : 0;
  if (value > 0 && value <= most) return value;
  throw new WrongUse(`${option} takes a number above 0 and up to ${most}, not ${text}`);
}
