// A copy of a configuration that listens where nothing else does, so that the demo runs beside an Asterisk that is
// already there. What is free stays as it is.
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { freePort, type PortKind, portIsFree } from "./ports.ts";

export type OwnPorts = { readonly config: string; readonly sip: string };

/** Where this machine's loopback is looked through for a free port. */
const FROM = 15_000;
const TO = 15_999;

/** Copies `from` to `to`, with the addresses of FastAGI, HTTP and the manager moved off ports that are taken. */
export async function ownPorts(from: string, to: string): Promise<OwnPorts> {
  cpSync(from, to, { recursive: true });
  symlinkSync(join(dirname(from), "sounds"), join(dirname(to), "sounds"));
  const file = join(to, "signalbox.yaml");
  let text = readFileSync(file, "utf8");
  const taken = new Set<number>();
  for (const [, address = ""] of text.matchAll(/"(127\.0\.0\.1:[0-9]+)"/g)) {
    const moved = await freeAddress(address, "tcp", taken);
    text = text.replaceAll(`"${address}"`, `"${moved}"`);
  }
  writeFileSync(file, text);
  return { config: to, sip: await freeAddress("127.0.0.1:5060", "udp", taken) };
}

async function freeAddress(address: string, kind: PortKind, taken: Set<number>): Promise<string> {
  const [host = "", port = ""] = address.split(":");
  if (await portIsFree(host, Number(port), kind)) return address;
  let from = FROM;
  for (;;) {
    const free = await freePort(from, TO, [kind], host);
    if (!taken.has(free)) {
      taken.add(free);
      return `${host}:${free}`;
    }
    from = free + 1;
  }
}
