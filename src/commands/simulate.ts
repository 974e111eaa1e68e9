import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { styleText } from "node:util";
import type { DoNotCallLists } from "../calls/do-not-call-port.ts";
import { conditionsOf } from "../calls/standing-conditions.ts";
import { standingOf } from "../calls/standing-entries.ts";
import { readStandingFile, standingFile } from "../calls/standing-file.ts";
import { didYouMean } from "../config/nearest.ts";
import type { Offer } from "../core/callflow/call-event.ts";
import type { Conditions } from "../core/snapshot/conditions.ts";
import type { Snapshot, Tenant } from "../core/snapshot/snapshot.ts";
import type { LiveView } from "../reports/live.ts";
import { parseAt } from "../simulate/at.ts";
import { emergencyText, emergencyVerdict, readEmergency } from "../simulate/emergency.ts";
import { type InUse, nothingInUse, parseInUse } from "../simulate/in-use.ts";
import { inboundOffer, outboundOffer, ownerOf, tenantNamed } from "../simulate/offers.ts";
import { type Supposed, simulate } from "../simulate/simulate.ts";
import { type Paint, plain, simulationText } from "../simulate/text.ts";
import type { Verdict } from "../simulate/verdict.ts";
import { dialWords, queueWords } from "../simulate/words.ts";
import { numberSources } from "./do-not-call-lists.ts";
import { exploreDid, type TreeFormat } from "./explore.ts";
import { type Common, type Io, WrongUse } from "./io.ts";
import { conditionsOfNode, differences, inUseOf } from "./live-supposed.ts";
import { loadSnapshot } from "./load-snapshot.ts";
import { tellOwnCount } from "./own-count.ts";
import { askLive } from "./top.ts";

/** As they are written on the command line. */
type Written = Common & {
  readonly at?: string;
  readonly inUse?: string;
  /** Numbers and conditions of the running node instead. */
  readonly live?: boolean;
  readonly digits?: string;
  readonly dial?: string;
  readonly unhealthy?: string;
  readonly override?: string;
  readonly server?: string;
  readonly json?: boolean;
};

export type InboundOptions = Written & {
  readonly did: string;
  readonly from?: string;
  readonly trunk?: string;
  readonly queue?: string;
  readonly explore?: boolean;
  readonly format?: TreeFormat;
};

export type OutboundOptions = Written & {
  readonly tenant: string;
  readonly to: string;
  readonly callerId?: string;
  readonly campaign?: string;
};

export async function simulateInbound(options: InboundOptions, io: Io): Promise<number> {
  const snapshot = loadSnapshot(options.config, "simulate", io, { tellsPrompts: true });
  if (snapshot === null) return 1;
  if (options.explore) {
    const format = options.json ? "json" : (options.format ?? "text");
    return exploreDid(snapshot, options, format, io);
  }
  const tenant = ownerOf(options.did, snapshot, options.trunk);
  const now = momentOf(options.at, tenant);
  const server = serverOf(options.server, snapshot);
  const call = { did: options.did, from: options.from ?? "", trunk: options.trunk ?? null, server };
  const offer = inboundOffer(call, { snapshot, now });
  if ("problem" in offer) throw new WrongUse(offer.problem);
  return run(offer, options, { snapshot, now, tenant }, io);
}

export async function simulateOutbound(options: OutboundOptions, io: Io): Promise<number> {
  const snapshot = loadSnapshot(options.config, "simulate", io, { tellsPrompts: true });
  if (snapshot === null) return 1;
  const tenant = tenantNamed(options.tenant, snapshot);
  // What becomes of such a call is an answer too: it is refused as nobody's.
  if (tenant === null) io.err(`signalbox: ${unknownTenant(options.tenant, snapshot)}\n`);
  const now = momentOf(options.at, tenant);
  const { to, callerId = "", campaign = null } = options;
  const server = serverOf(options.server, snapshot);
  const emergency = readEmergency(to, snapshot);
  // A campaign's call is a machine's, which never calls for help.
  if (emergency !== null && campaign === null) {
    const verdict = emergencyVerdict(emergency, { tenant, callerId, server }, snapshot);
    io.out(options.json ? jsonText(verdict) : emergencyText(verdict, io.colour ? coloured : plain));
    return 0;
  }
  const call = { tenant: options.tenant, to, callerId, campaign, server };
  return run(outboundOffer(call, { snapshot, now }), options, { snapshot, now, tenant }, io);
}

function unknownTenant(name: string, { tenants }: Snapshot): string {
  const known = [...tenants.keys()];
  const hint = didYouMean(name, known) || `; configured are ${known.join(", ") || "none"}`;
  return `there is no tenant ${JSON.stringify(name)}${hint}`;
}

type Place = { readonly snapshot: Snapshot; readonly now: number; readonly tenant: Tenant | null };

async function run(
  offer: Offer,
  options: Written & Pick<InboundOptions, "queue">,
  { snapshot, now, tenant }: Place,
  io: Io,
): Promise<number> {
  const live = options.live === true ? await askLive(options.variables) : null;
  if (live !== null) for (const says of differences(live, snapshot)) io.err(`signalbox: ${says}\n`);
  const simulation = await simulate(offer, {
    moment: { snapshot, conditions: supposedConditions(options, live, snapshot, tenant), now },
    script: {
      digits: keysOf(options.digits),
      dials: wordsOf("--dial", options.dial, dialWords),
      queues: wordsOf("--queue", options.queue, queueWords),
    },
    inUse: live === null ? writtenInUse(options.inUse, snapshot) : inUseOf(live),
    doNotCall: await doNotCallLists(snapshot, tenant),
    spend: await spentBefore(tenant, options.variables),
  });
  if (options.json) io.out(jsonText(placed(simulation.verdict, options.variables)));
  else io.out(simulationText(simulation, io.colour ? coloured : plain));
  return live === null ? 0 : tellOwnCount(live, io);
}

