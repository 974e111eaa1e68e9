import { planEmergency } from "../../core/callflow/emergency.ts";
import type { Snapshot, Switch, Tenant } from "../../core/snapshot/snapshot.ts";
import { emergencyDialString } from "../../core/trunk/dial-string.ts";
import type { Trunk } from "../../core/trunk/trunk.ts";
import { IS_MACHINE, nameLines } from "./machine-calls.ts";

/** An emergency service is given this long to answer before the next trunk is tried. */
const RING_SECONDS = 60;

/** Whoever has to send help sees the number, also of a caller who withholds it from everybody else. */
const SHOWN = " same => n,Set(CALLERID(pres)=allowed)";

/**
 * Emergency numbers, static: they never meet a step, a cap or a rule, and work with Signalbox dead. The client is
 * taken from the channel's account code, which is the phone's own and knows where it stands; where that is no client's,
 * from the prefix or the context of its phones (SB_WHO). A call of nobody still goes out. A machine's does not.
 */
export function renderEmergency(snapshot: Snapshot, target: Switch): string {
  const { emergencyNumbers } = snapshot.system;
  const tenants = [...snapshot.tenants.values()];
  return [
    "; ---- Emergency numbers, also behind each client's prefix.",
    "[sb-emergency-numbers]",
    ...emergencyNumbers.flatMap((number) => [
      ...emergencyLines(number, number, ""),
      ...tenants.flatMap((tenant) =>
        tenant.outboundPrefixes.flatMap((prefix) => emergencyLines(prefix + number, number, tenant.id)),
      ),
    ]),
    "",
    "[sb-emergency]",
    "exten => _X!,1,Set(CHANNEL(hangup_handler_push)=sb-ended,s,1)",
    " same => n,Set(SB_NUMBER=${EXTEN})",
    ...nameLines(" same => n,"),
    ` same => n,GotoIf($[${IS_MACHINE}]?:person)`,
    " same => n,Log(WARNING,Signalbox refuses an automatic call to the emergency number ${EXTEN})",
    " same => n,Hangup(42)",
    " same => n(person),Set(SB_CODE=${FILTER(-A-Za-z0-9_,${CHANNEL(accountcode)})})",
    " same => n,ExecIf($[${LEN(${SB_CODE})} = ${LEN(${CHANNEL(accountcode)})} & ${DIALPLAN_EXISTS(sb-emergency-of-${SB_CODE},${EXTEN},1)}]?Set(SB_WHO=${SB_CODE}))",
    ` same => n,GotoIf(\${DIALPLAN_EXISTS(sb-emergency-of-\${SB_WHO},\${EXTEN},1)}?sb-emergency-of-\${SB_WHO},\${EXTEN},1)`,
    " same => n,Goto(sb-emergency-unowned,${EXTEN},1)",
    "",
    ...tenants.flatMap((tenant) => tenantLines(tenant, snapshot, target)),
    "[sb-emergency-unowned]",
    `exten => _X!,1,Set(__SB_CALL=${target.server}-\${UNIQUEID})`,
    " same => n,Set(__SB_DIRECTION=outbound)",
    SHOWN,
    ...attemptLines(planEmergency(null, snapshot).trunks, target),
    "",
  ].join("\n");
}

/**
 * What is dialled, the number meant by it, and the tenant that this says it is; "" for none. Phones may append
 * parameters to a number (`911;phone-context=…`).
 */
export function emergencyLines(dialled: string, number: string, tenant: string): string[] {
  return [dialled, `_${dialled}\\;.`].flatMap((extension) => [
    `exten => ${extension},1,Set(SB_WHO=${tenant})`,
    ` same => n,Goto(sb-emergency,${number},1)`,
  ]);
}

function tenantLines(tenant: Tenant, snapshot: Snapshot, target: Switch): string[] {
  const { trunks, callerId } = planEmergency(tenant, snapshot);
  const aliases = tenant.accountcodes.filter((code) => code !== tenant.id);
  return [
    `[sb-emergency-of-${tenant.id}]`,
    `exten => _X!,1,Set(CHANNEL(peeraccount)=${tenant.id})`,
    ` same => n,Set(__SB_TENANT=${tenant.id})`,
    ` same => n,Set(__SB_CALL=${target.server}-\${UNIQUEID})`,
    " same => n,Set(__SB_DIRECTION=outbound)",
    SHOWN,
    ...(callerId === null ? [] : [` same => n,Set(CALLERID(num)=${callerId})`]),
    ...attemptLines(trunks, target, tenant.id),
    "",
    ...aliases.flatMap((code) => [
      `[sb-emergency-of-${code}]`,
      `exten => _X!,1,Goto(sb-emergency-of-${tenant.id},\${EXTEN},1)`,
      "",
    ]),
  ];
}

/**
 * Each trunk in turn until one answers or the caller gives up; peeraccount is used up by each Dial. A carrier that says
 * nothing is given up for the next one, where the switch can (Dial's second timeout, from 18.18 on). A cause 34 is told as
 * 42, since a dialler takes it for a dead trunk of its own.
 */
function attemptLines(trunks: readonly Trunk[], target: Switch, tenant?: string): string[] {
  return [
    ...trunks.flatMap((trunk, index) => [
      ...(tenant === undefined ? [] : [` same => n,Set(CHANNEL(peeraccount)=${tenant})`]),
      ` same => n,Dial(${emergencyDialString("${EXTEN}", trunk, target.technology)},${timeouts(trunk, index === trunks.length - 1)},ib(sb-leg^s^1(${trunk.name}^)))`,
      ' same => n,GotoIf($["${DIALSTATUS}" = "ANSWER" | "${DIALSTATUS}" = "CANCEL"]?over)',
    ]),
    " same => n(over),Set(SB_CAUSE=${HANGUPCAUSE})",
    ' same => n,ExecIf($["${SB_CAUSE}" = "" | "${SB_CAUSE}" = "0" | "${SB_CAUSE}" = "34"]?Set(SB_CAUSE=42))',
    " same => n,Hangup(${SB_CAUSE})",
  ];
}

function timeouts({ silentSeconds }: Trunk, last: boolean): string {
  return last || silentSeconds === 0 ? String(RING_SECONDS) : `${RING_SECONDS}^${silentSeconds}`;
}
