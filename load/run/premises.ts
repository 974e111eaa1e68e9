// Where a run's floor is, one after another: whoever watches asks for the one that is there.
import { join } from "node:path";
import { LabError } from "../lab/lab-error.ts";
import { Floor } from "./floor.ts";
import type { FloorChoice } from "./profile.ts";

export class Premises {
  readonly #folder: string;
  readonly #ports: number;
  #floor: Floor | null = null;

  constructor(folder: string, ports: number) {
    this.#folder = folder;
    this.#ports = ports;
  }

  /** Null between two. */
  get current(): Floor | null {
    return this.#floor;
  }

  get floor(): Floor {
    if (this.#floor !== null) return this.#floor;
    throw new LabError("no_floor", "bug: this run has no floor at the moment");
  }

  async moveTo(name: string, choice: FloorChoice): Promise<Floor> {
    await this.clear();
    this.#floor = await Floor.start({ ...choice, folder: join(this.#folder, name), ports: this.#ports });
    return this.#floor;
  }

  async clear(): Promise<void> {
    const floor = this.#floor;
    this.#floor = null;
    await floor?.stop();
  }
}
