import { execFile } from "node:child_process";
import { statfsSync } from "node:fs";
import { resolve } from "node:path";
import { promisify } from "node:util";
import ipaddr from "ipaddr.js";
import type { Snapshot } from "../../core/snapshot/snapshot.ts";
import { lackOf, type Room } from "../../platform/room.ts";
import { type Finding, ill, unknown, well } from "./finding.ts";

/** A network of switches is no wider than this. */
const NARROWEST_IPV4 = 16;
const NARROWEST_IPV6 = 64;

const TOLD_WITHIN_MS = 5000;

const LEAST_FREE_BYTES = 1e9;

/** Who may speak FastAGI here: whoever does has power like root's over the switches. */
export function lookAtFastagi({ system }: Snapshot): Finding[] {
  const { listen, allow } = system.fastagi;
  const host = listen.includes(":") ? listen.slice(0, listen.lastIndexOf(":")) : "127.0.0.1";
  if (isLoopback(host)) return [well("fastagi", null, `FastAGI listens on ${listen}, on this machine only`)];
  const wide = allow.filter(isWide);
  const mend = "set fastagi.allow to the addresses of your switches, and close the port to everybody else";
  const found = wide.map((range) =>
    ill("fastagi", null, `FastAGI listens on ${listen} and lets in ${range}`, mend),
  );
  const bare = system.switches.filter(({ addresses }) => addresses.length === 0 || addresses.some(isWide));
  return found.length > 0 || bare.length > 0
    ? [
        ...found,
        ...bare.map(({ server }) =>
          ill(
            "fastagi",
            server,
            "any allowed peer may say it is this switch",
            `give ${server} its own addresses in signalbox.yaml`,
          ),
        ),
      ]
    : [well("fastagi", null, `FastAGI listens on ${listen} and lets in ${allow.join(", ")} only`)];
}

function isLoopback(host: string): boolean {
  const plain = host.replace(/^\[|\]$/g, "");
  return plain === "localhost" || (ipaddr.isValid(plain) && ipaddr.process(plain).range() === "loopback");
}

function isWide(range: string): boolean {
  if (!range.includes("/")) return false;
  const [base, bits] = ipaddr.parseCIDR(range);
  // IPv4 as IPv6 writes it.
  if (base instanceof ipaddr.IPv6 && base.isIPv4MappedAddress() && bits >= 96) {
    return bits - 96 < NARROWEST_IPV4;
  }
  if (base.range() === "loopback") return bits < 8;
  return bits < (base.kind() === "ipv4" ? NARROWEST_IPV4 : NARROWEST_IPV6);
}

/** Whether something keeps this machine's clock: the kernel knows, and `timedatectl` asks it. */
export async function lookAtOwnClock(command = "timedatectl"): Promise<Finding> {
  const mend = "run an NTP client, such as chrony: hours, caller windows and records go by this clock";
  try {
    const args = ["show", "--property=NTPSynchronized", "--value"];
    const { stdout } = await promisify(execFile)(command, args, { timeout: TOLD_WITHIN_MS });
    if (stdout.trim() === "yes") return well("clock", null, "this machine's clock is kept by NTP");
    if (stdout.trim() === "no") return ill("clock", null, "nothing keeps this machine's clock", mend);
  } catch {
    // No systemd, or a container without one.
  }
  return unknown("clock", null, "whether anything keeps this machine's clock cannot be asked here", mend);
}

/** Room for records and, where it is on this machine, for recordings. */
export function lookAtDisk({ system }: Snapshot, variables: string): Finding[] {
  const directories = [resolve(variables), resolve(variables, system.recordingsDirectory)];
  return [...new Set(directories)].map((directory) => {
    try {
      return roomOf(directory, statfsSync(directory));
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
      const [says, mend] =
        code === "ENOENT"
          ? ["is not on this machine", "ask where it is, or start the node once"]
          : [`cannot be looked at (${code})`, "ask as the node's user or a member of the folder's group"];
      return unknown("disk", null, `${directory} ${says}`, mend);
    }
  });
}

export function roomOf(directory: string, room: Room): Finding {
  const { bavail, blocks, bsize, files, ffree } = room;
  const [free, share] = [bavail * bsize, bavail / Math.max(1, blocks)];
  const lack = lackOf(room);
  const mend = "make room: a full disk loses recordings, and records wait in memory";
  if (lack === "files") {
    const says = `room for ${ffree} more files (${Math.round((ffree / files) * 100)} %) is left under ${directory}`;
    return ill("disk", null, says, mend);
  }
  const says = `${(free / 1e9).toFixed(1)} GB (${Math.round(share * 100)} %) are free under ${directory}`;
  if (free >= LEAST_FREE_BYTES && lack === null) return well("disk", null, says);
  return ill("disk", null, says, mend);
}
