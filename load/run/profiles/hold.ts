// Many calls up at once, with audio both ways, every one recorded: what stands and what it takes to keep it standing.
import { setTimeout as sleep } from "node:timers/promises";
import { caller } from "../../sipp-runner.ts";
import { NUMBERS } from "../floor-configuration.ts";
import { agree, callersWell, closeBooks, fallbacksOf, joined, type Profile } from "../profile.ts";

const CALLS = 100;
const PER_SECOND = 10;
const HOLD_MS = 60_000;

export const hold: Profile = {
  name: "hold",
  says: `${CALLS} recorded calls with audio at once on two cores`,
  recording: true,
  run: async ({ floor, flags, say }) => {
    const count = Math.max(4, Math.round(CALLS * flags.size));
    const climbMs = (count / PER_SECOND) * 1000;
    const run = floor.callers(caller({ holdMs: climbMs + HOLD_MS * Math.min(1, flags.size) }), {
      ...{
        service: NUMBERS.direct,
        calls: count,
        rate: PER_SECOND,
        deadlineMs: climbMs * 2 + HOLD_MS + 60_000,
      },
    });
    await sleep(climbMs + 1000);
    const top = await agree(floor, 20_000, count);
    const before = { asterisk: floor.use("asterisk"), signalbox: floor.use("signalbox") };
    const since = performance.now();
    say(`${count} calls are up`);
    const result = await run.done;
    const seconds = (performance.now() - since) / 1000;
    const share = (part: "asterisk" | "signalbox") =>
      ((floor.use(part)?.cpu ?? 0) - (before[part]?.cpu ?? 0)) / seconds;
    const use = { asterisk: share("asterisk"), signalbox: share("signalbox") };
    const mb = { asterisk: before.asterisk?.mb ?? 0, signalbox: before.signalbox?.mb ?? 0 };
    const books = await closeBooks(floor);
    const voices = (books.figures.voices as { files: number } | undefined)?.files ?? 0;
    const rows = [
      ["calls at once", String(count)],
      ["Asterisk", `${Math.round(use.asterisk * 100)} % of a core, ${Math.round(mb.asterisk)} MB`],
      ["Signalbox", `${Math.round(use.signalbox * 100)} % of a core, ${Math.round(mb.signalbox)} MB`],
    ] as const;
    const broken = [...top, ...callersWell(result), ...fallbacksOf(floor)];
    const decided = Number(books.figures.decided);
    if (decided < count) broken.push(`decisions: ${decided} of ${count} calls were decided`);
    if (voices !== count) broken.push(`recordings: ${voices} files of ${count} calls`);
    return joined({ rows, broken, figures: { count, use, mb } }, books);
  },
};
