import { createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { crowd, takenAt } from "../../../load/run/faults/connections.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

test("what_a_server_holds_is_seen_at_its_own_end_until_it_lets_go", async () => {
  const held = new Set<Socket>();
  const server = createServer((socket) => held.add(socket));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const many = crowd(`127.0.0.1:${port}`, "idle", 20);
  ends.push(() => server.close(), many.close);
  await expect.poll(() => takenAt(port).size).toBe(20);
  for (const socket of held) socket.destroy();
  await expect.poll(() => takenAt(port).size).toBe(0);
});
