/**
 * The standing orders of one node, in memory and in its file. An order is written first and in force then, so that
 * nothing is confirmed that a restart would undo; orders are taken one after another. It knows no other node
 * (slots/shared-standing.ts does) and no rule about calls.
 */
import type { Logger } from "pino";
import type { TenantId } from "../core/tenant/tenant-id.ts";
import { messageOf } from "../platform/errors.ts";
import {
  type Entries,
  type Entry,
  entryAfter,
  judgePin,
  laterEntries,
  readEntry,
  standingOf,
} from "./standing-entries.ts";
import { readStandingFile, writeStandingFile } from "./standing-file.ts";
import type { KeptOrders, Order, OverrideOrder, PinVerdict, Standing } from "./standing-port.ts";

export type StandingBookOptions = {
  readonly file: string;
  readonly log: Logger;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

export class StandingBook implements KeptOrders {
  readonly #options: StandingBookOptions;
  #entries: Entries;
  #standing: Standing;
  /** True while the file lacks something that is in force. */
  #behind = false;
  #turn: Promise<unknown> = Promise.resolve();

  /** Throws StandingError `standing_unreadable`: a node that forgot who is suspended must not take calls. */
  constructor(options: StandingBookOptions) {
    this.#options = options;
    this.#entries = readStandingFile(options.file);
    this.#standing = standingOf(this.#entries);
  }

  current(): Standing {
    return this.#standing;
  }

  setOverride({ tenant, hours, override, by }: OverrideOrder): Promise<void> {
    const value = override === null ? null : ({ kind: "override", ...override, by } as const);
    return this.#inTurn(() => this.#keep(this.#written(`override:${tenant}/${hours}`, value)));
  }

  suspend(tenant: TenantId, { by, why }: Order): Promise<void> {
    const value = { kind: "suspended", by, why } as const;
    return this.#inTurn(() => this.#keep(this.#written(`suspended:${tenant}`, value)));
  }

  resume(tenant: TenantId): Promise<boolean> {
    return this.#inTurn(async () => {
      if (!this.#standing.suspended.has(tenant)) return false;
      await this.#keep(this.#written(`suspended:${tenant}`, null));
      return true;
    });
  }

  /** A wrong PIN counts even when it cannot be written down. */
  pinTried(tenant: TenantId, right: boolean): Promise<PinVerdict> {
    return this.#inTurn(async () => {
      const key = `pins:${tenant}`;
      const { verdict, value } = judgePin(this.#entries.get(key), right, this.#options.now());
      if (value !== undefined) await this.#takeAnyway(this.#written(key, value));
      return verdict;
    });
  }

  untold(): null {
    return null;
  }

  exchange(theirs: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, string>> {
    return this.#inTurn(async () => {
      const known = new Map<string, Entry>();
      for (const [key, text] of theirs) {
        const entry = readEntry(text);
        if (entry !== null) known.set(key, entry);
      }
      const later = laterEntries(known, this.#entries);
      if (later.size > 0 || this.#behind) await this.#takeAnyway(later);
      const ours = laterEntries(this.#entries, known);
      return new Map([...ours].map(([key, entry]) => [key, JSON.stringify(entry)]));
    });
  }

  async close(): Promise<void> {
    await this.#turn;
  }

  #written(key: string, value: Entry["value"]): Entries {
    return new Map([[key, entryAfter(this.#entries.get(key), this.#options.now(), value)]]);
  }

  async #keep(changed: Entries): Promise<void> {
    const next = new Map([...this.#entries, ...changed]);
    await writeStandingFile(this.#options.file, next);
    this.#behind = false;
    this.#inForce(next);
  }

  async #takeAnyway(changed: Entries): Promise<void> {
    try {
      await this.#keep(changed);
    } catch (error) {
      if (!this.#behind) this.#options.log.error({ event: "standing.not_kept" }, messageOf(error));
      this.#behind = true;
      this.#inForce(new Map([...this.#entries, ...changed]));
    }
  }

  #inForce(entries: Entries): void {
    this.#entries = entries;
    this.#standing = standingOf(entries);
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
