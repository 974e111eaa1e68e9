/**
 * Every reason for which a call is not let through, once: what the carrier is told (a Q.850 cause), and what a
 * person reads. Metrics use the reason itself as label.
 *
 * 34 never appears: chan_pjsip turns it into 503 as it does 42, but VICIdial reads it as a dead trunk and marks
 * the lead.
 */
export const refusals = {
  unknown_did: { cause: 1, text: "no client owns this number" },
  unknown_tenant: { cause: 21, text: "nothing says whose call this is" },
  tenant_conflict: { cause: 21, text: "the signs of whose call this is contradict one another" },
  tenant_suspended: { cause: 21, text: "this client is suspended" },
  bad_number: { cause: 28, text: "this is not a telephone number" },
  caller_blocked: { cause: 21, text: "this caller is on the client's block list" },
  tenant_full: { cause: 17, text: "the client has all its channels in use" },
  inbound_full: { cause: 17, text: "the client has all its inbound channels in use" },
  outbound_full: { cause: 42, text: "the client has all its outbound channels in use" },
  pool_full: { cause: 42, text: "what is left of the shared pool is reserved for others" },
  no_trunk: { cause: 42, text: "no trunk has room or health" },
  too_fast: { cause: 42, text: "calls arrive faster than the client's rate" },
  do_not_call: { cause: 21, text: "this number must not be called" },
  outside_calling_window: { cause: 21, text: "it is too early or too late to call this number" },
  destination_not_allowed: { cause: 21, text: "the client does not call this destination" },
  spend_limit: { cause: 21, text: "the client's spending limit for today is reached" },
  caller_id_not_owned: { cause: 21, text: "the caller ID is not one of the client's numbers" },
  slots_unreachable: { cause: 42, text: "the count of channels cannot be reached" },
  too_many_steps: { cause: 25, text: "the call went through more steps than any sane menu has" },
} as const satisfies Readonly<Record<string, { readonly cause: number; readonly text: string }>>;

export type RefusalReason = keyof typeof refusals;

/** Why a call is not let through; a value, never an exception. */
export type Refusal = { readonly reason: RefusalReason; readonly says: string };
