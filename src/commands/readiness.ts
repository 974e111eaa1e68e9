import type { StoreHealth } from "../calls/slot-port.ts";
import type { SwitchStatus } from "../calls/switch-port.ts";
import type { Readiness } from "../http/server.ts";

/**
 * Ready means: every switch is seen and the slots can be asked. A node that lacks either still decides calls, by
 * `when_slots_unreachable`, and says here what is missing.
 */
export function readinessOf(switches: readonly SwitchStatus[], slots: StoreHealth): Readiness {
  const checks = Object.fromEntries(
    switches.map(({ server, up, why }) => [`switch ${server}`, up ? "ok" : why] as const),
  );
  const counted = slots.state === "ready";
  return {
    ready: counted && switches.every(({ up }) => up),
    checks: { configuration: "ok", ...checks, slots: counted ? "ok" : `${slots.code}: ${slots.why}` },
  };
}
