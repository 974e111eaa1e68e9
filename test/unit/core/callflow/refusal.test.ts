import { describe, expect, test } from "vitest";
import { refusals } from "../../../../src/core/callflow/refusal.ts";

/** The public names of the reasons; reports, metrics and other people's programs know them by these. */
const PUBLIC = [
  "unknown_did",
  "unknown_tenant",
  "tenant_conflict",
  "tenant_suspended",
  "bad_number",
  "caller_blocked",
  "tenant_full",
  "inbound_full",
  "outbound_full",
  "pool_full",
  "no_trunk",
  "too_fast",
  "do_not_call",
  "outside_calling_window",
  "destination_not_allowed",
  "spend_limit",
  "caller_id_not_owned",
  "slots_unreachable",
];

describe("the table of refusals", () => {
  test.each(PUBLIC)("has %s", (reason) => {
    expect(Object.keys(refusals)).toContain(reason);
  });

  test("adds_only_the_end_of_an_endless_chain", () => {
    expect(Object.keys(refusals).filter((reason) => !PUBLIC.includes(reason))).toEqual(["too_many_steps"]);
  });

  test.each(Object.entries(refusals))("%s has a cause that no switch misreads, and words", (reason, row) => {
    expect(reason).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(Number.isInteger(row.cause) && row.cause >= 1 && row.cause <= 127).toBe(true);
    expect([16, 34]).not.toContain(row.cause);
    expect(row.text).toMatch(/^[a-z].*[^.]$/);
  });
});
