import type { SwitchStatus } from "../calls/switch-port.ts";
import type { Readiness } from "../http/server.ts";

/** Ready means: every switch is seen. A node that sees none still decides calls, and says that it is not ready. */
export function readinessOf(switches: readonly SwitchStatus[]): Readiness {
  const checks = Object.fromEntries(
    switches.map(({ server, up, why }) => [`switch ${server}`, up ? "ok" : why] as const),
  );
  return { ready: switches.every(({ up }) => up), checks: { configuration: "ok", ...checks } };
}
