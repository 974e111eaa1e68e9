import type { TargetPath } from "../../core/routing/plan.ts";
import type { TargetSpec } from "../../core/routing/targets/index.ts";
import type { FullTreatment, Limits } from "../../core/snapshot/snapshot.ts";
import type { RawLimits, RawWhenFull } from "../schema/limits.ts";
import { addTarget } from "./targets.ts";

/** 486 for somebody who calls us, 503 for a dialler; 34 never, since VICIdial takes it for a dead trunk. */
const CAUSES = { busy: 17, congestion: 42 } as const;

export function compileLimits(raw: RawLimits, targets: Map<TargetPath, TargetSpec>): Limits {
  return {
    mode: raw.mode ?? "enforce",
    channels: raw.channels ?? null,
    inbound: raw.inbound ?? null,
    outbound: raw.outbound ?? null,
    reserved: raw.reserved ?? 0,
    callsPerSecond: raw.calls_per_second ?? null,
    longestCallMinutes: raw.longest_call_minutes ?? null,
    whenFull: {
      inbound: treatment(raw.when_full?.inbound ?? "busy", "inbound", targets),
      outbound: treatment(raw.when_full?.outbound ?? "congestion", "outbound", targets),
    },
  };
}

function treatment(
  raw: RawWhenFull,
  direction: "inbound" | "outbound",
  targets: Map<TargetPath, TargetSpec>,
): FullTreatment {
  if (typeof raw === "string") return { kind: "hangup", cause: CAUSES[raw], announce: null };
  if ("route" in raw) {
    return { kind: "target", target: addTarget(targets, `limits.when_full.${direction}`, raw) };
  }
  return { kind: "hangup", cause: CAUSES[raw.then], announce: raw.announce };
}
