/**
 * Writes the log's lines to a file descriptor in the background, many at a time. Whatever becomes of the log, the process
 * goes on: what a full disk does not take is lost, what nobody reads waits in bounded memory, and how many lines are
 * missing is told with the next that get through.
 */
import { write, writeSync } from "node:fs";

/** How long a line may wait for others, and how much may have come together before it goes out at once. */
const GATHER_MS = 50;
const GATHER_CHARACTERS = 65_536;
/** Of what waits while nobody reads: some 30,000 lines. */
const MOST_CHARACTERS = 8_388_608;
const AGAIN_MS = 100;
/** A write that has not come back for so long is one that nobody reads: a further one would not come back either. */
const STALLED_MS = 1000;
const LF = 10;

export class LogWriter {
  readonly #fd: number;
  #gathered = "";
  #timer: NodeJS.Timeout | null = null;
  /** When the write that is under way began, or last got on; and whether a thread is in it right now. */
  #writingSince: number | null = null;
  #holdsThread = false;
  #lost = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(line: string): void {
    if (this.#gathered.length + line.length > MOST_CHARACTERS) {
      this.#lost += 1;
      return;
    }
    this.#gathered += line;
    this.#gather();
  }

  /** True while a thread is in a write that nobody takes: the end of the process would wait for it. */
  get keepsProcess(): boolean {
    return this.#holdsThread && this.#isStalled();
  }

  /** Everything that can be written is when it returns, but what is under way already. */
  flushSync(): void {
    let bytes = this.#isStalled() ? Buffer.alloc(0) : this.#take();
    const until = performance.now() + STALLED_MS;
    while (bytes.length > 0) {
      try {
        bytes = bytes.subarray(writeSync(this.#fd, bytes));
      } catch (error) {
        if (!isBusy(error) || performance.now() > until) return;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, AGAIN_MS);
      }
    }
  }

  #isStalled(): boolean {
    return this.#writingSince !== null && performance.now() - this.#writingSince > STALLED_MS;
  }

  /** Each write wakes a thread: what comes during one waits for others, too, once it is through. */
  #gather(): void {
    if (this.#writingSince !== null) return;
    if (this.#gathered.length >= GATHER_CHARACTERS) this.#hand();
    else this.#timer ??= setTimeout(() => this.#hand(), GATHER_MS).unref();
  }

  #hand(): void {
    const bytes = this.#take();
    if (bytes.length > 0) this.#write(bytes, 0);
  }

  #take(): Buffer {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const text = this.#gathered;
    this.#gathered = "";
    return Buffer.from(text);
  }

  #write(bytes: Buffer, from: number, since = performance.now()): void {
    this.#writingSince = since;
    this.#holdsThread = true;
    write(this.#fd, bytes, from, (error, written) => {
      this.#holdsThread = false;
      if (isBusy(error)) setTimeout(() => this.#write(bytes, from, since), AGAIN_MS);
      else if (error !== null) this.#failed(bytes, from);
      else if (from + written < bytes.length) this.#write(bytes, from + written);
      else this.#written();
    });
  }

  #written(): void {
    this.#writingSince = null;
    if (this.#lost > 0) this.#gathered += lostLine(this.#lost);
    this.#lost = 0;
    if (this.#gathered !== "") this.#gather();
  }

  /** Those who come later try again. */
  #failed(bytes: Buffer, from: number): void {
    this.#writingSince = null;
    for (let at = from; at < bytes.length; at += 1) if (bytes[at] === LF) this.#lost += 1;
    const waits = this.#gathered !== "";
    const isTorn = from > 0 && bytes[from - 1] !== LF;
    if (isTorn) this.#gathered = `\n${this.#gathered}`;
    if (waits) this.#gather();
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAGAIN";
}

function lostLine(lines: number): string {
  const says = "these lines are missing before this one: the log's disk was full, or nobody read it";
  const line = { level: "warn", time: new Date().toISOString(), event: "log.lines_lost", lines, msg: says };
  return `${JSON.stringify(line)}\n`;
}
