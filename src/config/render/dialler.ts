import type { Snapshot, Vicidial } from "../../core/snapshot/snapshot.ts";
import { IS_MACHINE, nameLines } from "./machine-calls.ts";
import { NAMES_REFUSED } from "./outbound-contexts.ts";

/** Contexts of the machine that a dialler's call may be in when it ends. */
const PASSED_THROUGH = ["sb-next", "sb-step", "sb-do", "sb-over", "sb-lost"] as const;

/**
 * What a call of VICIdial's dialler or agents meets on its way through the machine: VICIdial's own record of the call
 * (call_log) is begun when the call is really dialled, and for agents' calls also when it is refused, so that they see
 * it; an automatic call that is refused leaves no record, and its lead is not touched. How the call ended is told by
 * VICIdial's own `h`, in the context `default`, wherever that happens.
 */
export function renderDialler({ system }: Snapshot): string {
  if (system.vicidial === null) return "";
  return [
    "; ---- Entry: calls of VICIdial, from the dialplan entry of its carriers. No machine calls an emergency number.",
    "[signalbox-dialler]",
    "include => sb-ended",
    "exten => _[+*#0-9]!,1,Set(SB_DO=-dialler)",
    " same => n,Set(SB_WITH=To)",
    " same => n,Set(SB_MACHINE=)",
    ...nameLines(" same => n,"),
    ` same => n,ExecIf($[${IS_MACHINE}]?Set(SB_MACHINE=yes))`,
    ' same => n,GotoIf($["${SB_MACHINE}" = "yes"]?sb-outbound,${EXTEN},1)',
    " same => n,Goto(signalbox-outbound,${EXTEN},1)",
    ...NAMES_REFUSED,
    "",
    ...performing(),
    ...callLog(system.vicidial),
    "[sb-ended]",
    'exten => h,1,GotoIf($["${SB_DO}" != "-dialler"]?done)',
    " same => n,Set(AGIEXITONHANGUP=no)",
    " same => n,Goto(default,h,1)",
    " same => n(done),NoOp()",
    "",
    ...PASSED_THROUGH.flatMap((context) => [`[${context}](+)`, "include => sb-ended", ""]),
  ].join("\n");
}

/** VICIdial's AGI finishes its work also when the call has ended, as it does in its own carriers. */
const LOG = [
  " same => n,Set(AGIEXITONHANGUP=no)",
  " same => n,Gosub(sb-call-log,${SB_NUMBER},1)",
  " same => n,Set(AGIEXITONHANGUP=yes)",
] as const;

/**
 * Causes of a carrier that fails. VICIdial reads each of them, with CONGESTION or with CHANUNAVAIL, as a number that is
 * out of service: 18 is what a carrier comes to that says nothing or 408, 102 is its 504.
 */
const CARRIERS_OWN = ["18", "34", "38", "102"] as const;
const IS_CARRIERS_OWN = CARRIERS_OWN.map((cause) => `"\${SB_CAUSE}" = "${cause}"`).join(" | ");

/**
 * CAMPDTO, the campaign's own ringing time, is there once call_log has run. A cause of the carrier's own would mark the
 * lead as a number out of service, and so would a status that VICIdial knows. Its `h` asks what the carrier said in SIP,
 * which is told of one attempt alone: of several, that of the last.
 */
function performing(): string[] {
  return [
    "[sb-do-dialler]",
    "include => sb-ended",
    'exten => dial,1,GotoIf($["${SB_LOGGED}" != ""]?again)',
    ...LOG,
    " same => n,Goto(ring)",
    " same => n(again),HangupCauseClear()",
    " same => n(ring),Set(SB_CAMPAIGN_SECONDS=0${FILTER(0-9,${CAMPDTO})})",
    " same => n,ExecIf($[${SB_CAMPAIGN_SECONDS} > 0 & ${SB_CAMPAIGN_SECONDS} < ${SB_RING_SECONDS}]?Set(SB_RING_SECONDS=${SB_CAMPAIGN_SECONDS}))",
    " same => n,Goto(sb-do,dial,1)",
    'exten => hangup,1,GotoIf($["${SB_LOGGED}" != ""]?tried)',
    ' same => n,GotoIf($["${SB_MACHINE}" = "yes"]?silent)',
    ...LOG,
    " same => n,Set(DIALSTATUS=CONGESTION)",
    " same => n,Hangup(42)",
    " same => n(silent),Set(DIALSTATUS=SB_REFUSED)",
    " same => n,Hangup(42)",
    ` same => n(tried),Hangup(\${IF($[${IS_CARRIERS_OWN}]?42:\${SB_CAUSE})})`,
    "exten => i,1,Goto(sb-do,${INVALID_EXTEN},1)",
    "exten => T,1,Goto(sb-over,s,1)",
    "",
  ];
}

/** VICIdial reads the number from the extension, and its AGI has to be the first line of it as in its own carriers. */
function callLog({ fastagi }: Vicidial): string[] {
  return [
    "[sb-call-log]",
    "include => sb-ended",
    `exten => _[+*#0-9]!,1,AGI(agi://${fastagi}/call_log)`,
    " same => n,Set(SB_LOGGED=yes)",
    " same => n,Return()",
    "",
  ];
}
