import { describe, expect, test } from "vitest";
import { type DiallerTrunks, planTrunks, trunkSql } from "../../../src/vicidial/trunk-plan.ts";
import { snapshotWith, type WrittenTenant } from "../../builders.ts";

const now: DiallerTrunks = {
  servers: [
    { server: "10.0.0.1", most: 96 },
    { server: "10.0.0.2", most: 48 },
  ],
  campaigns: [
    { campaign: "APEXOUT", active: true, userGroup: "APEX" },
    { campaign: "APEX2", active: true, userGroup: "APEX" },
    { campaign: "APEXOLD", active: false, userGroup: "APEX" },
    { campaign: "BETAOUT", active: true, userGroup: "BETA" },
  ],
  rows: [],
};

const plan = (apex: WrittenTenant, with_: Partial<DiallerTrunks> = {}) => {
  const names = { campaigns: ["apexout"], userGroups: ["APEX"] };
  const [first] = planTrunks(snapshotWith({ tenants: { apex: { vicidial: names, ...apex } } }), {
    ...now,
    ...with_,
  });
  if (first === undefined) throw new Error("no plan");
  return first;
};

describe("trunks of the dialler", () => {
  test.each([10, 11, 37, 100, 400])("cap %i: all servers together stay under it, a row each", (channels) => {
    const { most, changes } = plan({ limits: { channels } });
    expect(changes).toHaveLength(4);
    const sum = changes.reduce((all, { row }) => all + row.trunks, 0);
    expect(sum).toBe(most);
    expect(sum).toBeLessThan(channels);
  });

  test("the_larger_server_gets_more", () => {
    const of = (server: string) =>
      plan({ limits: { channels: 100 } })
        .changes.filter(({ row }) => row.server === server)
        .reduce((all, { row }) => all + row.trunks, 0);
    expect([of("10.0.0.1"), of("10.0.0.2")]).toEqual([60, 30]);
  });

  test("the_smaller_of_two_caps_counts_and_agents_keep_a_tenth", () => {
    expect(plan({ limits: { channels: 100, outbound: 50 }, agents: 20 }).most).toBe(48);
  });

  test("a_cap_of_one_leaves_the_dialler_nothing", () => {
    expect(plan({ limits: { channels: 1 } }).changes.map(({ row }) => row.trunks)).toEqual([0, 0, 0, 0]);
  });

  test("what_a_table_holds_cannot_become_a_statement", () => {
    const servers = [{ server: "1\nDROP TABLE x;--'", most: 1 }];
    const sql = trunkSql([plan({ limits: { channels: 10 } }, { servers })]);
    expect(sql.split("\n").filter((line) => !/^(--|INSERT INTO|DELETE FROM|$)/.test(line))).toEqual([]);
    expect(sql).toContain("'1?DROP TABLE x;--'''");
  });

  test("without_a_cap_nothing_is_held_back", () => {
    expect(plan({})).toMatchObject({ most: null, changes: [] });
  });

  test("what_stands_already_is_left_alone_and_what_overflows_is_not", () => {
    const wanted = plan({ limits: { channels: 100 } }).changes.map(({ row }) => row);
    expect(plan({ limits: { channels: 100 } }, { rows: wanted })).toMatchObject({ today: 90, changes: [] });
    const loose = wanted.map((row) => ({ ...row, restriction: "OVERFLOW_ALLOWED" }));
    const { today, changes } = plan({ limits: { channels: 100 } }, { rows: loose });
    expect(today).toBeNull();
    expect(changes.every(({ why }) => why.includes("may go above"))).toBe(true);
  });

  test("a_campaign_in_the_group_of_one_client_and_the_file_of_another_is_the_latter's", () => {
    const tenants = {
      apex: { limits: { channels: 100 }, vicidial: { campaigns: ["APEXOUT"], userGroups: ["APEX"] } },
      beta: { limits: { channels: 100 }, vicidial: { campaigns: ["apex2"], userGroups: [] } },
    };
    const [first, second] = planTrunks(snapshotWith({ tenants }), now);
    expect(new Set(first?.changes.map(({ row }) => row.campaign))).toEqual(new Set(["APEXOUT"]));
    expect(new Set(second?.changes.map(({ row }) => row.campaign))).toEqual(new Set(["APEX2"]));
  });

  test("statements_carry_their_reasons_and_nothing_else_changes", () => {
    const sql = trunkSql([plan({ limits: { channels: 100 } })]);
    expect(sql.match(/^INSERT/gm)).toHaveLength(4);
    expect(sql).toContain("-- 10.0.0.1 APEXOUT: there is no row");
    expect(sql).toContain("VALUES ('10.0.0.1', 'APEXOUT', 30, 'MAXIMUM_LIMIT');");
    expect(sql).not.toContain("APEXOLD");
    expect(sql).not.toContain("BETAOUT");
  });
});
