// The manager connection is lost, falls silent, is refused, or says what nobody should believe.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Floor } from "../floor.ts";
import { agree } from "../profile.ts";
import type { Fault } from "./fault.ts";
import { plain } from "./floors.ts";

/** So many answers that no buffer between the two takes them all. */
const FLOOD = "Action: ListCommands\r\nActionID: flood\r\n\r\n".repeat(2000);

const event = (name: string, fields: readonly string[]): string =>
  `${[`Event: ${name}`, "Privilege: call,all", ...fields].join("\r\n")}\r\n\r\n`;

/** Everything that Asterisk says of a channel: the one that lives, under the name of one that does not. */
const nobodys = (uniqueid: string): string[] => [
  "Channel: PJSIP/apex_sip-0000ffff",
  `Uniqueid: ${uniqueid}`,
  "AccountCode: apex",
];

const UNHEARD_OF = ["DestChannel: PJSIP/pool_a-00000001", "DestUniqueid: 1.1", "DestAccountCode: apex"];

/** What a peer could say that reads like the end or the change of calls which are up. */
function hostile(uniqueids: readonly string[]): string {
  const forged = uniqueids.flatMap((uniqueid) => [
    event("Hangup", [`Channel: PJSIP/apex_sip-0000ffff`, `Uniqueid: ${uniqueid}`, "Cause: 16"]),
    event("Hangup", [...nobodys(uniqueid), "Cause: 16"]),
    event("NewAccountCode", [`Uniqueid: ${uniqueid}`, "AccountCode: bravo", "OldAccountCode: apex"]),
    event("DialBegin", [...nobodys(uniqueid), ...UNHEARD_OF]),
  ]);
  return [
    ...forged,
    event("Hangup", ["Uniqueid: 1.1", "Uniqueid: 2.2", "Cause: x\0y"]),
    event("Hangup", ["Channel: \u0000\u0007"]),
    event("DialBegin", []),
    `Response: Success\r\nActionID: 1\r\nMessage: \r\n\r\n`,
    `: nameless\r\nno colon at all\r\n\r\n`,
    event("Newchannel", [`CallerIDName: ${"x".repeat(100_000)}`]),
    `Event: ${"y".repeat(5_000_000)}`,
  ].join("");
}

async function refuseLogin(floor: Floor): Promise<void> {
  const { asterisk } = floor.switch;
  const file = join(asterisk.folder, "etc/asterisk/manager_signalbox.conf");
  const right = readFileSync(file, "utf8");
  const line = floor.line("ami");
  writeFileSync(file, right.replace(/^secret\s*=.*$/m, "secret = another-one"));
  await asterisk.cli("manager reload");
  line.cut();
  line.mend();
  await sleep(5000);
  writeFileSync(file, right);
  await asterisk.cli("manager reload");
}

export const onAmi: readonly Fault[] = [
  {
    name: "ami-cut",
    says: "the manager connection is cut for 3 s",
    floor: plain,
    seconds: 4,
    strike: async (floor) => {
      floor.line("ami").cut();
      await sleep(3000);
      floor.line("ami").mend();
      return [];
    },
  },
  {
    name: "ami-half-open",
    says: "the manager connection carries nothing any more, and nobody is told",
    floor: plain,
    seconds: 8,
    strike: async (floor) => {
      floor.line("ami").silence();
      await sleep(3000);
      floor.line("ami").mend();
      return [];
    },
  },
  {
    name: "ami-stalled-reader",
    says: "nothing is read from the switch for 4 s while it has much to say, so it ends the connection in mid-message",
    floor: plain,
    seconds: 6,
    strike: async (floor) => {
      floor.line("ami").stall();
      floor.line("ami").ask(FLOOD);
      await sleep(4000);
      floor.line("ami").mend();
      return [];
    },
  },
  {
    name: "ami-wrong-secret",
    says: "the switch refuses the login for 5 s",
    floor: plain,
    seconds: 14,
    strike: async (floor) => {
      await refuseLogin(floor);
      return [];
    },
  },
  {
    name: "ami-partial-event",
    says: "the connection ends in the middle of an event",
    floor: plain,
    seconds: 3,
    strike: async (floor) => {
      floor.line("ami").say("Event: Hangup\r\nPrivilege: call,all\r\nChannel: PJSIP/apex_s");
      await sleep(200);
      floor.line("ami").cut();
      await sleep(1000);
      floor.line("ami").mend();
      return [];
    },
  },
  {
    name: "ami-hostile",
    says: "events that end, change and invent calls, without names, with NULs, without end",
    floor: plain,
    seconds: 6,
    strike: async (floor) => {
      const { uniqueids } = await floor.look();
      floor.line("ami").say(hostile(uniqueids));
      await sleep(2000);
      return agree(floor, 10_000);
    },
  },
];
