// The channels of a floor's switch, and whether the stamps on them say what the run knows of their calls.
import type { AmiConnection } from "../../src/ami/connection.ts";
import { clientOfPhone, NOBODY, ownerOf } from "./whose.ts";

export type Channel = {
  readonly uniqueid: string;
  /** Of the channel that its call began with. */
  readonly linkedid: string;
  readonly channel: string;
  /** "" for one that is on none of the floor's trunks. */
  readonly trunk: string;
  /** What was dialled by who came in on it. */
  readonly dialled: string;
  readonly isUp: boolean;
  readonly account: string;
  /** What it carries of the stamp, by the names of the variables. */
  readonly marks: ReadonlyMap<string, string>;
};

/** The floor's switch, as call ids begin with it. */
const SERVER = "ast1";

export async function listChannels(
  manager: AmiConnection,
  trunks: ReadonlySet<string>,
): Promise<readonly Channel[]> {
  const { events } = await manager.list("Status", { Variables: "SB_DID" });
  const channels = new Map<string, Channel>();
  for (const { fields, variables } of events) {
    const of = (name: string) => fields.get(name) ?? "";
    const trunk = /^PJSIP\/(.+)-[0-9a-f]+$/.exec(of("Channel"))?.[1] ?? "";
    const [, did = ""] = of("Variable").split("=");
    // 22 may list a channel twice.
    channels.set(of("Uniqueid"), {
      ...{ uniqueid: of("Uniqueid"), linkedid: of("Linkedid"), channel: of("Channel"), dialled: of("DNID") },
      ...{ account: of("AccountCode"), isUp: of("ChannelStateDesc") === "Up" },
      trunk: trunks.has(trunk) ? trunk : "",
      marks: new Map([...variables, ["SB_DID", did]]),
    });
  }
  return [...channels.values()];
}

/**
 * What the stamps say wrongly of trunk legs that are up: one that is not may still wait for its decision. Clients in
 * `doubted` are not looked at.
 */
export function wrongStamps(channels: readonly Channel[], doubted: ReadonlySet<string>): readonly string[] {
  const byUniqueid = new Map(channels.map((channel) => [channel.uniqueid, channel]));
  return channels.flatMap((leg) => {
    const first = byUniqueid.get(leg.linkedid);
    if (leg.trunk === "" || !leg.isUp || first === undefined) return [];
    const client = first.trunk === "" ? clientOfPhone(first.channel) : ownerOf(first.dialled);
    if (client === null || doubted.has(client)) return [];
    if (client === NOBODY) return [`${leg.channel} is up, and nobody's`];
    const came = leg === first;
    const right: readonly (readonly [string, string])[] = [
      ["SB_TENANT", client],
      ["SB_CALL", `${SERVER}-${leg.linkedid}`],
      ["SB_DIRECTION", came ? "inbound" : "outbound"],
      ...(came ? [["SB_DID", leg.dialled] as const] : []),
    ];
    const wrong = right.flatMap(([name, value]) => {
      const has = leg.marks.get(name) ?? "";
      return has === value ? [] : [`${name} is "${has}" and not ${value}`];
    });
    if (leg.account !== client) wrong.push(`its account code is "${leg.account}" and not ${client}`);
    return wrong.map((text) => `${leg.channel}: ${text}`);
  });
}
