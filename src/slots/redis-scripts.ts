import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { slotTimes } from "../calls/slot-port.ts";
import type { RedisClient } from "./redis-client.ts";

const NAMES = [
  "adopt",
  "bind",
  "end-boot",
  "expire",
  "freeze",
  "hand-back",
  "open",
  "rebuilt",
  "refuse",
  "renew",
  "snapshot",
  "usage",
] as const;

/** These stand on their own. */
const ALONE = ["elect", "spend-begin", "spend-end", "spend-fill"] as const;

export type ScriptName = (typeof NAMES)[number] | (typeof ALONE)[number] | "turn";

type Script = { readonly text: string; readonly sha: string };

const times = `local LEASE, PENDING, UNATTENDED = ${slotTimes.leaseMs}, ${slotTimes.pendingMs}, ${slotTimes.unattendedMs}\n`;
const header = `${times}${lua("header")}`;
const prelude = lua("prelude");
const scripts = new Map<ScriptName, Script>([
  ...NAMES.map((name) => [name, scriptOf(`${header}${prelude}${lua(name)}`)] as const),
  // Making the prelude's functions costs more than the usual ask, which needs none of them.
  ["turn", scriptOf(`${times}${lua("turn").replace("--@prelude", () => prelude)}`)],
  ...ALONE.map((name) => [name, scriptOf(lua(name))] as const),
]);

/** Runs one script, one round trip; the text is sent only when this server does not have it yet. */
export async function runScript(
  client: RedisClient,
  name: ScriptName,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  const script = scripts.get(name);
  if (script === undefined) throw new Error(`bug: there is no script ${name}`);
  // A turn is one write already, and Redis should begin with it while the next one is put together.
  if (name !== "turn") sendTogether(client);
  try {
    return await client.evalsha(script.sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
    return await client.eval(script.text, keys.length, ...keys, ...args);
  }
}

/**
 * What is asked in one go leaves in one write: with many calls at a time the writes cost more than all else. Nothing
 * waits for it, since the socket is let go as soon as those who have just been answered have asked anew.
 */
function sendTogether(client: RedisClient): void {
  if (!("stream" in client)) return;
  const { stream } = client;
  if (stream === undefined || stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

function lua(name: string): string {
  return readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), "utf8");
}

function scriptOf(text: string): Script {
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}
