import { type AmiConnection, AmiError, type AmiMessage } from "../../ami/connection.ts";
import type { Snapshot, Switch } from "../../core/snapshot/snapshot.ts";
import { messageOf } from "../../platform/errors.ts";
import { type Finding, ill, unknown, well } from "./finding.ts";

/** Named first where an account may do more than it has to: with any of these a stolen secret places calls or runs commands. */
const WORST = ["Originate", "Command", "Redirect", "Setvar", "UpdateConfig", "AGI", "DBPut"];
const MOST_NAMED = 8;

/** Of the rendered `channelvars`. */
const TOLD = ["SB_CALL", "SB_DIRECTION", "SB_TENANT", "SB_MARKS"];

const MOST_SKEW_MS = 2000;

/** An empty context is told in another way than a forbidden one. */
const NO_CONTEXT = /did not find context|no such context|not found/i;

export type Look = { readonly ami: AmiConnection; readonly target: Switch };

/** Without these no channel is counted down, and nothing here can be looked at. */
const NEEDED = ["CoreShowChannels", "Getvar"];

/** What the account may do besides what the rendered one may, and what of that it may not. */
export async function lookAtRights({ ami, target }: Look, { system }: Snapshot): Promise<Finding> {
  const { server, username } = target;
  const rights = system.recordingsPause ? ["reporting", "call"] : ["reporting"];
  const { fields } = await ami.action("ListCommands");
  const over = [...fields].filter(([, says]) => !isMeant(says, rights)).map(([action]) => action);
  const mend = `give it write=${rights.join(",")} and read=call,system, as \`signalbox render\` does`;
  const under = NEEDED.filter((action) => !fields.has(action));
  if (over.length === 0 && under.length > 0) {
    const says = `the account ${username} may not do ${under.join(", ")}: the switch's channels cannot be listed`;
    return ill("ami_rights", server, says, mend);
  }
  if (over.length === 0) return well("ami_rights", server, `the account ${username} may only look`);
  const named = [
    ...WORST.filter((action) => over.includes(action)),
    ...over.filter((action) => !WORST.includes(action)),
  ];
  const more = over.length - MOST_NAMED;
  const says = `the account ${username} may also do ${named.slice(0, MOST_NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  return ill("ami_rights", server, says, mend);
}

/** An action's line ends with the classes any of which it takes: `(Priv: call,reporting,all)`. */
function isMeant(line: string, rights: readonly string[]): boolean {
  const classes = /\(Priv: ([^)]*)\)$/.exec(line)?.[1];
  if (classes === undefined || classes === "<none>") return true;
  return classes.split(",").some((name) => rights.includes(name));
}

/** Whether Asterisk tells of each channel whose it is: without that no leg is counted or recorded as its client's. */
export async function lookAtChannelVariables({ ami, target }: Look): Promise<Finding> {
  const { server } = target;
  const check = "channel_variables";
  const { events } = await ami.list("CoreShowChannels");
  const [channel] = events;
  if (channel === undefined) {
    const says = "no call is up, which would show whether events carry the stamp";
    return unknown(check, server, says, "look again during a call");
  }
  const lacking = TOLD.filter((name) => !channel.variables.has(name));
  if (lacking.length === 0) return well(check, server, "events carry the stamp");
  return ill(
    check,
    server,
    `events do not carry ${lacking.join(", ")}: another channelvars= line has taken the place of the rendered one`,
    `include manager_signalbox.conf behind it, or have one line with both, then \`manager reload\``,
  );
}

/** Leases, hours and records are told by clocks that should agree. */
export async function lookAtClock({ ami, target }: Look): Promise<Finding> {
  const { server } = target;
  const asked = Date.now();
  const { fields } = await ami.action("Ping");
  const there = Number(fields.get("Timestamp")) * 1000;
  const here = (asked + Date.now()) / 2;
  const mend = "run an NTP client on both machines";
  if (!(there > 0)) return unknown("clock", server, "the switch does not tell its time", mend);
  const skew = Math.round(there - here);
  const says = `the switch's clock is ${Math.abs(skew)} ms ${skew < 0 ? "behind" : "ahead"}`;
  return Math.abs(skew) <= MOST_SKEW_MS ? well("clock", server, says) : ill("clock", server, says, mend);
}

/** Whether the rendered dialplan is there, and whether it is the one that `render` would write now. */
export async function lookAtDialplan({ ami, target }: Look, revision: string | null): Promise<Finding> {
  const { server } = target;
  const lines = await linesOf(ami, "sb-step");
  const text = lines.map(({ fields }) => fields.get("AppData") ?? "").join("\n");
  const found = /[?&]rev=([0-9a-f]+)/.exec(text)?.[1];
  const include =
    "add the #include line that `signalbox render` prints to extensions.conf, then `dialplan reload`";
  if (found === undefined) return ill("dialplan", server, "the rendered dialplan is not loaded", include);
  if (found === revision)
    return well("dialplan", server, `the dialplan is of revision ${found}, as rendered now`);
  const says = `the dialplan is of revision ${found}, and would be rendered as ${revision ?? "another"}`;
  const trunks = target.technology === "sip" ? "sip reload" : "pjsip reload";
  return ill("dialplan", server, says, `signalbox render, then \`dialplan reload\` and \`${trunks}\``);
}

/** What the switch's dialplan has under a context; nothing where it has none of that name. */
export async function linesOf(ami: AmiConnection, context: string): Promise<readonly AmiMessage[]> {
  try {
    const { events } = await ami.list("ShowDialPlan", { Context: context }, "ShowDialPlanComplete");
    return events;
  } catch (error) {
    if (error instanceof AmiError && NO_CONTEXT.test(error.response?.fields.get("Message") ?? "")) return [];
    throw error;
  }
}

/** A check that fails is told as one that could not be made. */
export async function attempt(
  check: string,
  server: string,
  look: () => Promise<Finding | Finding[]>,
): Promise<Finding[]> {
  try {
    return [await look()].flat();
  } catch (error) {
    return [
      unknown(
        check,
        server,
        messageOf(error),
        "give the account write=reporting, as `signalbox render` does",
      ),
    ];
  }
}
