// Store and switch held against one another: per leg, per client, per trunk. It changes neither.
import type { AmiConnection } from "../../src/ami/connection.ts";
import type { SlotStore } from "../../src/calls/slot-port.ts";

export type Agreement = {
  readonly same: boolean;
  /** Trunk legs that the switch lists. */
  readonly legs: number;
  readonly uniqueids: readonly string[];
  /** `tenant trunk` → legs that are up: one that is being turned away is listed for a moment, and never is. */
  readonly up: ReadonlyMap<string, number>;
  /** What differs, for people; empty when `same`. */
  readonly differences: readonly string[];
};

type Leg = {
  readonly uniqueid: string;
  readonly tenant: string;
  readonly trunk: string;
  readonly isUp: boolean;
};

export async function readAgreement(
  manager: AmiConnection,
  store: SlotStore,
  trunks: ReadonlySet<string>,
): Promise<Agreement> {
  const legs = await legsOf(manager, trunks);
  const slots = (await store.snapshot()).slots.map(
    ({ key, tenant, trunk }): Leg => ({ uniqueid: key.uniqueid, tenant: tenant ?? "", trunk, isUp: true }),
  );
  const [listed, counted] = [tally(legs), tally(slots)];
  const groups = new Set([...listed.keys(), ...counted.keys()]);
  const known = new Set(slots.map(({ uniqueid }) => uniqueid));
  const live = new Set(legs.map(({ uniqueid }) => uniqueid));
  const differences = [
    ...[...groups].flatMap((group) => {
      const [here, there] = [listed.get(group) ?? 0, counted.get(group) ?? 0];
      return here === there ? [] : [`${group}: the switch has ${here}, the store ${there}`];
    }),
    ...legs
      .filter(({ uniqueid }) => !known.has(uniqueid))
      .map(({ uniqueid }) => `${uniqueid} is not counted`),
    ...slots.filter(({ uniqueid }) => !live.has(uniqueid)).map(({ uniqueid }) => `${uniqueid} has ended`),
  ];
  return {
    same: differences.length === 0,
    legs: legs.length,
    uniqueids: [...live],
    up: tally(legs.filter(({ isUp }) => isUp)),
    differences,
  };
}

async function legsOf(manager: AmiConnection, trunks: ReadonlySet<string>): Promise<Leg[]> {
  const { events } = await manager.list("CoreShowChannels");
  const legs = new Map<string, Leg>();
  for (const { fields } of events) {
    const trunk = /^PJSIP\/(.+)-[0-9a-f]+$/.exec(fields.get("Channel") ?? "")?.[1] ?? "";
    const uniqueid = fields.get("Uniqueid") ?? "";
    // 22 may list a channel twice.
    const tenant = fields.get("AccountCode") ?? "";
    const isUp = fields.get("ChannelStateDesc") === "Up";
    if (trunks.has(trunk)) legs.set(uniqueid, { uniqueid, trunk, tenant, isUp });
  }
  return [...legs.values()];
}

function tally(legs: readonly Leg[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { tenant, trunk } of legs) {
    const group = `${tenant === "" ? "nobody" : tenant} ${trunk}`;
    counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  return counts;
}
