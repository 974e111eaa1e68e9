import type { TenantAnswer } from "../http/tenant-routes.ts";
import { userName } from "../platform/user.ts";
import { askNode } from "./control-client.ts";
import type { Common, Io } from "./io.ts";

export type TenantOptions = Common & { readonly tenant: string; readonly why: string };

/** Has every node refuse the client's new calls; calls that are on go on. */
export async function suspendTenant(options: TenantOptions, io: Io): Promise<number> {
  const { tenant, changed } = await order("suspend", options);
  io.out(
    `${tenant} ${changed ? "is suspended: its new calls are refused" : "was suspended before; the reason is noted"}\n`,
  );
  return 0;
}

export async function resumeTenant(options: TenantOptions, io: Io): Promise<number> {
  const { tenant, changed } = await order("resume", options);
  io.out(`${tenant} ${changed ? "is resumed: its calls are let through" : "was not suspended"}\n`);
  return 0;
}

async function order(what: "suspend" | "resume", options: TenantOptions): Promise<TenantAnswer> {
  const { tenant, why, variables } = options;
  const path = `/tenants/${encodeURIComponent(tenant)}/${what}`;
  const body = { by: userName(), why };
  return (await askNode(variables, { method: "POST", path, body })) as TenantAnswer;
}