function jsonText(verdict: Verdict): string {
  return `${JSON.stringify(verdict, null, 2)}\n`;
}

/** The verdict with the path that this --var gives its recording. */
function placed(verdict: Verdict, variables: string): Verdict {
  const { recording } = verdict;
  if (recording === null) return verdict;
  return { ...verdict, recording: { ...recording, path: resolve(variables, recording.path) } };
}

function writtenInUse(text: string | undefined, { tenants, trunks }: Snapshot): InUse {
  if (text === undefined) return nothingInUse;
  const inUse = parseInUse(text, { tenants: new Set(tenants.keys()), trunks: new Set(trunks.keys()) });
  if ("problem" in inUse) throw new WrongUse(`--in-use ${inUse.problem}`);
  return inUse;
}

/** Everyone's list and the tenant's own, read for this one call; the reader is loaded only when there is a list. */
async function doNotCallLists(snapshot: Snapshot, tenant: Tenant | null): Promise<DoNotCallLists> {
  const sources = numberSources(snapshot).filter(
    (source) => source.tenant === null || source.tenant === tenant?.id,
  );
  if (sources.length === 0) return { listed: () => null };
  const { DoNotCallBook } = await import("../calls/do-not-call.ts");
  const book = new DoNotCallBook();
  await book.load(sources);
  return book;
}

/** What a node that keeps its files in `--var` has counted of the day; without one, nothing. */
async function spentBefore(tenant: Tenant | null, variables: string): Promise<Supposed["spend"]> {
  const file = resolve(variables, "spending.db");
  if (!tenant?.outbound.spending || !existsSync(file)) return () => ({ within: true });
  const { askSpending } = await import("../records/spend-sqlite.ts");
  return (request) => askSpending(file, request);
}

const coloured: Paint = {
  dim: (text) => styleText("dim", text, { validateStream: false }),
  good: (text) => styleText("green", text, { validateStream: false }),
  bad: (text) => styleText("red", text, { validateStream: false }),
};

function momentOf(at: string | undefined, tenant: Tenant | null): number {
  if (at === undefined) return Date.now();
  const now = parseAt(at, tenant?.timezone ?? "UTC");
  if (now === null)
    throw new WrongUse(`--at ${at}: write a moment like 2026-11-23T09:00 (the tenant's clock)`);
  return now;
}

function serverOf(server: string | undefined, { system }: Snapshot): string {
  const known = system.switches.map((each) => each.server);
  if (server === undefined) return known[0] ?? "ast1";
  if (!known.includes(server))
    throw new WrongUse(`--server ${server}: configured are ${known.join(", ") || "none"}`);
  return server;
}

function keysOf(digits: string | undefined): string[] {
  const keys = digits === undefined ? [] : digits.split(",").map((each) => each.trim());
  const wrong = keys.find((each) => !/^[0-9*#]{0,20}$/.test(each));
  if (wrong !== undefined) {
    throw new WrongUse(
      `--digits ${wrong}: write what is pressed at each prompt, like 9,12,# (empty: nothing)`,
    );
  }
  return keys;
}

function wordsOf(
  option: string,
  text: string | undefined,
  known: Readonly<Record<string, unknown>>,
): string[] {
  const words = text === undefined ? [] : text.split(",").map((each) => each.trim());
  const wrong = words.find((each) => !Object.hasOwn(known, each));
  if (wrong !== undefined)
    throw new WrongUse(`${option} ${wrong}: the words are ${Object.keys(known).join(", ")}`);
  return words;
}

/** What a running node knows of lines opened and closed by phone and of suspended clients, and what was supposed. */
function supposedConditions(
  options: Written,
  live: LiveView | null,
  snapshot: Snapshot,
  tenant: Tenant | null,
): Conditions {
  const ordered =
    live === null
      ? conditionsOf(standingOf(readStandingFile(standingFile(options.variables))))
      : conditionsOfNode(live);
  const unhealthy = options.unhealthy?.split(",") ?? [];
  const unknown = unhealthy.find((name) => !snapshot.trunks.has(name));
  if (unknown !== undefined) throw new WrongUse(`--unhealthy ${unknown}: there is no trunk of that name`);
  const overrides = new Map(ordered.hoursOverrides);
  for (const part of options.override?.split(",") ?? []) {
    const [name = "", state = ""] = part.split("=");
    if ((state !== "open" && state !== "closed" && state !== "holiday") || !tenant?.plan.hours.has(name)) {
      throw new WrongUse(`--override ${part}: write HOURS=open, HOURS=closed or HOURS=holiday`);
    }
    overrides.set(`${tenant.id}/${name}`, { state, until: null });
  }
  const unhealthyTrunks = new Set([...ordered.unhealthyTrunks, ...unhealthy]);
  return { ...ordered, unhealthyTrunks, hoursOverrides: overrides };
}
