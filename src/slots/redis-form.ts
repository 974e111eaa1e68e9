/** How requests and slots are written for the scripts, and read back. Names are percent-encoded: `|` and `,` part them. */
import {
  type AcquireContext,
  type RefusedLeg,
  type Slot,
  type SlotCounts,
  type SlotSnapshot,
  SlotStoreError,
  type SlotVerdict,
  slotTimes,
  type TenantUse,
} from "../calls/slot-port.ts";
import { type FullScope, openTrunks, type SlotKey, type SlotRequest } from "../core/admission/admission.ts";
import type { CallId, Direction } from "../core/tenant/stamp.ts";
import type { TenantId } from "../core/tenant/tenant-id.ts";
import type { Ask, Fields, Scope } from "./redis-turn.ts";

const PLAIN = /^[A-Za-z0-9_.-]*$/;

export function encodeName(text: string): string {
  return PLAIN.test(text) ? text : encodeURIComponent(text);
}

export function encodeDirection(direction: Direction | "refused" | null): string {
  return direction === null ? "" : direction.charAt(0);
}

const ENFORCE: Readonly<Record<string, number>> = { true: 1, false: 0, trunks: 2 };

/** A slot to take. */
export function takeAsk(request: SlotRequest, context: AcquireContext): Ask {
  const own = request.leg === "own";
  const channel = channelOf(request.key);
  return {
    scope: takeScope(request, context),
    channel,
    slots: [`${own ? "l" : "a"}:${channel}`],
    call: encodeName(request.call),
  };
}

function takeScope(request: SlotRequest, context: AcquireContext): Scope {
  const { tenant, caps, rates, pool } = request;
  const own = request.leg === "own";
  const server = encodeName(request.key.server);
  const direction = encodeDirection(request.direction);
  const trunk = encodeName(request.trunk);
  const before = `${own ? "b" : "p"}|${tenant}|${direction}|${trunk}`;
  const plain = [
    before,
    `|${encodeName(context.boot)}||`,
    `|${encodeName(context.node)}|0`,
    own ? slotTimes.leaseMs : (context.pendingMs ?? slotTimes.pendingMs),
    caps.tenant ?? -1,
    caps.direction ?? -1,
    caps.trunk,
    ENFORCE[String(request.enforce)] ?? 1,
    rates.tenant ?? 0,
    rates.trunk ?? 0,
    request.whenUnreachable,
    encodeName(request.failedTrunk ?? ""),
  ];
  const trunks = pool === null ? [] : pool.trunks.map(encodeName);
  const open = pool === null ? [] : openTrunks(pool).map(encodeName);
  const others = pool === null ? [] : pool.reserves.filter((other) => other.tenant !== tenant);
  const shared = pool === null ? [-1, "", 0] : [pool.channels, trunks.join(","), pool.reserved];
  const reserves = others.map((other) => `${other.tenant} ${other.reserved}`);
  return {
    name: `take|${server}|${plain.join("|")}|${shared.join("|")}|${open.join(",")}|${reserves.join("|")}`,
    reads: (fields) => {
      serverIn(fields, server);
      fields.row(tenantFields(tenant));
    },
    args: (fields) => {
      const one = (field: string) => fields.row([field]);
      const ofTenant = fields.row(tenantFields(tenant));
      return [
        "take",
        serverIn(fields, server),
        ofTenant,
        ofTenant + (direction === "i" ? 0 : 1),
        one(`k:${trunk}`),
        rates.tenant === null ? 0 : one(`rt:${tenant}`),
        rates.trunk === null ? 0 : one(`rk:${trunk}`),
        ...plain,
        ...shared,
        open.length,
        others.length,
        ...open.map((each) => one(`k:${each}`)),
        ...others.flatMap((other) => [one(`p:${other.tenant}`), other.reserved]),
      ];
    },
  };
}

/** A slot to free. */
export function freeAsk(key: SlotKey, tombstoneMs: number, pendingOnly: boolean): Ask {
  const channel = channelOf(key);
  const server = encodeName(key.server);
  const plain = [tombstoneMs, pendingOnly ? 1 : 2];
  return {
    scope: {
      name: `free|${server}|${plain.join("|")}`,
      reads: (fields) => void serverIn(fields, server),
      args: (fields) => ["free", serverIn(fields, server), ...plain],
    },
    channel,
    slots: pendingOnly ? [`a:${channel}`] : [`l:${channel}`, `a:${channel}`],
    call: null,
  };
}

function serverIn(fields: Fields, server: string): number {
  return fields.row(fields.taking ? [`e:${server}`, `f:${server}`] : [`e:${server}`]);
}

/** A channel in the names of fields and tombstones. */
export function channelOf({ server, uniqueid }: SlotKey): string {
  return `${encodeName(server)}|${encodeName(uniqueid)}`;
}

/** Null for an answer that is none: the store was lost, or the budget was over before the script began. */
export function readVerdict(
  reply: string,
  { key: { server }, tenant }: SlotRequest,
): { readonly verdict: SlotVerdict; readonly ready: boolean } | null {
  if (reply === "taken")
    return { verdict: { granted: true, wouldRefuse: null, tenant, how: "taken" }, ready: true };
  const [kind, second = "", third = "", how = "", ready = ""] = reply.split("|");
  if (kind === "gone") {
    return { verdict: { granted: false, scope: "gone", previousLeg: null }, ready: true };
  }
  if (kind === "r") {
    const previousLeg = third === "" ? null : { server, uniqueid: decodeURIComponent(third) };
    return { verdict: { granted: false, scope: second as FullScope, previousLeg }, ready: true };
  }
  if (kind !== "g") return null;
  const wouldRefuse = second === "" ? null : (second as FullScope);
  return {
    verdict: { granted: true, wouldRefuse, tenant: third as TenantId, how: how as "taken" },
    ready: ready === "1",
  };
}

