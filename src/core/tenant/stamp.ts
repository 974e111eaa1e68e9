import type { TenantId } from "./tenant-id.ts";

export type Direction = "inbound" | "outbound";

/** Our name of one call: `{server}-{uniqueid}` of the channel that first asked. Safe in a file name. */
export type CallId = string & { readonly __brand: "CallId" };

/** What every channel, record and recording of a call carries. Without a tenant nothing is stored. */
export type Stamp = {
  readonly tenant: TenantId;
  readonly call: CallId;
  /** `refused` marks a leg that is being turned away: it is counted on its trunk and on no tenant. */
  readonly direction: Direction | "refused";
  /** E.164, null on an outbound call. */
  readonly did: string | null;
  /** The trunk of the leg the stamp is set on, null for a leg that is on no trunk. */
  readonly trunk: string | null;
};

/** The call that a mark on a channel names. It may have been set by hand: only a name that this server's calls can have is believed. */
export function callMarked(mark: string | null, server: string): CallId | null {
  if (mark === null) return null;
  return /^[A-Za-z0-9_.-]{1,120}$/.test(mark) && mark.startsWith(`${server}-`) ? (mark as CallId) : null;
}

/** A value that may be stored: it says whose it is. */
export type Stamped<T> = T & { readonly stamp: Stamp };

/**
 * The call id is derived, not drawn: a step that is retried, or served by another node, names the same call.
 * Characters outside `A-Za-z0-9_.-` cannot occur in a uniqueid; they are dropped all the same, since the id
 * becomes part of a path.
 */
export function callIdOf(server: string, uniqueid: string): CallId {
  return `${server}-${uniqueid}`.replace(/[^A-Za-z0-9_.-]/g, "") as CallId;
}
