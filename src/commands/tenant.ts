import type { TenantAnswer } from "../http/tenant-routes.ts";
import { userName } from "../platform/user.ts";
import { askNode } from "./control-client.ts";
import type { Common, Io } from "./io.ts";

export type TenantOptions = Common & { readonly tenant: string; readonly why: string };

/** Has every node refuse the client's new calls; calls that are on go on. 1 while other nodes may not know of it. */
export async function suspendTenant(options: TenantOptions, io: Io): Promise<number> {
  const { tenant, changed, untold } = await order("suspend", options);
  io.out(
    `${tenant} ${changed ? "is suspended: its new calls are refused" : "was suspended before; the reason is noted"}\n`,
  );
  return everywhere(untold, io);
}

export async function resumeTenant(options: TenantOptions, io: Io): Promise<number> {
  const { tenant, changed, untold } = await order("resume", options);
  io.out(`${tenant} ${changed ? "is resumed: its calls are let through" : "was not suspended"}\n`);
  return everywhere(untold, io);
}

function everywhere(untold: TenantAnswer["untold"], io: Io): number {
  if (untold === null) return 0;
  const remedy = "they hear of it once it can; until then give the same order on each of them";
  io.err(`signalbox: on this node alone so far: ${untold}, and the other nodes do not know; ${remedy}\n`);
  return 1;
}

async function order(what: "suspend" | "resume", options: TenantOptions): Promise<TenantAnswer> {
  const { tenant, why, variables } = options;
  const path = `/tenants/${encodeURIComponent(tenant)}/${what}`;
  const body = { by: userName(), why };
  return (await askNode(variables, { method: "POST", path, body })) as TenantAnswer;
}
