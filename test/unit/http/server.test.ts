import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { Registry } from "prom-client";
import { afterEach, expect, test } from "vitest";
import { createHttp, listenHttp } from "../../../src/http/server.ts";

const servers: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

function server() {
  const registry = new Registry();
  const made = createHttp({
    registry,
    beforeMetrics: () => {},
    readiness: () => ({ ready: true, checks: {} }),
  });
  servers.push(made);
  return made;
}

test("an_address_that_is_taken_is_named_with_the_key_to_change", async () => {
  const first = server();
  await listenHttp(first, "127.0.0.1:0");
  const taken = first.listeningOrigin.replace("http://", "");
  await expect(listenHttp(server(), taken)).rejects.toMatchObject({
    code: "http_listen_failed",
    message: `cannot listen on ${taken}: free that address or change http.listen`,
  });
});

test.each([
  ["nothing", ""],
  ["half_a_request", "GET /metrics HTTP/1.1\r\nHost: x\r\n"],
])("a_peer_that_says_%s_does_not_keep_a_node_from_ending", async (_, says) => {
  const http = server();
  await listenHttp(http, "127.0.0.1:0");
  const peer = connect((http.server.address() as AddressInfo).port, "127.0.0.1");
  const closed = once(peer.resume(), "close");
  await once(peer, "connect");
  peer.write(says);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const began = performance.now();
  await http.close();
  expect(performance.now() - began).toBeLessThan(5000);
  await closed;
});
