import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { expect, test } from "vitest";
import { createSwitches } from "../../src/ami/switches.ts";
import type { Switch } from "../../src/core/snapshot/snapshot.ts";
import { peerWith, until } from "./ami-rig.ts";

function at(ami: string): Switch {
  const [username, secret] = ["signalbox", "s3cr3t-word"];
  return {
    server: "ast1",
    ami,
    username,
    secret,
    technology: "pjsip",
    version: "22",
    addresses: [],
    cdr: null,
  };
}

test("a_switch_that_has_moved_is_up_though_its_old_connection_takes_its_time_to_end", async () => {
  const [before, after] = [await peerWith({}), await peerWith({})];
  const told: boolean[] = [];
  const heard: string[] = [];
  const switches = createSwitches({
    log: pino({ level: "silent" }),
    onMessage: (_, { name }) => heard.push(name),
    onState: (_, up) => told.push(up),
  });
  try {
    switches.follow([at(before.address)]);
    await until(() => expect(told).toEqual([true]));
    before.sessions[0]?.socket.pause();
    switches.follow([at(after.address)]);
    await until(() => expect(told).toEqual([true, false, true]));
    heard.length = 0;
    before.sessions[0]?.send("Event: Hangup", "Uniqueid: 1.1");
    // Longer than a switch is waited for that does not answer a log-off.
    await sleep(400);
    expect([told, heard]).toEqual([[true, false, true], []]);
    expect(switches.status()).toMatchObject([{ server: "ast1", up: true }]);
  } finally {
    await switches.stop();
  }
});
