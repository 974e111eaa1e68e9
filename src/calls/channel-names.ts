/** Names of channels by uniqueid, for the question whether one still lives; the oldest are forgotten first. */
export class ChannelNames {
  readonly #names = new Map<string, string>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  get(uniqueid: string): string | undefined {
    return this.#names.get(uniqueid);
  }

  remember(uniqueid: string, channel: string): void {
    this.#names.set(uniqueid, channel);
    const [oldest] = this.#names.keys();
    if (this.#names.size > this.#most && oldest !== undefined) this.#names.delete(oldest);
  }

  forget(uniqueid: string): void {
    this.#names.delete(uniqueid);
  }
}
