import type { Logger } from "pino";
import type { OverrideAnswer, OverrideRequest, PinAnswer, PinTry } from "../core/callflow/commands.ts";
import { messageOf } from "../platform/errors.ts";
import type { StandingOrders } from "./standing-port.ts";

/** Counts a PIN and writes down who had a wrong one. The PIN itself never comes here. */
export async function countPin(tried: PinTry, standing: StandingOrders, log: Logger): Promise<PinAnswer> {
  const { call, tenant, right, by } = tried;
  const { locked, until, wrong } = await standing.pinTried(tenant, right);
  const who = { call, tenant, who: by };
  if (!right) log.warn({ event: "hours.pin_wrong", ...who, wrong });
  if (locked) {
    const end = until === null ? null : new Date(until).toISOString();
    log.warn(
      { event: "hours.code_locked", ...who, until: end },
      "the hours code is locked: too many wrong PINs",
    );
  }
  return { locked };
}

/** Opens or closes hours for staff, and writes down who did. */
export async function keepOverride(
  request: OverrideRequest,
  standing: StandingOrders,
  log: Logger,
): Promise<OverrideAnswer> {
  const { call, tenant, hours, override, by } = request;
  try {
    await standing.setOverride({ tenant, hours, override, by });
  } catch (error) {
    log.error({ event: "hours.override_not_set", call, tenant, hours, by }, messageOf(error));
    return { kept: false };
  }
  log.info({ event: "hours.override_set", call, tenant, hours, state: override?.state ?? "by_hours", by });
  return { kept: true };
}
