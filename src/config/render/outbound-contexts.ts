import type { Snapshot } from "../../core/snapshot/snapshot.ts";
import { emergencyLines } from "./emergency.ts";

/**
 * A name is no number. None that begins with ex is taken: an extension external_replaces would have Asterisk lose the caller
 * of a phone that transfers him to a call which this switch does not have (dialplan/signalbox.conf, sb-outbound).
 */
export const NAMES_REFUSED = [
  "exten => _[A-DF-Za-df-z_][A-Za-z0-9_]!,1,Hangup(28)",
  "exten => _[Ee][A-WYZa-wyz0-9_]!,1,Hangup(28)",
] as const;

/**
 * One context for each client's phones, for operators whose phones carry no account code: it says whose the call is in
 * the address of the step, where a sign that contradicts it gets the call refused. Numbers are checked before they are
 * handed on, as in signalbox-outbound itself.
 */
export function renderOutboundContexts({ tenants, system }: Snapshot): string {
  return [
    "; ---- Where phones call out that carry no account code: one context for each client.",
    ...[...tenants.keys()].flatMap((tenant) => [
      `[signalbox-outbound-${tenant}]`,
      ...system.emergencyNumbers.flatMap((number) => emergencyLines(number, number, tenant)),
      `exten => _[+*#0-9].,1,Set(SB_QUERY=&tenant=${tenant})`,
      " same => n,Set(SB_NUMBER=${FILTER(0-9+*#,${EXTEN})})",
      " same => n,GotoIf($[${LEN(${SB_NUMBER})} != ${LEN(${EXTEN})} | ${LEN(${EXTEN})} > 32]?bad)",
      " same => n,Goto(signalbox-outbound,${SB_NUMBER},1)",
      " same => n(bad),Hangup(28)",
      ...NAMES_REFUSED,
      "",
    ]),
  ].join("\n");
}
