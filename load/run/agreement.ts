// Store and switch held against one another: per leg, per client, per trunk. It changes neither.
import type { AmiConnection } from "../../src/ami/connection.ts";
import type { SlotSnapshot, SlotStore } from "../../src/calls/slot-port.ts";
import { type Channel, listChannels, wrongStamps } from "./stamps.ts";

export type Agreement = {
  readonly same: boolean;
  /** Trunk legs that the switch lists. */
  readonly legs: number;
  readonly uniqueids: readonly string[];
  /** `tenant trunk` → legs that are up: one that is being turned away is listed for a moment, and never is. */
  readonly up: ReadonlyMap<string, number>;
  /** What differs, for people; empty when `same`. */
  readonly differences: readonly string[];
  /** Stamps that say something else than the run knows, for people. */
  readonly stamps: readonly string[];
  /** Uniqueids of trunk legs that are up and have no slot. */
  readonly uncounted: readonly string[];
  /** Those of legs that have a slot and are no more. */
  readonly ended: readonly string[];
  /** Those of legs that a sweep has counted, since no decision had. */
  readonly adopted: readonly string[];
};

type Held = { readonly tenant: string; readonly trunk: string };

export async function readAgreement(
  manager: AmiConnection,
  store: SlotStore,
  trunks: ReadonlySet<string>,
  doubted: ReadonlySet<string>,
): Promise<Agreement> {
  const channels = await listChannels(manager, trunks);
  const legs = channels.filter(({ trunk }) => trunk !== "");
  const snapshot = await store.snapshot();
  const { slots } = snapshot;
  const [listed, counted] = [tally(legs.map(heldBy)), tally(slots.map(heldOf))];
  const groups = new Set([...listed.keys(), ...counted.keys()]);
  const known = new Set(slots.map(({ key }) => key.uniqueid));
  const live = new Set(legs.map(({ uniqueid }) => uniqueid));
  const uncounted = legs.filter(({ uniqueid }) => !known.has(uniqueid));
  const ended = slots.filter(({ key }) => !live.has(key.uniqueid));
  const differences = [
    ...[...groups].flatMap((group) => {
      const [here, there] = [listed.get(group) ?? 0, counted.get(group) ?? 0];
      return here === there ? [] : [`${group}: the switch has ${here}, the store ${there}`];
    }),
    ...uncounted.map(({ uniqueid }) => `${uniqueid} is not counted`),
    ...ended.map(({ key }) => `${key.uniqueid} has ended`),
    ...miscounted(snapshot),
    ...snapshot.frozen.map((server) => `the leases of ${server} are still frozen`),
  ];
  return {
    same: differences.length === 0,
    legs: legs.length,
    uniqueids: [...live],
    up: tally(legs.filter(({ isUp }) => isUp).map(heldBy)),
    differences,
    stamps: wrongStamps(channels, doubted),
    uncounted: uncounted.filter(({ isUp }) => isUp).map(({ uniqueid }) => uniqueid),
    adopted: slots.filter(({ adopted }) => adopted).map(({ key }) => key.uniqueid),
    ended: ended.filter(({ state }) => state !== "pending").map(({ key }) => key.uniqueid),
  };
}

/** The numbers that the next call is weighed against, where they are not those of the slots: caps hold by these. */
function miscounted({ slots, counts }: SlotSnapshot): readonly string[] {
  const right = new Map<string, number>();
  const more = (name: string) => right.set(name, (right.get(name) ?? 0) + 1);
  for (const { tenant, direction, trunk } of slots) {
    more(`trunk ${trunk}`);
    if (tenant === null) continue;
    more(`client ${tenant}`);
    more(`client ${tenant} ${direction}`);
  }
  const told = new Map<string, number>();
  for (const [trunk, used] of counts.trunks) told.set(`trunk ${trunk}`, used);
  for (const [tenant, { total, inbound, outbound }] of counts.tenants) {
    told.set(`client ${tenant}`, total);
    told.set(`client ${tenant} inbound`, inbound).set(`client ${tenant} outbound`, outbound);
  }
  return [...new Set([...right.keys(), ...told.keys()])].flatMap((name) => {
    const [slotted, number] = [right.get(name) ?? 0, told.get(name) ?? 0];
    return slotted === number ? [] : [`${name}: the store says ${number} of ${slotted} slots`];
  });
}

const heldBy = ({ account, trunk }: Channel): Held => ({ tenant: account, trunk });

const heldOf = ({ tenant, trunk }: SlotSnapshot["slots"][number]): Held => ({ tenant: tenant ?? "", trunk });

function tally(legs: readonly Held[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { tenant, trunk } of legs) {
    const group = `${tenant === "" ? "nobody" : tenant} ${trunk}`;
    counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  return counts;
}
