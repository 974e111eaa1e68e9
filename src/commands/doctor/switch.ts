import type { AmiConnection } from "../../ami/connection.ts";
import type { Snapshot, Switch } from "../../core/snapshot/snapshot.ts";
import { messageOf } from "../../platform/errors.ts";
import { type Finding, ill, unknown, well } from "./finding.ts";

/** Named first where an account may do more than it has to: with any of these a stolen secret places calls or runs commands. */
const WORST = ["Originate", "Command", "Redirect", "Setvar", "UpdateConfig", "AGI", "DBPut"];
const MOST_NAMED = 8;

/** Of the rendered `channelvars`. */
const TOLD = ["SB_CALL", "SB_DIRECTION", "SB_TENANT", "SB_MARKS"];

const MOST_SKEW_MS = 2000;
/** Where a carrier's calls enter. */
const ENTRANCE = "signalbox-inbound";

type Look = { readonly ami: AmiConnection; readonly target: Switch };

/** What the account may do besides what the rendered one may. */
export async function lookAtRights({ ami, target }: Look, { system }: Snapshot): Promise<Finding> {
  const { server, username } = target;
  const rights = system.recordingsPause ? ["reporting", "call"] : ["reporting"];
  const { fields } = await ami.action("ListCommands");
  const over = [...fields].filter(([, says]) => !isMeant(says, rights)).map(([action]) => action);
  if (over.length === 0) return well("ami_rights", server, `the account ${username} may only look`);
  const named = [
    ...WORST.filter((action) => over.includes(action)),
    ...over.filter((action) => !WORST.includes(action)),
  ];
  const more = over.length - MOST_NAMED;
  const says = `the account ${username} may also do ${named.slice(0, MOST_NAMED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  const mend = `give it write=${rights.join(",")} and read=call,system, as \`signalbox render\` does`;
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
  const lines = await ami
    .list("ShowDialPlan", { Context: "sb-step" }, "ShowDialPlanComplete")
    .catch(() => null);
  const text = (lines?.events ?? []).map(({ fields }) => fields.get("AppData") ?? "").join("\n");
  const found = /[?&]rev=([0-9a-f]+)/.exec(text)?.[1];
  const include =
    "add the #include line that `signalbox render` prints to extensions.conf, then `dialplan reload`";
  if (found === undefined) return ill("dialplan", server, "the rendered dialplan is not loaded", include);
  if (found === revision)
    return well("dialplan", server, `the dialplan is of revision ${found}, as rendered now`);
  const says = `the dialplan is of revision ${found}, and would be rendered as ${revision ?? "another"}`;
  return ill("dialplan", server, says, "signalbox render, then `dialplan reload`");
}

/** Trunks of the configuration that the switch has not got, and endpoints that enter our contexts and are no trunk. */
export async function lookAtTrunks({ ami, target }: Look, { trunks }: Snapshot): Promise<Finding[]> {
  const { server, technology } = target;
  if (technology === "sip") {
    const says = "chan_sip does not tell where its peers' calls enter";
    return [unknown("trunks", server, says, "compare `sip show peers` with trunks.yaml by eye")];
  }
  const endpoints = await namesOf(ami);
  const wanted = new Set([...trunks.values()].map((trunk) => trunk.endpoint));
  const mend =
    "include pjsip_signalbox.conf and `module reload res_pjsip.so`, or name the endpoint that there is in trunks.yaml";
  const missing: string[] = [];
  for (const name of wanted) if ((await contextOf(ami, name)) === "") missing.push(name);
  const others = endpoints.filter((name) => !wanted.has(name));
  const strays = await straysOf(ami, others);
  return [
    ...missing.map((name) => ill("trunks", server, `the switch has no endpoint ${name}`, mend)),
    ...strays.map((name) =>
      ill(
        "trunks",
        server,
        `calls of endpoint ${name} enter ${ENTRANCE}, but it is no trunk`,
        "add it to trunks.yaml, or send its calls elsewhere: its legs count on nobody",
      ),
    ),
    ...(missing.length + strays.length === 0
      ? [well("trunks", server, `all ${wanted.size} trunks are there, and nothing else enters`)]
      : []),
  ];
}

/**
 * Endpoints by their device states, so those with an AOR: one without has none. PJSIPShowEndpoints would name all, and
 * asks for the right to shut the switch down.
 */
async function namesOf(ami: AmiConnection): Promise<string[]> {
  const { events } = await ami.list("DeviceStateList", {}, "DeviceStateListComplete");
  return events.flatMap(({ fields }) => /^PJSIP\/(.+)$/.exec(fields.get("Device") ?? "")?.[1] ?? []);
}

/** Where calls from an endpoint enter; empty for one that there is not. */
async function contextOf(ami: AmiConnection, name: string): Promise<string> {
  const { fields } = await ami.action("Getvar", { Variable: `PJSIP_ENDPOINT(${name},context)` });
  return fields.get("Value") ?? "";
}

/**
 * Phones go out through us as well, so only who comes in as carriers do is a stray: by our own context, or by one of the
 * operator's that includes it or sends calls there.
 */
async function straysOf(ami: AmiConnection, names: readonly string[]): Promise<string[]> {
  const leads = new Map([[ENTRANCE, true]]);
  const strays: string[] = [];
  for (const name of names) {
    const context = await contextOf(ami, name);
    if (context === "") continue;
    const comesIn = leads.get(context) ?? (await leadsIn(ami, context));
    leads.set(context, comesIn);
    if (comesIn) strays.push(name);
  }
  return strays;
}

async function leadsIn(ami: AmiConnection, context: string): Promise<boolean> {
  const shown = await ami
    .list("ShowDialPlan", { Context: context }, "ShowDialPlanComplete")
    .catch(() => null);
  return (shown?.events ?? []).some(
    ({ fields }) =>
      fields.get("IncludeContext") === ENTRANCE ||
      (fields.get("Application") === "Goto" && fields.get("AppData")?.split(",")[0] === ENTRANCE),
  );
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
