/**
 * The static way of every DID, for when no decision comes: found by any spelling a carrier may send, stamped, and
 * without a word from Signalbox. Sharded by the last three digits, because Asterisk takes minutes to load a context
 * with 100,000 extensions and a moment to load a thousand with a hundred each.
 */
import { getCountryCallingCode } from "libphonenumber-js/min";
import { soundFile } from "../../core/callflow/visit.ts";
import type { TargetPath } from "../../core/routing/plan.ts";
import { routePath } from "../../core/routing/plan.ts";
import type { DialSpec } from "../../core/routing/targets/dial.ts";
import type { TargetSpec } from "../../core/routing/targets/index.ts";
import type { Snapshot, Switch, Tenant } from "../../core/snapshot/snapshot.ts";
import { nationalPrefixes } from "./spellings.ts";

export function renderFallbacks(snapshot: Snapshot, target: Switch): string {
  const { ways, shards } = onAnySwitch(snapshot);
  const open = snapshot.system.vicidial?.failOpen === true;
  return [
    "; ---- Where a call goes when no decision comes.",
    ...entryLines(snapshot),
    "",
    ...[...ways].map(([context, way]) => `${wayLines(context, way, target, open).join("\n")}\n`),
    shards,
  ].join("\n");
}

/** Where a static way leads, whose it is, and in which language; null: the channel's own. */
type Way = {
  readonly path: TargetPath | null;
  readonly tenant: Tenant;
  readonly language: string | null;
};

type OnAnySwitch = {
  /** By context. */
  readonly ways: ReadonlyMap<string, Way>;
  /** The contexts of all DIDs. */
  readonly shards: string;
};

/** What is the same on each switch, and nearly all of the text: made once for all of them. */
const madeOf = new WeakMap<Snapshot, OnAnySwitch>();

function onAnySwitch(snapshot: Snapshot): OnAnySwitch {
  const made = madeOf.get(snapshot);
  if (made !== undefined) return made;
  const shards = new Map<string, string[]>();
  const ways = new Map<string, Way>();
  for (const tenant of snapshot.tenants.values()) {
    for (const did of tenant.dids.values()) {
      const digits = did.did.slice(1);
      const way: Way = { path: did.fallback ?? tenant.fallback, tenant, language: did.language };
      const context = wayContext(way);
      if (!ways.has(context)) ways.set(context, way);
      const shard = digits.slice(-3);
      const lines = shards.get(shard) ?? [`[sb-did-${shard}]`];
      lines.push(`exten => ${digits},1,Goto(${context},${digits},1)`);
      shards.set(shard, lines);
    }
  }
  const sorted = [...shards].sort(([a], [b]) => (a < b ? -1 : 1));
  const text = { ways, shards: sorted.map(([, lines]) => `${lines.join("\n")}\n`).join("\n") };
  madeOf.set(snapshot, text);
  return text;
}

/** Tries each reading of what was dialled until one is a DID. */
function entryLines(snapshot: Snapshot): string[] {
  return [
    "[sb-fallback]",
    "exten => s,1,Set(SB_DIGITS=${FILTER(0-9,${SB_NUMBER})})",
    ' same => n,ExecIf($["${SB_DID}" != ""]?Set(SB_DIGITS=${FILTER(0-9,${SB_DID})}))',
    ...ownReadings(snapshot),
    ...readings(snapshot).map((each) => tryLines(each)),
    ...(snapshot.system.vicidial?.passUnknownDids ? [TO_VICIDIAL] : []),
    " same => n,Hangup(1)",
    " same => n(found),Goto(sb-did-${SB_TRY_DID:-3},${SB_TRY_DID},1)",
  ];
}

/** How digits may be read as a DID; `when` is a dialplan condition, "" for always. */
type Reading = { readonly when: string; readonly digits: string };

function tryLines({ when, digits }: Reading, only = ""): string {
  const candidate = `\${DIALPLAN_EXISTS(sb-did-\${SB_TRY_DID:-3},\${SB_TRY_DID},1)}`;
  const guard = [only, when].map((each) => (each === "" ? "" : `$[${each}] & `)).join("");
  return ` same => n,Set(SB_TRY_DID=${digits})\n same => n,GotoIf($[${guard}${candidate}]?found)`;
}

/**
 * As the carrier of the call's own trunk writes numbers, where carriers differ: what is one client's number on one of
 * them may be another's on the next, and a step would have gone by the trunk.
 */
