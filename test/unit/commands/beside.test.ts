import { expect, test } from "vitest";
import { ownAddresses, switchesBeside } from "../../../src/commands/node-recordings.ts";
import type { Switch } from "../../../src/core/snapshot/snapshot.ts";
import { snapshotWith } from "../../builders.ts";

const snapshot = (() => {
  const bare = snapshotWith();
  const switches = [
    { server: "ast1", ami: "127.0.0.1:5038" },
    { server: "ast2", ami: "10.0.0.12:5038" },
    { server: "ast3", ami: "[2001:db8::3]:5038" },
    { server: "ast4", ami: "10.0.0.14:5038" },
  ] as Switch[];
  return { ...bare, system: { ...bare.system, switches } };
})();

const interfaces = () => ({ eth0: [{ address: "10.0.0.12" }, { address: "2001:db8::3" }] }) as never;

test("switches_on_an_address_of_this_machine_are_beside_it", () => {
  expect(switchesBeside(snapshot, interfaces)).toEqual(["ast1", "ast2", "ast3"]);
});

test("a_kernel_that_may_not_be_asked_for_addresses_stops_no_node", () => {
  const refused = () => {
    throw new Error("uv_interface_addresses returned Unknown system error 97");
  };
  expect(switchesBeside(snapshot, refused)).toEqual(["ast1"]);
  expect(ownAddresses(refused)).toBeNull();
});
