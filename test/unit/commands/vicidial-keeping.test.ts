import { expect, test } from "vitest";
import { vicidialSources } from "../../../src/commands/vicidial-keeping.ts";
import type { Vicidial } from "../../../src/core/snapshot/snapshot.ts";
import { snapshotWith } from "../../builders.ts";

const vicidial: Vicidial = {
  database: "mysql://reader@127.0.0.1/asterisk",
  lookUpAll: false,
  doNotCall: true,
  passUnknownDids: false,
  failOpen: false,
  fastagi: "127.0.0.1:4577",
  dialPrefix: null,
};

test("the_common_table_holds_for_everyone_and_is_read_once_more_for_each_other_country", () => {
  const named = { campaigns: ["ONE"], userGroups: [] };
  const tenants = {
    apex: { vicidial: named },
    beta: { country: "GB" },
    gamma: { country: "GB", vicidial: named },
  };
  expect(vicidialSources(snapshotWith({ system: { vicidial }, tenants }))).toEqual([
    { tenant: null, of: null, country: "US" },
    { tenant: null, of: null, country: "GB", tenants: new Set(["beta", "gamma"]) },
    { tenant: "apex", of: named, country: "US" },
    { tenant: "gamma", of: named, country: "GB" },
  ]);
  const without = { ...vicidial, doNotCall: false };
  expect(vicidialSources(snapshotWith({ system: { vicidial: without }, tenants }))).toEqual([]);
});
