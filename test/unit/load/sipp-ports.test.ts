import { createSocket } from "node:dgram";
import { once } from "node:events";
import { expect, test } from "vitest";
import { freePort, isBound } from "../../../load/sipp/ports.ts";

test("a_port_that_is_bound_is_never_given_however_many_were_given_before", async () => {
  const ip = "127.0.0.77";
  const socket = createSocket("udp4");
  socket.bind(freePort(ip, 1) + 20, ip);
  await once(socket, "listening");
  const { port } = socket.address();
  expect(isBound(ip, port)).toBe(true);
  const given = Array.from({ length: 1100 }, () => freePort(ip, 4));
  socket.close();
  expect(given).not.toContain(port);
  expect(new Set(given.slice(0, 900)).size).toBe(900);
});