function ownReadings({ system, trunks }: Snapshot): string[] {
  const spellings = new Map<string, { country: string; prefix: string; endpoints: string[] }>();
  for (const { country, didPrefix, endpoint } of trunks.values()) {
    const prefix = digitsOf(didPrefix);
    if (country === system.country && prefix === "") continue;
    const key = `${country}${prefix}`;
    const spelling = spellings.get(key) ?? { country, prefix, endpoints: [] };
    spelling.endpoints.push(endpoint);
    spellings.set(key, spelling);
  }
  if (spellings.size === 0) return [];
  return [
    " same => n,Set(SB_FROM=${CUT(CHANNEL(name),/,2):0:-9})",
    " same => n,Set(SB_WRITES=)",
    ...[...spellings].flatMap(([key, { endpoints }]) =>
      endpoints.map(
        (endpoint) => ` same => n,ExecIf($["\${SB_DID}\${SB_FROM}" = "${endpoint}"]?Set(SB_WRITES=${key}))`,
      ),
    ),
    ...[...spellings].flatMap(([key, { country, prefix }]) =>
      [...new Set([prefix, ""])]
        .flatMap((each) => readingsBehind(each, [country]))
        .map((each) => tryLines(each, `"\${SB_WRITES}" = "${key}"`)),
    ),
  ];
}

function readings(snapshot: Snapshot): Reading[] {
  const countries = new Set([snapshot.system.country]);
  const prefixes = new Set([""]);
  for (const trunk of snapshot.trunks.values()) {
    countries.add(trunk.country);
    prefixes.add(digitsOf(trunk.didPrefix));
  }
  return [...prefixes].flatMap((prefix) => readingsBehind(prefix, [...countries]));
}

/** SB_DIGITS has lost every * and #. */
function digitsOf(prefix: string): string {
  return prefix.replace(/[^0-9]/g, "");
}

/** What stands behind a carrier's `prefix`, as carriers of these countries write numbers. */
function readingsBehind(prefix: string, countries: readonly string[]): Reading[] {
  const begins = (more: string): string =>
    prefix + more === "" ? "" : `"\${SB_DIGITS:0:${(prefix + more).length}}" = "${prefix + more}"`;
  const rest = (more: string): string =>
    prefix + more === "" ? "${SB_DIGITS}" : `\${SB_DIGITS:${(prefix + more).length}}`;
  const all: Reading[] = [{ when: begins(""), digits: rest("") }];
  for (const country of countries) {
    const code = getCountryCallingCode(country as Parameters<typeof getCountryCallingCode>[0]);
    const { national, international } = nationalPrefixes(country);
    all.push({ when: begins(""), digits: code + rest("") });
    if (national !== "") all.push({ when: begins(national), digits: code + rest(national) });
    for (const idd of international) all.push({ when: begins(idd), digits: rest(idd) });
  }
  return all;
}

/** No two tenants' ways have one name, though one tenant may be called `apex` and another `apex-fallback`. */
function wayContext({ tenant, path, language }: Way): string {
  if (path === null) return `sb-no-way-${tenant.id}`;
  const own = path === tenant.fallback ? "" : `-${path.replace(/[^A-Za-z0-9]/g, "-")}`;
  return `sb-way-${tenant.id}-fallback${own}${language === null ? "" : `-${language}`}`;
}

/** VICIdial's own way for calls of its carriers, with the number as it came. */
const TO_VICIDIAL =
  " same => n,GotoIf(${DIALPLAN_EXISTS(trunkinbound,${SB_NUMBER},1)}?trunkinbound,${SB_NUMBER},1)";

function wayLines(context: string, way: Way, target: Switch, open: boolean): string[] {
  const { path, tenant, language } = way;
  return [
    `[${context}]`,
    // A number that went to another client while the call was on takes the call with it nowhere.
    `exten => _X!,1,GotoIf($["\${SB_TENANT}" != "" & "\${SB_TENANT}" != "${tenant.id}"]?other)`,
    ` same => n,Set(CHANNEL(accountcode)=${tenant.id})`,
    ` same => n,Set(CHANNEL(peeraccount)=${tenant.id})`,
    ` same => n,Set(__SB_TENANT=${tenant.id})`,
    ` same => n,ExecIf($["\${SB_CALL}" = ""]?Set(__SB_CALL=${target.server}-\${UNIQUEID}))`,
    " same => n,Set(__SB_DIRECTION=inbound)",
    " same => n,Set(__SB_DID=+${EXTEN})",
    ...limitLines(tenant),
    ...(language === null || path === null ? [] : [` same => n,Set(CHANNEL(language)=${language})`]),
    ...staticSteps(path, way, MOST_STATIC_TARGETS),
    ...(open && path === null ? [TO_VICIDIAL] : []),
    " same => n(other),Hangup(42)",
  ];
}

