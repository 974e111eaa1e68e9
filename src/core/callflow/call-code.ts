import type { Offer } from "./call-event.ts";

/**
 * What VICIdial writes into the name of the caller ID of each call that it places, so that it knows the call again:
 * a letter, nine digits and the lead's ten digits, or `DC`, six digits and the lead between two `W` for a third party
 * that an agent calls in.
 */
export type CallCode = {
  /** As it stands in VICIdial's tables: at most 20 characters. */
  readonly code: string;
  /** Nobody waits for an automatic call; behind every other one an agent sits and looks at a screen. */
  readonly automatic: boolean;
  readonly lead: number;
};

const CODE = /^([VMYJ])[0-9]{9}([0-9]{10})$/;
const THREE_WAY = /^DC[0-9]{6}W([0-9]{10})W$/;

/** The code at the beginning of a caller's name, which may be anybody's text; null when it is none. */
export function readCallCode(callerName: string): CallCode | null {
  // Names of manual calls may go on behind a space.
  const [code = ""] = callerName.slice(0, 80).split(" ", 1);
  const [, letter, lead] = CODE.exec(code) ?? [];
  if (lead !== undefined) return { code, automatic: letter === "V", lead: Number(lead) };
  const [, shared] = THREE_WAY.exec(code) ?? [];
  return shared === undefined ? null : { code, automatic: false, lead: Number(shared) };
}

/**
 * The call code of an outbound call, where it is to be believed: VICIdial places its calls on Local channels. A phone
 * and a caller from outside choose their own names.
 */
export function callCodeOf({ channel, callerName }: Offer): CallCode | null {
  return channel.startsWith("Local/") ? readCallCode(callerName) : null;
}
