/**
 * What a switch tells about its channels, as the manager interface says it, turned into the facts that a record is
 * folded from: which leg, on which of our trunks, of which call. The types are structurally those of ami/events, so
 * that its events can be handed over as they are.
 */
import type { LegFact } from "../core/record/facts.ts";
import type { LegTrunk, RecordingMark } from "../core/record/record.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";
import type { CallId, Direction } from "../core/tenant/stamp.ts";
import type { TenantId } from "../core/tenant/tenant-id.ts";
import { endpointOfChannel } from "../core/trunk/trunk.ts";

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
  | (Leg & { readonly type: "hangup"; readonly cause: number; readonly sbMarks: string | null })
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
const CALL_ID = /^[A-Za-z0-9_.-]{1,120}$/;

/** Null for news that no record wants. `at` is epoch milliseconds. */
export function readNews(news: SwitchNews, server: string, snapshot: Snapshot, at: number): LegNews | null {
  switch (news.type) {
    case "new_channel":
      return legNews(news, server, {
        ...channelFact(news.channel, snapshot),
        ...carried(news, snapshot),
        type: "leg_up",
        uniqueid: news.uniqueid,
        at,
      });
    case "new_state":
      if (news.state !== UP) return null;
      return legNews(news, server, {
        ...carried(news, snapshot),
        type: "leg_answered",
        uniqueid: news.uniqueid,
        at,
      });
    case "hangup": {
      const { uniqueid, cause } = news;
      const marks = readMarks(news.sbMarks);
      const ended = { type: "leg_ended", uniqueid, at, cause, byFarEnd: null, marks } as const;
      return legNews(news, server, { ...carried(news, snapshot), ...ended });
    }
    case "dial_begin":
    case "dial_end":
      return dialNews(news, server, snapshot, at);
    default:
      return null;
  }
}

/** The configured trunk that a channel is on. */
export function trunkOfChannel(channel: string, snapshot: Snapshot): LegTrunk | null {
  const endpoint = endpointOfChannel(channel);
  const name = endpoint === null ? undefined : snapshot.trunkByEndpoint.get(endpoint);
  if (name === undefined) return null;
  return { name, shared: snapshot.trunks.get(name)?.shared ?? false };
}

function dialNews(
  news: Extract<SwitchNews, { type: "dial_begin" | "dial_end" }>,
  server: string,
  snapshot: Snapshot,
  at: number,
): LegNews {
  const { destUniqueid: uniqueid, uniqueid: dialler } = news;
  const marks = carried(
    { channel: news.destChannel, accountCode: news.destAccountCode, sbDirection: news.destSbDirection },
    snapshot,
  );
  const call = callOf(news.destSbCall ?? news.sbCall, server);
  const leg = { ...marks, uniqueid, at };
  if (news.type === "dial_end") {
    return { fact: { ...leg, type: "dial_end", status: news.status }, call, dialler };
  }
  const channel = channelFact(news.destChannel, snapshot);
  return { fact: { ...leg, ...channel, type: "dial_begin", dialledBy: dialler }, call, dialler };
}

function legNews(leg: Leg, server: string, fact: LegNews["fact"]): LegNews {
  return { fact, call: callOf(leg.sbCall, server), dialler: null };
}

function channelFact(channel: string, snapshot: Snapshot): { channel: string; trunk: LegTrunk | null } {
  return { channel, trunk: trunkOfChannel(channel, snapshot) };
}

/** A phone's account code is its own affair; only a trunk leg's says whose call it is on. */
function carried(
  leg: Pick<Leg, "channel" | "accountCode" | "sbDirection">,
  snapshot: Snapshot,
): { tenant: TenantId | null; zone: string | null; direction: Direction | "refused" | null } {
  const onTrunk = trunkOfChannel(leg.channel, snapshot) !== null;
  const tenant = onTrunk ? (snapshot.tenantByAccountcode.get(leg.accountCode) ?? null) : null;
  const { sbDirection } = leg;
  const known = sbDirection === "inbound" || sbDirection === "outbound" || sbDirection === "refused";
  const zone = tenant === null ? null : (snapshot.tenants.get(tenant)?.timezone ?? null);
  return { tenant, zone, direction: onTrunk && known ? sbDirection : null };
}

const MARKS = { n: "noticed", p: "paused", r: "resumed" } as const;

/** `n1763770000.p1763770031.` as the dialplan writes it: what became of the leg's recording, and the second. */
function readMarks(text: string | null): readonly RecordingMark[] {
  return [...(text ?? "").matchAll(/([npr])([0-9]{10})\./g)].map(([, key, second]) => ({
    at: Number(second) * 1000,
    what: MARKS[key as keyof typeof MARKS],
  }));
}

/** A leg's mark may have been set by hand: only a name that this server's calls can have is believed. */
function callOf(mark: string | null, server: string): CallId | null {
  if (mark === null || !CALL_ID.test(mark) || !mark.startsWith(`${server}-`)) return null;
  return mark as CallId;
}
