// The records database dies under calls and stays away, and the node is killed in the middle of that: afterwards every
// call stands in it exactly once.
import { setTimeout as sleep } from "node:timers/promises";
import { NUMBERS } from "../floor-configuration.ts";
import { content } from "../people.ts";
import { callersWell, closeBooks, joined, type Profile } from "../profile.ts";

const CALLS_PER_SECOND = 5;
const HOLD_MS = 1500;
/** When the database dies, when the node is killed, and when the database comes back, as shares of the run. */
const DIES = 0.1;
const KILLED = 0.5;
const BACK = 0.9;

export const recordsOutage: Profile = {
  name: "records-outage",
  says: "5 calls a second for --minutes, the records database away, Signalbox killed in the middle",
  ownFloors: true,
  run: async ({ moveTo, flags, say }) => {
    const floor = await moveTo("", { mariadb: true });
    const runMs = flags.minutes * 60_000;
    const began = performance.now();
    const until = (share: number) => sleep(Math.max(0, began + runMs * share - performance.now()));
    const callers = floor.callers(content(HOLD_MS), {
      ...{ service: NUMBERS.direct, calls: Math.round((runMs / 1000) * CALLS_PER_SECOND) },
      ...{ rate: CALLS_PER_SECOND, deadlineMs: runMs + 60_000 },
    });
    await until(DIES);
    await floor.kill("mariadb");
    say("the records database is dead");
    await until(KILLED);
    await floor.kill("signalbox");
    await floor.startPart("signalbox");
    await until(BACK);
    await floor.startPart("mariadb");
    say("the records database is back");
    const result = await callers.done;
    const { successful, created } = result;
    const rows = [["callers served", `${successful} of ${created}`]] as const;
    const figures = { successful, created, awaySeconds: Math.round((runMs * (BACK - DIES)) / 1000) };
    const books = await closeBooks(floor);
    // Those that the static fallback served while the node was away have a record too.
    const records = Number(books.figures.records);
    const differing = records === created ? [] : [`${created} callers, but ${records} call records`];
    return joined({ rows, broken: [...callersWell(result), ...differing], figures }, books);
  },
};
