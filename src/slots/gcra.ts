/**
 * Calls a second as a generic cell rate algorithm: one number per scope, the theoretical arrival time (TAT). Up to one
 * second's worth of calls may come at once, at least one call.
 *
 * A TAT further ahead than a full burst can only come from a clock that was set back; it is cut to that burst, so the
 * worst a clock step does is one burst too many or one second of refusals. lua/prelude.lua has the same rule.
 *
 * @returns the TAT to keep once the call is admitted, or null when it comes too fast
 */
export function arrivalAfter(tat: number, nowMs: number, callsPerSecond: number): number | null {
  const intervalMs = 1000 / callsPerSecond;
  const burstMs = Math.max(1000, intervalMs);
  const next = Math.min(Math.max(tat, nowMs), nowMs + burstMs) + intervalMs;
  // Epoch milliseconds leave a double four decimals; without slack the last call of a burst would fall to rounding.
  return next - nowMs > burstMs + intervalMs / 100 ? null : next;
}
