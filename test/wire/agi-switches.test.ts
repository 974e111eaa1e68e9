import { pino } from "pino";
import { expect, test } from "vitest";
import { createStepHandler } from "../../src/agi/step-handler.ts";
import type { Switch } from "../../src/core/snapshot/snapshot.ts";

const log = pino({ level: "silent" });
const ast = (server: string, addresses: readonly string[]): Switch => ({
  ...{ server, addresses, ami: "127.0.0.1:5038", username: "u", secret: "s", version: "22" },
  technology: "pjsip",
  cdr: null,
});

/** The switch that a request from `address` is taken to be; null when it gets no decision. */
async function takenFor(
  switches: readonly Switch[],
  address: string,
  named?: string,
): Promise<string | null> {
  const seen: string[] = [];
  const handler = createStepHandler({
    switches: () => switches,
    decide: () => Promise.reject(new Error("no step is asked for here")),
    recordings: () => "/",
    sawRevision: (server) => void seen.push(server),
  });
  const query = new Map(named === undefined ? [] : [["server", named]]);
  expect(await handler({ headers: new Map(), args: [], path: "", query }, { address }, () => log)).toBeNull();
  return seen[0] ?? null;
}

test("a_switch_may_be_anywhere_in_its_networks_and_nowhere_else", async () => {
  const switches = [ast("ast1", ["10.1.0.0/16", "192.0.2.7"]), ast("ast2", ["2001:db8::/64"])];
  expect(await takenFor(switches, "10.1.255.255", "ast1")).toBe("ast1");
  expect(await takenFor(switches, "192.0.2.7", "ast1")).toBe("ast1");
  expect(await takenFor(switches, "2001:db8::5")).toBe("ast2");
  expect(await takenFor(switches, "10.2.0.0", "ast1")).toBeNull();
  expect(await takenFor(switches, "10.1.0.1", "ast2")).toBeNull();
});

test("a_switch_that_is_called_otherwise_now_is_said_to_need_its_dialplan_anew", async () => {
  const said: string[] = [];
  const handler = createStepHandler({
    switches: () => [ast("east1", ["10.0.0.1"])],
    decide: () => Promise.reject(new Error("no step is asked for here")),
    recordings: () => "/",
    sawRevision: () => {},
  });
  const told = pino({ level: "error" }, { write: (line: string) => void said.push(line) });
  const request = { headers: new Map(), args: [], path: "", query: new Map([["server", "ast1"]]) };
  expect(await handler(request, { address: "10.0.0.1" }, () => told)).toBeNull();
  expect(said.join("")).toMatch(
    /"agi_unknown_switch".*ast1, which is not configured; .*render its dialplan anew/,
  );
});

test("an_address_of_two_switches_must_be_named", async () => {
  const switches = [ast("ast1", ["10.0.0.0/8"]), ast("ast2", ["10.1.0.0/16"])];
  expect(await takenFor(switches, "10.1.0.1")).toBeNull();
  expect(await takenFor(switches, "10.1.0.1", "ast2")).toBe("ast2");
});
