/**
 * Reads one list of numbers in a thread of its own: sorting ten million takes a second, and calls are decided in
 * milliseconds. The sorted keys are handed over, not copied.
 */
import { open } from "node:fs/promises";
import { parentPort, workerData } from "node:worker_threads";
import { type BadLines, NumberLines } from "../core/number/number-lines.ts";
import { stepBehind } from "../platform/niceness.ts";
import { sortKeys } from "./number-set.ts";

export type ReadNumbers = { readonly file: string; readonly country: string };

export type NumbersRead =
  | { readonly ok: true; readonly keys: Float64Array; readonly bad: BadLines }
  | { readonly ok: false; readonly problem: string };

const CHUNK = 1 << 20;

/** Lines are counted first, so that the keys get just the memory they need. */
async function read({ file, country }: ReadNumbers): Promise<NumbersRead> {
  const handle = await open(file);
  try {
    let lines = 1;
    await eachChunk(handle, (chunk) => {
      for (const byte of chunk) if (byte === 10) lines++;
    });
    const keys = new Float64Array(lines);
    let count = 0;
    const reader = new NumberLines(country, (key) => {
      if (count < lines) keys[count++] = key;
    });
    await eachChunk(handle, (chunk) => reader.push(chunk));
    const bad = reader.end();
    return { ok: true, keys: sortKeys(keys.subarray(0, count)), bad };
  } finally {
    await handle.close();
  }
}

async function eachChunk(
  handle: Awaited<ReturnType<typeof open>>,
  take: (chunk: Uint8Array) => void,
): Promise<void> {
  const buffer = new Uint8Array(CHUNK);
  let position = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, CHUNK, position);
    if (bytesRead === 0) return;
    take(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
}

if (parentPort !== null) {
  const port = parentPort;
  stepBehind();
  const result: NumbersRead = await read(workerData as ReadNumbers).catch((error: unknown) => ({
    ok: false,
    problem: error instanceof Error ? error.message : String(error),
  }));
  if (result.ok) port.postMessage(result, [result.keys.buffer as ArrayBuffer]);
  else port.postMessage(result);
}
