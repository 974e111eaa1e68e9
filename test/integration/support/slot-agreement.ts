// Holds the three sides of a slot against one another: what the switch lists, what the store counts, what a carrier's
// end of the dialogs says.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FILES } from "../../../load/sipp/arguments.ts";
import { readMessages } from "../../../load/sipp/messages.ts";
import { headerOf, type SippRun, type TracedMessage } from "../../../load/sipp-runner.ts";
import type { AmiConnection } from "../../../src/ami/connection.ts";
import { type Slot, type SlotStore, SlotStoreError } from "../../../src/calls/slot-port.ts";

export type Leg = {
  readonly key: string;
  readonly trunk: string;
  readonly account: string;
  readonly direction: string;
};

export type Agreement = {
  readonly same: boolean;
  readonly legs: readonly Leg[];
  readonly slots: readonly Slot[];
  /** Keys of legs that no slot counts, of slots that no leg has, of pairs with two tenants. */
  readonly uncounted: readonly string[];
  readonly absent: readonly string[];
  readonly otherTenant: readonly string[];
};

/** The trunk legs that a switch lists. */
export async function legsOf(server: string, manager: AmiConnection): Promise<Leg[]> {
  const { events } = await manager.list("CoreShowChannels");
  const legs = new Map<string, Leg>();
  for (const { fields, variables } of events) {
    const trunk = /^PJSIP\/([a-z]+_[a-z]+)-[0-9a-f]+$/.exec(fields.get("Channel") ?? "")?.[1];
    const key = `${server} ${fields.get("Uniqueid")}`;
    const direction = variables.get("SB_DIRECTION") ?? "";
    const account = fields.get("AccountCode") ?? "";
    if (trunk !== undefined) legs.set(key, { key, trunk, account, direction });
  }
  return [...legs.values()];
}

export async function readAgreement(
  servers: readonly string[],
  managerOf: (server: never) => AmiConnection,
  store: SlotStore,
): Promise<Agreement> {
  const legs = (
    await Promise.all(servers.map((server) => legsOf(server, managerOf(server as never))))
  ).flat();
  const { slots } = await store.snapshot();
  const counted = new Map(slots.map((slot) => [`${slot.key.server} ${slot.key.uniqueid}`, slot]));
  const live = new Set(legs.map(({ key }) => key));
  const uncounted = legs.filter(({ key }) => counted.get(key)?.state !== "bound").map(({ key }) => key);
  const absent = [...counted.keys()].filter((key) => !live.has(key));
  const otherTenant = legs
    .filter(({ key, account }) => counted.has(key) && (counted.get(key)?.tenant ?? "") !== account)
    .map(({ key, account }) => `${key} ${account} ${counted.get(key)?.tenant}`);
  const same = uncounted.length + absent.length + otherTenant.length === 0;
  return { same, legs, slots, uncounted, absent, otherTenant };
}

/** For a look at a store that cannot be asked at this moment: there is nothing to compare yet. */
export function unlessAway(error: unknown): null {
  if (error instanceof SlotStoreError) return null;
  throw error;
}

/** Dialogs that live, ringing ones included, as this end of them knows. The agent MUST trace its messages. */
export function liveDialogs(run: SippRun): number {
  const file = join(run.folder, FILES.messages);
  const live = new Set<string>();
  for (const message of existsSync(file) ? readMessages(readFileSync(file, "utf8")) : []) {
    const id = headerOf(message, "Call-ID") ?? "";
    if (message.method === "INVITE" && !/;tag=/.test(headerOf(message, "To") ?? "")) live.add(id);
    if (message.method === "BYE" || isRefusal(message)) live.delete(id);
  }
  return live.size;
}

function isRefusal(message: TracedMessage): boolean {
  const ofInvite = /INVITE/.test(headerOf(message, "CSeq") ?? "");
  return ofInvite && message.status !== null && message.status >= 300;
}
