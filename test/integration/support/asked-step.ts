// A step asked of a node over FastAGI, as Asterisk asks it, without Asterisk.
import { openPeer } from "../../wire/agi-peer.ts";

export type AskedStep = {
  readonly step: "inbound" | "outbound" | "next";
  readonly query?: string;
  readonly channel: string;
  readonly uniqueid: string;
  readonly extension?: string;
  readonly args?: readonly string[];
};

/** One step as Asterisk asks for it; the variables of the answer. */
export async function ask(port: number, request: AskedStep): Promise<ReadonlyMap<string, string>> {
  const { step, query = "", channel, uniqueid, extension = "s", args = [] } = request;
  const peer = await openPeer(port);
  const script = `${step}?server=ast1${query}`;
  const lines = [
    "agi_network: yes",
    `agi_network_script: ${script}`,
    `agi_request: agi://127.0.0.1/${script}`,
    `agi_channel: ${channel}`,
    `agi_uniqueid: ${uniqueid}`,
    "agi_callerid: 12125550199",
    `agi_extension: ${extension}`,
    ...args.map((value, index) => `agi_arg_${index + 1}: ${value}`),
  ];
  peer.send(`${lines.join("\n")}\n\n`);
  const command = await peer.line();
  peer.send("200 result=0\n");
  await peer.closed();
  return new Map(
    [...command.matchAll(/[",]([A-Za-z_()]+)=([^,"]*)/g)].map(([, name = "", value = ""]) => [name, value]),
  );
}
