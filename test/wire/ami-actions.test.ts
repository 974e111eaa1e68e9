import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Action, PeerSession, Script } from "./ami-peer.ts";
import { until, up as upWith } from "./ami-rig.ts";

function up(onAction: NonNullable<Script["onAction"]>, timings: Record<string, number> = {}) {
  return upWith({ onAction }, { timings });
}

function listStart(session: PeerSession, action: Action): void {
  session.send(
    "Response: Success",
    `ActionID: ${action.ActionID}`,
    "EventList: start",
    "Message: will follow",
  );
}

function item(session: PeerSession, action: Action, uniqueid: string, ...more: string[]): void {
  session.send("Event: CoreShowChannel", `ActionID: ${action.ActionID}`, ...more, `Uniqueid: ${uniqueid}`);
}

function listEnd(session: PeerSession, action: Action, items: number): void {
  const lines = ["Event: CoreShowChannelsComplete", `ActionID: ${action.ActionID}`, "EventList: Complete"];
  session.send(...lines, `ListItems: ${items}`);
}

describe("action", () => {
  test("resolves with the answer that carries its id, in whatever order answers come", async () => {
    const held: Action[] = [];
    const { connection } = await up((session, action) => {
      held.push(action);
      if (held.length < 2) return;
      for (const each of held.reverse()) {
        session.send("Response: Success", `ActionID: ${each.ActionID}`, `Which: ${each.Action}`);
      }
    });
    const answers = await Promise.all([connection.action("CoreStatus"), connection.action("CoreSettings")]);
    expect(answers.map((answer) => answer.fields.get("Which"))).toEqual(["CoreStatus", "CoreSettings"]);
  });

  test("rejects with the refusal, which keeps Asterisk's answer", async () => {
    const { connection } = await up((session, action) =>
      session.send("Response: Error", `ActionID: ${action.ActionID}`, "Message: No such channel"),
    );
    const error = await connection
      .action("Status", { Channel: "PJSIP/x-1" })
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "ami_refused", name: "AmiError" });
    expect((error as { response: { fields: Map<string, string> } }).response.fields.get("Message")).toBe(
      "No such channel",
    );
  });

  test("a refusal tells where it was met, unless it only says that a channel is gone", async () => {
    const { connection } = await up((session, action) =>
      session.send("Response: Error", `ActionID: ${action.ActionID}`, `Message: ${action.Says}`),
    );
    const stackOf = async (says: string): Promise<string> => {
      const error: unknown = await connection.action("Status", { Says: says }).catch((caught) => caught);
      return (error as Error).stack ?? "";
    };
    expect(await stackOf("Permission denied")).toMatch(/\n +at /);
    expect(await stackOf("No such channel")).not.toMatch(/\n +at /);
    expect(await stackOf("Permission denied")).toMatch(/\n +at /);
  });

  test("those of one turn leave in one piece, each whole and in its order", async () => {
    const { connection, session } = await up((each, action) =>
      each.send("Response: Error", `ActionID: ${action.ActionID}`, `Message: No such channel`),
    );
    let chunks = 0;
    session.socket.on("data", () => {
      chunks += 1;
    });
    const ids = Array.from({ length: 20 }, (_, nth) => `1764000000.${nth}`);
    await Promise.allSettled(ids.map((id) => connection.action("Status", { Channel: id })));
    const asked = session.actions.filter(({ Action: name }) => name === "Status");
    expect(asked.map(({ Channel: id }) => id)).toEqual(ids);
    expect(chunks).toBe(1);
  });

  test("rejects a value that would begin another line, and nothing is sent", async () => {
    const { connection, peer } = await up(() => {});
    await expect(connection.action("Status", { Channel: "a\r\nAction: Logoff" })).rejects.toMatchObject({
      code: "bad_action",
    });
    await sleep(20);
    expect(peer.sessions[0]?.actions.map((action) => action.Action)).toEqual(["Login"]);
  });

  test("times out, and the late answer does no harm", async () => {
    const late: (() => void)[] = [];
    const { connection, watched } = await up(
      (session, action) => late.push(() => session.send("Response: Success", `ActionID: ${action.ActionID}`)),
      { actionMs: 30 },
    );
    await expect(connection.action("CoreStatus")).rejects.toMatchObject({ code: "ami_timed_out" });
    for (const send of late) send();
    await sleep(20);
    expect(watched.connection.up).toBe(true);
    expect(watched.events.map((event) => event.name)).toEqual(["FullyBooted"]);
  });

  test("rejects when the connection is lost, and is never repeated on the next one", async () => {
    const { connection, peer } = await up((session) => session.socket.resetAndDestroy());
    await expect(connection.action("CoreStatus")).rejects.toMatchObject({ code: "ami_connection_lost" });
    await until(() => expect(connection.up).toBe(true));
    await sleep(30);
    expect(peer.sessions[1]?.actions.map((action) => action.Action)).toEqual(["Login"]);
  });

  test("a thousand may wait, no more", async () => {
    const { connection } = await up(() => {});
    const waiting = Array.from({ length: 1_000 }, () => connection.action("CoreStatus"));
    const settled = Promise.allSettled(waiting);
    await expect(connection.action("CoreStatus")).rejects.toMatchObject({ code: "ami_too_many_pending" });
    await connection.stop();
    const reasons = (await settled).map((each) =>
      each.status === "rejected" ? each.reason.code : each.status,
    );
    expect(new Set(reasons)).toEqual(new Set(["ami_stopped"]));
  });
});

