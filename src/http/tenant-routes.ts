import type { Logger } from "pino";
import type { StandingOrders } from "../calls/standing-port.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import type { TenantId } from "../core/tenant/tenant-id.ts";
import { messageOf, SignalboxError } from "../platform/errors.ts";
import type { ControlRequest, ControlRoute } from "./control.ts";
import { readOrder } from "./order.ts";

/** `POST /tenants/NAME/suspend` and `/resume` with `{"by": "…", "why": "…"}`. */
export type TenantAnswer = {
  readonly tenant: string;
  readonly suspended: boolean;
  /** False when it was so before. */
  readonly changed: boolean;
  /** Why the other nodes may not know of it yet; null once they do. */
  readonly untold: string | null;
};

const ORDER = { by: { least: 1, most: 100 }, why: { least: 1, most: 500, trimmed: true } };

/** Suspends and resumes clients: every node refuses a suspended client's new calls; calls that are on go on. */
export function tenantRoutes(options: {
  readonly standing: StandingOrders;
  readonly snapshot: () => Snapshot;
  readonly log: Logger;
}): readonly ControlRoute[] {
  const { standing, snapshot, log } = options;
  const suspended = (tenant: TenantId): boolean => standing.current().suspended.has(tenant);

  const suspend = async (request: ControlRequest): Promise<TenantAnswer> => {
    const tenant = tenantOf(request);
    const { by, why } = orderOf(request);
    if (!snapshot().tenants.has(tenant)) {
      const known = [...snapshot().tenants.keys()].join(", ");
      throw new SignalboxError("unknown_tenant", `there is no tenant ${tenant}; configured are ${known}`);
    }
    const changed = !suspended(tenant);
    await kept(standing.suspend(tenant, { by, why }));
    log.warn({ event: "tenant.suspended", tenant, by, why });
    return { tenant, suspended: true, changed, untold: standing.untold() };
  };

  /** One that is not configured any more can be resumed too. */
  const resume = async (request: ControlRequest): Promise<TenantAnswer> => {
    const tenant = tenantOf(request);
    const { by, why } = orderOf(request);
    const changed = await kept(standing.resume(tenant, { by, why }));
    if (changed) log.warn({ event: "tenant.resumed", tenant, by, why });
    return { tenant, suspended: false, changed, untold: standing.untold() };
  };

  return [
    { method: "POST", path: "/tenants/:tenant/suspend", handler: suspend },
    { method: "POST", path: "/tenants/:tenant/resume", handler: resume },
  ];
}

function tenantOf({ params }: ControlRequest): TenantId {
  return (params.tenant ?? "") as TenantId;
}

function orderOf({ body }: ControlRequest): { readonly by: string; readonly why: string } {
  const read = readOrder(body, ORDER);
  if (read !== null) return read;
  throw new SignalboxError("bad_order", "an order says by whom it is and why, in up to 500 letters");
}

/** An order that could not be kept is told to who gave it, with what to do. */
async function kept<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw new SignalboxError("standing_not_kept", messageOf(error), error);
  }
}
