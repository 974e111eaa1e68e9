// What a switch is taken to have said of its channels when its answer breaks off: a slot hangs on each of these words.
import { expect, test } from "vitest";
import { createSwitchEyes } from "../../src/ami/switch-eyes.ts";
import type { PeerSession } from "./ami-peer.ts";
import { until, up } from "./ami-rig.ts";

async function asking(answer: (session: PeerSession, id: string) => void) {
  const { watched, ...rest } = await up(
    { onAction: (session, action) => answer(session, action.ActionID ?? "") },
    { timings: { listMs: 100 } },
  );
  return { eyes: createSwitchEyes(() => watched.connection), ...rest };
}

const begins = (id: string) => [
  "Response: Success",
  `ActionID: ${id}`,
  "EventList: start",
  "Message: follows",
];
const status = (id: string) => ["Event: Status", `ActionID: ${id}`, "Channel: PJSIP/a-01", "Uniqueid: 1.1"];
const ends = (id: string, items: number) => [
  ...["Event: StatusComplete", `ActionID: ${id}`, "EventList: Complete"],
  `ListItems: ${items}`,
];

test("a_channel_lives_when_the_switch_describes_it", async () => {
  const { eyes } = await asking((session, id) => {
    session.send(...begins(id));
    session.send(...status(id));
    session.send(...ends(id, 1));
  });
  expect(await eyes.lives("ast1", "1.1")).toBe(true);
});

test("a_channel_is_gone_when_the_switch_says_there_is_none", async () => {
  const { eyes } = await asking((session, id) =>
    session.send("Response: Error", `ActionID: ${id}`, "Message: No such channel"),
  );
  expect(await eyes.lives("ast1", "1.1")).toBe(false);
});

test("a_connection_that_ends_before_the_description_proves_nothing", async () => {
  const { eyes, connection } = await asking((session, id) => {
    session.send(...begins(id));
    setTimeout(() => session.socket.destroy(), 20);
  });
  await expect(eyes.lives("ast1", "1.1")).rejects.toMatchObject({ code: "switch_unreadable" });
  await until(() => expect(connection.stats().lost).toBe(1));
});

test("a_description_that_does_not_come_in_time_proves_nothing", async () => {
  const { eyes } = await asking((session, id) => session.send(...begins(id)));
  await expect(eyes.lives("ast1", "1.1")).rejects.toMatchObject({ code: "switch_unreadable" });
});

test("an_answer_without_a_description_proves_nothing", async () => {
  const { eyes } = await asking((session, id) => {
    session.send(...begins(id));
    session.send(...ends(id, 0));
  });
  await expect(eyes.lives("ast1", "1.1")).rejects.toMatchObject({ code: "switch_unreadable" });
});
