// A ramp of calls a second, up to the first rate that a call does not survive. What limits it on one machine is the
// machine: SIPp, Asterisk, Redis and Signalbox share it.
import { NUMBERS } from "../floor-configuration.ts";
import { quiet } from "../people.ts";
import { agree, closeBooks, joined, type Profile, undecidedOf } from "../profile.ts";

const FROM = 20;
const BY = 1.25;
const TO = 1000;
const SECONDS = 8;
const HOLD_MS = 1000;

type Rate = {
  readonly rate: number;
  readonly ok: boolean;
  readonly retransmissions: number;
  readonly p50: number;
  readonly p99: number;
};

export const calls: Profile = {
  name: "calls",
  says: "calls a second, up to the first rate with a failed call",
  overloads: true,
  run: async ({ floor, flags, say }) => {
    const seconds = Math.max(2, Math.round(SECONDS * Math.min(1, flags.size)));
    const rates: Rate[] = [];
    const broken: string[] = [];
    for (let rate = FROM; rate <= TO; rate = Math.round(rate * BY)) {
      const before = floor.decided.size;
      const run = floor.callers(quiet(HOLD_MS), {
        ...{ service: NUMBERS.direct, calls: rate * seconds, rate, limit: rate * 4 },
        ...{ receiveTimeoutMs: 5000, deadlineMs: (seconds + 30) * 1000 },
      });
      const { ok: well, created, retransmissions, rtt, failed } = await run.done;
      const undecided = await undecidedOf(floor, before, created);
      const ok = well && undecided === 0;
      rates.push({ rate, ok, retransmissions, p50: rtt?.p50 ?? 0, p99: rtt?.p99 ?? 0 });
      say(
        `${rate} calls/s: ${failed} failed, ${undecided} left to the fallback, ${retransmissions} messages sent again, p99 ${rtt?.p99 ?? "?"} ms`,
      );
      broken.push(...(await agree(floor, 30_000, 0)));
      if (ok) continue;
      // The switch may not have heard all of them.
      floor.placed.loseCount();
      break;
    }
    const best = rates.filter(({ ok }) => ok).at(-1);
    if (best === undefined) broken.push(`callers: not even ${FROM} calls a second went without a failed one`);
    const calm = rates.filter(({ ok, retransmissions }) => ok && retransmissions === 0).at(-1);
    const rows = [
      ["highest rate without a failed call", `${best?.rate ?? 0} calls/s`],
      ["highest rate without a message sent again", `${calm?.rate ?? 0} calls/s`],
      ...rates.map(
        ({ rate, p50, p99 }) => [`answer at ${rate} calls/s`, `p50 ${p50} ms, p99 ${p99} ms`] as const,
      ),
    ] as const;
    return joined({ rows, broken, figures: { rates } }, await closeBooks(floor));
  },
};
