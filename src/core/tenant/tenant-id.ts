/** A tenant's name as the configuration spells it: lower-case letters, digits, `_` and `-`, at most 20. */
export type TenantId = string & { readonly __brand: "TenantId" };

/** 20 characters is what Asterisk and VICIdial both keep of an account code without cutting it. */
export const TENANT_ID = /^[a-z][a-z0-9_-]{0,19}$/;

/** The tenant named by `text`, or null when no tenant can have that name. */
export function parseTenantId(text: string): TenantId | null {
  return TENANT_ID.test(text) ? (text as TenantId) : null;
}
