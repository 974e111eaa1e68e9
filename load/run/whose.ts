// Whose each call of a floor is by what the run itself knows: which number was dialled, and from where. Nothing that
// Signalbox says takes part in it.
import { callerOf, NUMBERS, ROLES } from "./floor-configuration.ts";

/** In place of a client, for a call to a number that no client has. */
export const NOBODY = "nobody";

/** The client of a call that comes in to this number; null for one that no caller of a run dials. */
export function ownerOf(number: string): string | null {
  if (number === NUMBERS.nobodys) return NOBODY;
  if (number === NUMBERS.capped) return "bravo";
  return Object.values<string>(NUMBERS).includes(number) ? "apex" : null;
}

/** The client of a call to `number` from this address: a client's phone, or a carrier. */
export function clientOf(number: string, ip: string): string {
  const role = ROLES.find((each) => callerOf(each).ip === ip);
  return role === undefined ? (ownerOf(number) ?? NOBODY) : `c_${role}`;
}

/** The client whose phone a channel is; null for any other channel. */
export function clientOfPhone(channel: string): string | null {
  const role = ROLES.find((each) => channel.startsWith(`PJSIP/${callerOf(each).name}-`));
  return role === undefined ? null : `c_${role}`;
}

/** The only client that may be on this trunk; null for the pool, where anybody may be. */
export function clientOfTrunk(trunk: string): string | null {
  if (trunk === "apex_sip") return "apex";
  return trunk.startsWith("t_") ? `c_${trunk.slice(2)}` : null;
}
