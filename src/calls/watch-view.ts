import type { SweepOutcome } from "./leg-facts.ts";
import type { OrderOutcome } from "./leg-orders.ts";
import type { ListedChannel } from "./switch-eyes-port.ts";

/** What was seen and done for one switch, for metrics and for whoever asks why a slot is there. */
export type WatchView = {
  readonly server: string;
  readonly listening: boolean;
  readonly boot: string;
  /** How far store and switch were apart at the last complete look: legs and slots that do not match. */
  readonly drift: number;
  /** Trunk legs that name no client, refused ones left out. */
  readonly unstamped: number;
  /** Complete looks. */
  readonly sweeps: number;
  readonly incomplete: number;
  readonly adopted: number;
  /** Slots freed for any reason. */
  readonly freed: number;
  /** Epoch milliseconds of the last complete look, null before the first. */
  readonly sweptAt: number | null;
};

/** Keeps the numbers of one switch. */
export class WatchTally {
  boot = "";
  readonly #numbers = { drift: 0, unstamped: 0, sweeps: 0, incomplete: 0, adopted: 0, freed: 0 };
  #sweptAt: number | null = null;

  view(server: string, listening: boolean): WatchView {
    return { server, listening, boot: this.boot, ...this.#numbers, sweptAt: this.#sweptAt };
  }

  looked({ drift, unstamped }: SweepOutcome, complete: boolean, at: number): void {
    if (!complete) {
      this.#numbers.incomplete += 1;
      return;
    }
    this.#numbers.drift = drift.uncounted + drift.absent + drift.otherTenant.length;
    this.#numbers.unstamped = unstamped.length;
    this.#numbers.sweeps += 1;
    this.#sweptAt = at;
  }

  did(outcome: OrderOutcome): void {
    if (outcome.did === "adopt" && outcome.why !== "gone" && outcome.why !== "held")
      this.#numbers.adopted += 1;
    if (outcome.did === "free") this.#numbers.freed += outcome.slots;
  }
}

/** All channels of a switch that lived when it was asked. */
export type Look = {
  readonly server: string;
  readonly boot: string;
  readonly channels: readonly ListedChannel[];
  /** Switches whose leases the store had frozen. */
  readonly frozen: readonly string[];
};
