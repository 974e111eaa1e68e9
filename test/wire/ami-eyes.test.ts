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

const row = (id: string, ...lines: readonly string[]) => [
  ...["Event: CoreShowChannel", `ActionID: ${id}`, "Channel: PJSIP/a-01", "AccountCode: apex", ...lines],
];
const listed = (...lines: readonly string[]) =>
  asking((session, id) => {
    session.send(...begins(id));
    session.send(...row(id, ...lines));
    session.send("Event: CoreShowChannelsComplete", ...ends(id, 1).slice(1));
  });

test("a_list_is_whole_after_the_switch's_clock_was_set_back", async () => {
  // As Asterisk 22 told the age of a channel two minutes old, its clock two hours back.
  const { eyes } = await listed("Uniqueid: 1.1", "ChannelState: 6", "Duration: -1:-59:-45");
  expect(await eyes.list("ast1")).toMatchObject({ channels: [{ uniqueid: "1.1" }], complete: true });
});

test("a_list_with_a_channel_that_cannot_be_read_is_not_whole_and_says_why", async () => {
  const { eyes } = await listed("Uniqueid: my box-1.1", "Duration: 00:00:01");
  expect(await eyes.list("ast1")).toEqual({
    channels: [],
    complete: false,
    lacks: "has a channel that cannot be read: Uniqueid is malformed",
  });
});

test("an_answer_without_a_description_proves_nothing", async () => {
  const { eyes } = await asking((session, id) => {
    session.send(...begins(id));
    session.send(...ends(id, 0));
  });
  await expect(eyes.lives("ast1", "1.1")).rejects.toMatchObject({ code: "switch_unreadable" });
});
