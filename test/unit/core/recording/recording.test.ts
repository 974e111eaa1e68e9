import { describe, expect, test } from "vitest";
import { planRecording } from "../../../../src/core/recording/recording.ts";
import type { RecordingPolicy } from "../../../../src/core/snapshot/snapshot.ts";
import type { CallId } from "../../../../src/core/tenant/stamp.ts";
import { at, tenantWith } from "../../../builders.ts";

const NOW = at("2026-11-23T12:00:00Z");
const policy: RecordingPolicy = {
  ...{ inbound: 100, outbound: 0, format: "wav", notice: null, keepDays: null },
  ...{ legs: false, campaigns: new Map() },
};

function plan(recording: Partial<RecordingPolicy>, call = "ast1-1795304782.2", did = "+12125550100") {
  const tenant = tenantWith("apex", {
    recording: { ...policy, ...recording },
    dids: { "+12125550100": "main", "+12125550101": { route: "main", recording: 0 } },
  });
  return planRecording({ call: call as CallId, direction: "inbound", did }, tenant, NOW);
}

describe("planRecording", () => {
  test("all_calls_are_recorded_under_their_tenant_and_the_day_they_began", () => {
    expect(plan({})?.file).toBe("apex/2026/11/21/ast1-1795304782.2.wav");
  });
  test("the_moment_of_the_step_counts_where_the_call_id_names_none", () => {
    expect(plan({}, "ast1-x")?.file).toBe("apex/2026/11/23/ast1-x.wav");
  });
  test("none_is_none", () => {
    expect(plan({ inbound: 0 })).toBeNull();
  });
  test("the_did_overrules_its_tenant", () => {
    expect(plan({}, "ast1-1795304782.2", "+12125550101")).toBeNull();
  });
  test("a_share_is_a_share_and_the_same_for_a_call_at_every_step", () => {
    const ids = Array.from({ length: 4000 }, (_, index) => `ast1-17953${String(index).padStart(5, "0")}.7`);
    const recorded = ids.filter((id) => plan({ inbound: 25 }, id) !== null);
    expect(recorded.length / ids.length).toBeGreaterThan(0.21);
    expect(recorded.length / ids.length).toBeLessThan(0.29);
    expect(recorded).toEqual(ids.filter((id) => plan({ inbound: 25 }, id) !== null));
  });
  test("a_campaign_overrules_its_tenant_for_calls_out_however_it_is_written", () => {
    const recording = { ...policy, campaigns: new Map([["SALES", 100]]) };
    const out = (campaign: string | null) =>
      planRecording(
        { call: "ast1-1795304782.2" as CallId, direction: "outbound", did: "", campaign },
        tenantWith("apex", { recording }),
        NOW,
      );
    expect([out("Sales"), out("SURVEY"), out(null)].map((each) => each !== null)).toEqual([
      true,
      false,
      false,
    ]);
  });
  test("both_sides_apart_are_asked_for_with_the_file", () => {
    expect(plan({ legs: true })?.legs).toBe(true);
    expect(plan({})).not.toHaveProperty("legs");
  });
  test("wav49_gets_the_extension_that_asterisk_gives_it", () => {
    expect(plan({ format: "wav49" })?.file).toMatch(/\.WAV$/);
  });
});
