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

test("a_switch_named_by_this_machines_own_name_is_beside_it", () => {
  const named = (...hosts: string[]) => {
    const switches = hosts.map((host) => ({ server: host, ami: `${host}:5038` })) as Switch[];
    return { ...snapshot, system: { ...snapshot.system, switches } };
  };
  const all = named("PBX1", "pbx1.example.com", "pbx1.example.net", "pbx2", "localhost", "[::1]");
  const local = ["localhost", "[::1]"];
  expect(switchesBeside(all, interfaces, "pbx1.example.com")).toEqual(["PBX1", "pbx1.example.com", ...local]);
  expect(switchesBeside(all, interfaces, "pbx1")).toEqual(["PBX1", ...local]);
});
