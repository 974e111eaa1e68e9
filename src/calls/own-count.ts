import type { LegWatch } from "./legs.ts";
import { bookOf } from "./switch-news.ts";
import type { WatchOptions } from "./watch-options.ts";

/**
 * While the store cannot be asked, calls may be weighed by this node's own count. Whoever listens to the switch, what
 * lives there is in that count and does not run out of it, and what does not live ends in a minute. Rejects, since the
 * store cannot be told.
 */
export async function keepOwnCount(options: WatchOptions, legs: LegWatch, boot: string): Promise<void> {
  const { server, slots, node, eyes, snapshot } = options;
  const { channels, complete } = await eyes.list(server);
  const alone = slots.health().state === "unreachable";
  if (alone) {
    const found = legs.among(channels, boot, bookOf(snapshot()));
    const told: Promise<unknown>[] = found.map((leg) => slots.adopt(leg, node));
    if (complete) told.push(slots.unfreeze(server));
    await Promise.allSettled(told);
  }
  await slots.renew(
    server,
    boot,
    channels.map(({ uniqueid }) => uniqueid),
  );
}
