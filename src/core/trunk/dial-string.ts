import type { E164 } from "../number/e164.ts";
import { nationalForm } from "../number/national-form.ts";
import type { Trunk } from "./trunk.ts";

/** The number as this carrier wants it: `send_as`, then `strip`, then `prefix`. */
export function numberForTrunk(number: E164, trunk: Trunk): string {
  const formatted = format(number, trunk);
  // A number that lost its first digits is not international any more, so the plus goes with them.
  const stripped = trunk.strip === 0 ? formatted : formatted.replace(/^\+/, "").slice(trunk.strip);
  return `${trunk.prefix}${stripped}`;
}

/** One channel string as Dial() takes it: one leg, on this trunk, to this number. */
export function dialString(number: E164, trunk: Trunk, technology: Technology): string {
  return channelString(numberForTrunk(number, trunk), trunk, technology);
}

/** The same for an emergency number, or whatever stands for it: no carrier is told it in another form. */
export function emergencyDialString(number: string, trunk: Trunk, technology: Technology): string {
  return channelString(`${trunk.emergencyPrefix}${number}`, trunk, technology);
}

type Technology = "pjsip" | "sip";

function channelString(sent: string, { endpoint }: Trunk, technology: Technology): string {
  return technology === "pjsip" ? `PJSIP/${sent}@${endpoint}` : `SIP/${endpoint}/${sent}`;
}

function format(number: E164, { sendAs, country }: Trunk): string {
  if (sendAs === "e164") return number;
  return sendAs === "international" ? number.slice(1) : nationalForm(number, country);
}
