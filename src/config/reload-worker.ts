import { parentPort, workerData } from "node:worker_threads";
import { loadConfiguration } from "./load.ts";
import type { ReloadHead, ReloadOrder } from "./worker-port.ts";

/** Numbers and targets in one message: about a millisecond of the receiving thread. */
const BATCH_WEIGHT = 400;

/** Reads the configuration, tells what came of it, then hands over a few tenants whenever asked. */
function work(port: NonNullable<typeof parentPort>, { directory, sounds, env }: ReloadOrder): void {
  const { snapshot, errors, warnings } = loadConfiguration(directory, { env, purpose: "serve", sounds });
  const tenants = [...(snapshot?.tenants.values() ?? [])];
  let sent = 0;
  port.on("message", () => {
    const first = sent;
    for (let weight = 0; sent < tenants.length && weight < BATCH_WEIGHT; sent++) {
      const tenant = tenants[sent];
      weight += 1 + (tenant?.dids.size ?? 0) + (tenant?.plan.targets.size ?? 0);
    }
    port.postMessage(tenants.slice(first, sent));
  });
  const head =
    snapshot === null
      ? null
      : {
          revision: snapshot.revision,
          system: snapshot.system,
          trunks: snapshot.trunks,
          overflow: snapshot.overflow,
        };
  const first: ReloadHead = { head, errors, warnings };
  port.postMessage(first);
}

if (parentPort !== null) work(parentPort, workerData as ReloadOrder);
