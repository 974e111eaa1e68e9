// A scripted switch and our connection to it, both gone when the test is over.
import { afterEach, expect, vi } from "vitest";
import type { AmiConnectionOptions } from "../../src/ami/connection.ts";
import { type Peer, type PeerSession, type Script, startPeer, type Watched, watch } from "./ami-peer.ts";

const open: { peers: Peer[]; watched: Watched[] } = { peers: [], watched: [] };

afterEach(async () => {
  await Promise.all(open.watched.splice(0).map((watched) => watched.connection.stop()));
  await Promise.all(open.peers.splice(0).map((peer) => peer.close()));
});

export async function peerWith(...scripts: readonly Script[]): Promise<Peer> {
  const peer = await startPeer(...scripts);
  open.peers.push(peer);
  return peer;
}

export function started(address: string, more: Partial<AmiConnectionOptions> = {}): Watched {
  const watched = watch(address, more);
  open.watched.push(watched);
  watched.connection.start();
  return watched;
}

export const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });
export const untilUp = (watched: Watched) => until(() => expect(watched.connection.up).toBe(true));
export const names = (watched: Watched) => watched.events.map((event) => event.name);

/** A connection that is logged in, and the session of it that the switch sees. */
export async function up(
  script: Script = {},
  more: Partial<AmiConnectionOptions> = {},
): Promise<Watched & { peer: Peer; watched: Watched; session: PeerSession }> {
  const peer = await peerWith(script);
  const watched = started(peer.address, more);
  await untilUp(watched);
  const session = peer.sessions[0];
  if (session === undefined) throw new Error("up without a session");
  return { peer, watched, session, ...watched };
}