/**
 * Targets of one fallback in a row; `check` refuses more. Each of them that rings a phone may go on in two ways, so that
 * the lines of a longer one could be without number.
 */
export const MOST_STATIC_TARGETS = 10;

/** The longest call, unless a step or whoever sent the call here has set its end already. */
function limitLines({ limits }: Tenant): string[] {
  if (limits.longestCallMinutes === null) return [];
  const seconds = limits.longestCallMinutes * 60;
  return [` same => n,ExecIf($[0\${TIMEOUT(absolute)} = 0]?Set(TIMEOUT(absolute)=${seconds}))`];
}

/**
 * A target without Signalbox. Only what needs no decision can stand here; `check` refuses a fallback through a menu,
 * hours or a forward.
 */
function staticSteps(path: TargetPath | null, way: Way, depth: number, labels = { count: 0 }): string[] {
  const spec = path === null ? undefined : way.tenant.plan.targets.get(path);
  if (spec === undefined || depth === 0) return [];
  return stepsOf(spec, way, {
    follow: (next) => staticSteps(next, way, depth - 1, labels),
    label: () => `busy${++labels.count}`,
  });
}

type Ways = {
  /** The lines of what comes next. */
  readonly follow: (path: TargetPath | null) => string[];
  /** A name for a place in this context that no other place has. */
  readonly label: () => string;
};

/** As when it is decided: busy goes where it is told to, else where no answer goes, and without either is busy. */
function afterRinging({ busy, noAnswer }: DialSpec, { follow, label }: Ways): string[] {
  const unanswered = [...follow(noAnswer), " same => n,Hangup(19)"];
  const isBusy = '$["${DIALSTATUS}" = "BUSY"]';
  if (busy === null && noAnswer !== null) return unanswered;
  if (busy === null) return [` same => n,ExecIf(${isBusy}?Hangup(17))`, ...unanswered];
  const place = label();
  return [
    ` same => n,GotoIf(${isBusy}?${place})`,
    ...unanswered,
    ` same => n(${place}),NoOp()`,
    ...follow(busy),
  ];
}

/** The options of VoiceMail(). */
const GREETINGS = { unavailable: "u", busy: "b", none: "s" } as const;

/** Who has been answered hears ringing also from a phone that is not there, as in sb-do. */
function ringing({ endpoint }: DialSpec): string {
  return endpoint.startsWith("Local/") ? "" : ',${IF($["${CHANNEL(state)}" = "Up"]?r)}';
}

function stepsOf(spec: TargetSpec, { tenant, language }: Way, ways: Ways): string[] {
  const { follow } = ways;
  const sound = (prompt: string): string => soundFile(prompt, language ?? "", tenant);
  const line = (app: string): string => ` same => n,${app}`;
  const goTo = (to: string): string[] => [line(`GotoIf(\${DIALPLAN_EXISTS(${to})}?${to})`)];
  switch (spec.type) {
    case "announce":
      return [
        line("Answer()"),
        line(`Playback(${sound(spec.prompt)})`),
        ...(spec.then === null ? [line("Hangup(16)")] : follow(spec.then)),
      ];
    case "dial":
      return [
        line(`Dial(${spec.endpoint},${spec.ringSeconds}${ringing(spec)})`),
        ...afterRinging(spec, ways),
      ];
    case "queue":
      return [
        line("Answer()"),
        line(`Queue(${spec.queue},,,,${spec.waitSeconds ?? ""})`),
        ...(spec.timeout === null ? [line("Hangup(16)")] : follow(spec.timeout)),
      ];
    case "ingroup":
      return goTo(`signalbox-ingroup,${spec.ingroup},1`);
    case "goto":
      return goTo(`${spec.context},${spec.extension},${spec.priority}`);
    case "voicemail":
      return [
        line("Answer()"),
        line(`VoiceMail(${spec.mailbox}@${tenant.id},${GREETINGS[spec.greeting]})`),
        line("Hangup(16)"),
      ];
    case "hangup":
      return [line(`Hangup(${spec.cause})`)];
    case "route":
      return follow(routePath(spec.route));
    case "menu":
    case "hours":
    case "forward":
      return [];
  }
}
