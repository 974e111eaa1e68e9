import { networkInterfaces } from "node:os";
import type { Snapshot, Switch } from "../core/snapshot/snapshot.ts";

/** Switches on this machine, by where their manager interface listens: their recordings are on its disk. */
export function switchesBeside({ system }: Snapshot): readonly string[] {
  const own = new Set(
    Object.values(networkInterfaces()).flatMap((addresses) =>
      (addresses ?? []).map(({ address }) => address),
    ),
  );
  return system.switches.filter((target) => isBeside(target, own)).map(({ server }) => server);
}

function isBeside({ ami }: Switch, own: ReadonlySet<string>): boolean {
  const host = ami.replace(/:[0-9]+$/, "").replace(/^\[|\]$/g, "");
  return host === "localhost" || host.startsWith("127.") || own.has(host);
}