describe("list", () => {
  test("gathers the events of its id while others pass by", async () => {
    const { connection, watched } = await up((session, action) => {
      listStart(session, action);
      item(session, action, "1.1");
      session.send("Event: Hangup", "Uniqueid: 9.9");
      item(session, action, "1.2");
      listEnd(session, action, 2);
    });
    const list = await connection.list("CoreShowChannels");
    expect(list.complete).toBe(true);
    expect(list.events.map((event) => event.fields.get("Uniqueid"))).toEqual(["1.1", "1.2"]);
    expect(list.response.fields.get("EventList")).toBe("start");
    expect(watched.events.map((event) => event.name)).toEqual(["FullyBooted", "Hangup"]);
  });

  test("a count that differs makes it incomplete", async () => {
    const { connection } = await up((session, action) => {
      listStart(session, action);
      item(session, action, "1.1");
      listEnd(session, action, 2);
    });
    expect(await connection.list("CoreShowChannels")).toMatchObject({
      complete: false,
      events: { length: 1 },
    });
  });

  test("an item cannot end it with a smuggled line", async () => {
    const { connection } = await up((session, action) => {
      listStart(session, action);
      item(session, action, "1.1", "EventList: Complete", "ListItems: 0");
      item(session, action, "1.2");
      listEnd(session, action, 2);
    });
    expect(await connection.list("CoreShowChannels")).toMatchObject({
      complete: true,
      events: { length: 2 },
    });
  });

  test("an end with a forged count is incomplete", async () => {
    const { connection } = await up((session, action) => {
      listStart(session, action);
      session.send(
        ...["Event: CoreShowChannelsComplete", `ActionID: ${action.ActionID}`, "EventList: Complete"],
        ...["ListItems: 0", "ListItems: 5"],
      );
    });
    expect(await connection.list("CoreShowChannels")).toMatchObject({ complete: false });
  });

  test("ends with the event it names", async () => {
    const { connection } = await up((session, action) => {
      listStart(session, action);
      session.send("Event: StatusComplete", `ActionID: ${action.ActionID}`, "Items: 0");
    });
    expect(await connection.list("Status", {}, "StatusComplete")).toMatchObject({
      complete: false,
      events: [],
    });
  });

  test("rejects when Asterisk refuses it", async () => {
    const { connection } = await up((session, action) =>
      session.send("Response: Error", `ActionID: ${action.ActionID}`, "Message: Permission denied"),
    );
    await expect(connection.list("CoreShowChannels")).rejects.toMatchObject({ code: "ami_refused" });
  });

  test("cut off half-way it gives what came, as incomplete", async () => {
    const { connection } = await up((session, action) => {
      listStart(session, action);
      item(session, action, "1.1");
      setTimeout(() => session.socket.resetAndDestroy(), 80);
    });
    expect(await connection.list("CoreShowChannels")).toMatchObject({
      complete: false,
      events: { length: 1 },
    });
  });

  test("never closed it gives what came, as incomplete; the late rest is no event", async () => {
    let rest = () => {};
    const { connection, watched } = await up(
      (session, action) => {
        listStart(session, action);
        item(session, action, "1.1");
        rest = () => {
          item(session, action, "1.2");
          listEnd(session, action, 2);
          session.send("Event: Hangup", "Uniqueid: 9.9");
        };
      },
      { listMs: 100 },
    );
    expect(await connection.list("CoreShowChannels")).toMatchObject({
      complete: false,
      events: { length: 1 },
    });
    rest();
    await until(() => expect(watched.events.map((event) => event.name)).toEqual(["FullyBooted", "Hangup"]));
  });

  test("lost before any answer it rejects", async () => {
    const { connection } = await up((session) => session.socket.destroy());
    await expect(connection.list("CoreShowChannels")).rejects.toMatchObject({ code: "ami_connection_lost" });
  });
});
