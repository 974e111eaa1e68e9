import { pino } from "pino";
import { expect, test, vi } from "vitest";
import { createSwitches, type Switches } from "../../../src/ami/switches.ts";
import { SlotKeeping } from "../../../src/commands/slot-keeping.ts";
import { MemorySlotStore } from "../../../src/slots/memory.ts";
import { snapshotWith } from "../../builders.ts";
import { found } from "../../contract/slot-stores.ts";
import type { Script } from "../../wire/ami-peer.ts";
import { peerWith } from "../../wire/ami-rig.ts";

/** A switch without a call. */
const idle: Script = {
  onAction: (session, { Action, ActionID }) => {
    const answer = ["Response: Success", `ActionID: ${ActionID}`];
    if (Action === "CoreStatus")
      session.send(...answer, "CoreStartupDate: 2026-11-29", "CoreStartupTime: 12:00:00");
    if (Action !== "CoreShowChannels") return;
    const end = ["EventList: Complete", "ListItems: 0"];
    session.send(...answer, "EventList: start");
    session.send("Event: CoreShowChannelsComplete", `ActionID: ${ActionID}`, ...end);
  },
};

test("what_is_frozen_of_a_switch_that_was_taken_out_or_renamed_does_not_wait_for_ever", async () => {
  const { address: ami } = await peerWith(idle);
  const slots = new MemorySlotStore();
  const log = pino({ level: "silent" });
  await slots.freeze("ast0");
  await slots.adopt(found("1", { key: { server: "ast0", uniqueid: "1" } }), "tel1");
  const keeping = new SlotKeeping({
    ...{ node: "tel1", slots, log, snapshot: () => snapshotWith(), onLook: () => {} },
    switches: () => switches,
  });
  const switches: Switches = createSwitches({
    log,
    onMessage: () => {},
    onState: (server, up) => keeping.state(server, up),
  });
  try {
    const known = { server: "ast1", ami, username: "signalbox", secret: "s3cr3t-word", addresses: [] };
    keeping.follow(["ast1"]);
    switches.follow([{ ...known, technology: "pjsip", version: "22", cdr: null }]);
    const held = async () => {
      const { slots: all, frozen } = await slots.snapshot();
      return [frozen, all.map(({ leaseEndsAt }) => leaseEndsAt === null)];
    };
    expect(await held()).toEqual([["ast0"], [true]]);
    await vi.waitFor(async () => expect(await held()).toEqual([[], [false]]), { timeout: 3000 });
  } finally {
    await keeping.stop();
    await switches.stop();
  }
});