/** The reply of snapshot.lua, and whether that store ruled then. */
export function readSnapshot(reply: unknown): { readonly snapshot: SlotSnapshot; readonly rules: boolean } {
  const [at, flat, leases] = replyArrays(reply);
  const fields = pairs(flat);
  let [rules, era] = [false, ""];
  const ends = new Map(pairs(leases));
  const slots: Slot[] = [];
  const frozen: string[] = [];
  const counts = { tenants: new Map<string, TenantUse>(), trunks: new Map<string, number>() };
  for (const [field, value] of fields) {
    const rest = field.slice(2);
    if (field.startsWith("l:") || field.startsWith("a:"))
      slots.push(readSlot(rest, value, ends.get(field) ?? ""));
    else if (field.startsWith("f:")) frozen.push(decodeURIComponent(rest));
    else if (field === "ready") rules = value === "1";
    else if (field === "gen") era = value;
    else readCount(counts, field, Number(value));
  }
  return { snapshot: { at: Number(at), slots, counts, frozen, era }, rules };
}

/** The fields of `usage`, in the order that `readUsage` reads. */
export function usageFields(tenants: readonly string[], trunks: readonly string[]): string[] {
  return [...tenants.flatMap(tenantFields), ...trunks.map((name) => `k:${encodeName(name)}`)];
}

export function readUsage(
  values: readonly unknown[],
  tenants: readonly string[],
  trunks: readonly string[],
): SlotCounts {
  const at = (index: number) => Number(values[index] ?? 0);
  const use = (start: number): TenantUse => ({
    total: at(start) + at(start + 1) + at(start + 2),
    inbound: at(start),
    outbound: at(start + 1),
    pool: at(start + 3),
  });
  return {
    tenants: new Map(tenants.map((name, index) => [name, use(index * 4)])),
    trunks: new Map(trunks.map((name, index) => [name, at(tenants.length * 4 + index)])),
  };
}

function tenantFields(tenant: string): string[] {
  return [`d:${tenant}|i`, `d:${tenant}|o`, `d:${tenant}|`, `p:${tenant}`];
}

function readCount(
  counts: { readonly tenants: Map<string, TenantUse>; readonly trunks: Map<string, number> },
  field: string,
  value: number,
): void {
  if (value === 0) return;
  const [name = "", direction] = field.slice(2).split("|");
  if (field.startsWith("k:")) counts.trunks.set(decodeURIComponent(name), value);
  const use = counts.tenants.get(name) ?? { total: 0, inbound: 0, outbound: 0, pool: 0 };
  if (field.startsWith("p:")) counts.tenants.set(name, { ...use, pool: value });
  if (!field.startsWith("d:")) return;
  const inbound = direction === "i" ? value : use.inbound;
  const outbound = direction === "o" ? value : use.outbound;
  counts.tenants.set(name, { ...use, total: use.total + value, inbound, outbound });
}

const states = new Map<string, Slot["state"]>([
  ["p", "pending"],
  ["b", "bound"],
  ["r", "refused"],
]);

function readSlot(name: string, record: string, leaseEnd: string): Slot {
  const parts = record.split("|").map((part) => decodeURIComponent(part));
  const [
    state = "",
    tenant,
    direction,
    trunk = "",
    ,
    boot = "",
    asker,
    taken,
    flag,
    call,
    node = "",
    adopted,
  ] = parts;
  const known = states.get(state);
  if (known === undefined || parts.length !== 12) throw unreadable(`a slot reads ${record}`);
  return {
    key: readKey(name),
    state: known,
    tenant: (tenant || null) as TenantId | null,
    direction: direction === "i" ? "inbound" : direction === "o" ? "outbound" : null,
    trunk,
    boot,
    asker: asker || null,
    call: (call || null) as CallId | null,
    node,
    takenAt: Number(taken),
    leaseEndsAt: leaseEnd === "inf" ? null : Number(leaseEnd),
    flagged: (flag || null) as FullScope | null,
    adopted: adopted === "1",
  };
}

function readKey(name: string): SlotKey {
  const [server = "", uniqueid = ""] = name.split("|").map((part) => decodeURIComponent(part));
  return { server, uniqueid };
}

function pairs(flat: readonly unknown[]): [string, string][] {
  const found: [string, string][] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) found.push([String(flat[at]), String(flat[at + 1])]);
  return found;
}

function replyArrays(reply: unknown): [unknown, readonly unknown[], readonly unknown[]] {
  if (!Array.isArray(reply) || !Array.isArray(reply[1]) || !Array.isArray(reply[2])) {
    throw unreadable("a snapshot came in another form");
  }
  return [reply[0], reply[1], reply[2]];
}

function unreadable(what: string): SlotStoreError {
  const todo = "another program or another version of Signalbox writes to this database; give each its own";
  return new SlotStoreError("slots_unreadable", `${what}: ${todo}`);
}

/** No store could say, and the client's configuration refuses then. */
export const unreachable: SlotVerdict = {
  granted: false,
  scope: "slots_unreachable",
  previousLeg: null,
};

/** Let in on this node's own word. */
export function flagged(verdict: SlotVerdict & { readonly granted: true }): SlotVerdict {
  return { ...verdict, wouldRefuse: verdict.wouldRefuse ?? "slots_unreachable" };
}

/** ARGV of refuse.lua. */
export function refuseArgs({ key, boot, trunk, call, node }: RefusedLeg): (string | number)[] {
  return [...keyArgs(key), ...[boot, trunk, call ?? "", node].map(encodeName), slotTimes.leaseMs];
}

export function keyArgs({ server, uniqueid }: SlotKey): [string, string] {
  return [encodeName(server), encodeName(uniqueid)];
}
