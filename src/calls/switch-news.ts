/**
 * What a switch tells about its channels, as the manager interface says it, turned into the facts that a record is
 * folded from: which leg, on which of our trunks, of which call. The types are structurally those of ami/events, so
 * that its events can be handed over as they are.
 */
import type { LegFact } from "../core/record/facts.ts";
import type { LegTrunk, RecordingMark } from "../core/record/record.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import { type CallId, callMarked } from "../core/tenant/stamp.ts";
import { endpointOfChannel } from "../core/trunk/trunk.ts";
import { directionOf, type LegBook } from "./leg-facts.ts";
import type { ListedChannel } from "./switch-eyes-port.ts";

type Leg = {
  readonly uniqueid: string;
  readonly channel: string;
  readonly accountCode: string;
  readonly sbCall: string | null;
  readonly sbDirection: string | null;
};

type Dial = {
  readonly uniqueid: string | null;
  readonly sbCall: string | null;
  readonly destUniqueid: string;
  readonly destChannel: string;
  readonly destAccountCode: string;
  readonly destSbCall: string | null;
  readonly destSbDirection: string | null;
};

/** Events that say nothing of one call are taken too and pass by. */
export type SwitchNews =
  | (Leg & { readonly type: "new_channel" | "new_state"; readonly state: number })
  | (Leg & {
      readonly type: "hangup";
      readonly cause: number;
      readonly sbMarks: string | null;
      readonly unanswered?: true;
    })
  | (Dial & { readonly type: "dial_begin" })
  | (Dial & { readonly type: "dial_end"; readonly status: string })
  | {
      readonly type:
        | "listed_channel"
        | "channel_status"
        | "dial_state"
        | "endpoint_reachable"
        | "fully_booted"
        | "shutdown";
    };

/** One fact and where it belongs. */
export type LegNews = {
  readonly fact: LegFact;
  /** The call that the leg itself names, null when it names none. */
  readonly call: CallId | null;
  /** The leg that dials it, whose call it then is. */
  readonly dialler: string | null;
};

const UP = 6;

/** Null for news that no record wants. `at` is epoch milliseconds. */
export function readNews(news: SwitchNews, server: string, snapshot: Snapshot, at: number): LegNews | null {
  switch (news.type) {
    case "new_channel":
      return legNews(news, server, { type: "leg_up", ...ofLeg(news, snapshot, at) });
    case "new_state":
      if (news.state !== UP) return null;
      return legNews(news, server, { type: "leg_answered", ...ofLeg(news, snapshot, at) });
    case "hangup": {
      const { cause, sbMarks, unanswered } = news;
      const end = { cause, byFarEnd: readEnd(sbMarks), marks: readMarks(sbMarks) };
      const never = unanswered === true ? { unanswered } : {};
      const over = /l[0-9]{10}\.$/.test(sbMarks ?? "") ? { overtime: true as const } : {};
      const how = { ...end, ...never, ...over };
      return legNews(news, server, { type: "leg_ended", ...ofLeg(news, snapshot, at), ...how });
    }
    case "dial_begin":
    case "dial_end":
      return dialNews(news, server, snapshot, at);
    default:
      return null;
  }
}

/** What a list says of a channel. */
export function readListed(channel: ListedChannel, snapshot: Snapshot, at: number): LegFact {
  return { type: channel.isUp ? "leg_answered" : "leg_seen", ...ofLeg(channel, snapshot, at) };
}

/** The configured trunk that a channel is on. */
export function trunkOfChannel(channel: string, snapshot: Snapshot): LegTrunk | null {
  const endpoint = endpointOfChannel(channel);
  const name = endpoint === null ? undefined : snapshot.trunkByEndpoint.get(endpoint);
  if (name === undefined) return null;
  return { name, shared: snapshot.trunks.get(name)?.shared ?? false };
}

/** What the configuration makes of the names of channels and of account codes. */
export function bookOf(snapshot: Snapshot): LegBook {
  return {
    trunkOf: (channel) => trunkOfChannel(channel, snapshot)?.name ?? null,
    tenantOf: (accountCode) => snapshot.tenantByAccountcode.get(accountCode) ?? null,
  };
}

function dialNews(
  news: Extract<SwitchNews, { type: "dial_begin" | "dial_end" }>,
  server: string,
  snapshot: Snapshot,
  at: number,
): LegNews {
  const { destUniqueid: uniqueid, destChannel: channel, destAccountCode: accountCode } = news;
  const { destSbDirection: sbDirection, uniqueid: dialler } = news;
  const call = callMarked(news.destSbCall ?? news.sbCall, server);
  const leg = ofLeg({ uniqueid, channel, accountCode, sbDirection }, snapshot, at);
  if (news.type === "dial_end")
    return { fact: { type: "dial_end", ...leg, status: news.status }, call, dialler };
  return { fact: { type: "dial_begin", ...leg, dialledBy: dialler }, call, dialler };
}

function legNews(leg: Leg, server: string, fact: LegNews["fact"]): LegNews {
  return { fact, call: callMarked(leg.sbCall, server), dialler: null };
}

/** A phone's account code is its own affair; only a trunk leg's says whose call it is on. */
function ofLeg(
  { uniqueid, channel, accountCode, sbDirection }: Omit<Leg, "sbCall">,
  snapshot: Snapshot,
  at: number,
): Required<Pick<LegFact, "uniqueid" | "channel" | "at" | "trunk" | "tenant" | "zone" | "direction">> {
  const trunk = trunkOfChannel(channel, snapshot);
  if (trunk === null) return { uniqueid, channel, at, trunk, tenant: null, zone: null, direction: null };
  const tenant = snapshot.tenantByAccountcode.get(accountCode) ?? null;
  const zone = tenant === null ? null : (snapshot.tenants.get(tenant)?.timezone ?? null);
  return { uniqueid, channel, at, trunk, tenant, zone, direction: directionOf(sbDirection) };
}

const MARKS = { n: "noticed", u: "unnoticed", p: "paused", r: "resumed" } as const;

/** `n1763770000.p1763770031.` as the dialplan writes it: what became of the leg's recording, and the second. */
function readMarks(text: string | null): readonly RecordingMark[] {
  return [...(text ?? "").matchAll(/([nupr])([0-9]{10})\./g)].map(([, key, second]) => ({
    at: Number(second) * 1000,
    what: MARKS[key as keyof typeof MARKS],
  }));
}

/** `h1763770031.`: the leg's own far end hung up; `o1763770031.`: that of the leg it was talking to. */
function readEnd(text: string | null): boolean | null {
  const [, by] = /([ho])[0-9]{10}\.$/.exec(text ?? "") ?? [];
  return by === undefined ? null : by === "h";
}
