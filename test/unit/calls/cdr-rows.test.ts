import { describe, expect, test } from "vitest";
import { newsOfRow, readCdrRow } from "../../../src/calls/cdr-rows.ts";
import { trunkWith } from "../../builders.ts";
import { outboundSnapshot } from "../../outbound-builders.ts";

const snapshot = outboundSnapshot(
  { apex: { callerIds: [], trunks: { strategy: "hybrid", dedicated: ["apex_sip"] } } },
  { trunks: [trunkWith("apex_sip", { tenant: "apex", shared: false }), trunkWith("pool_a")] },
);

const STAMP =
  "1764000000.1|16|ast1-1764000000.1|apex|inbound|pool_a|+12125550102|+12125550102|PJSIP/apex_sip-00000009|5000|2011";

/** As the rendered mapping writes them. */
function line(cells: Partial<Record<number, string>> = {}): string {
  const usual = [
    "1",
    "1764000000.1",
    "1764000000.1",
    "PJSIP/pool_a-00000008",
    "PJSIP/apex_sip-00000009",
    "1764000100.480746",
    "1764000101.100001",
    "1764000114.843071",
    "2",
    "ANSWERED",
    "apex",
    "+13125550123",
    STAMP,
  ];
  return usual.map((cell, index) => `"${(cells[index] ?? cell).replaceAll('"', '""')}"`).join(",");
}

const newsOf = (text: string) => {
  const row = readCdrRow(text);
  return row === null ? null : newsOfRow(row, "ast1", snapshot);
};

describe("a row", () => {
  test("tells of both its channels", () => {
    expect(newsOf(line())).toEqual({
      uniqueid: "1764000000.1",
      call: "ast1-1764000000.1",
      legs: [
        {
          channel: "PJSIP/pool_a-00000008",
          uniqueid: "1764000000.1",
          trunk: { name: "pool_a", shared: true },
          startedAt: 1_764_000_100_480,
          answeredAt: 1_764_000_101_100,
          endedAt: 1_764_000_114_843,
          cause: 16,
          tenant: "apex",
          zone: snapshot.tenants.values().next().value?.timezone,
          direction: "inbound",
          asked: { did: "+12125550102", caller: "+13125550123", dialled: "+12125550102" },
        },
        expect.objectContaining({
          channel: "PJSIP/apex_sip-00000009",
          uniqueid: null,
          trunk: { name: "apex_sip", shared: false },
          // Dialled five seconds before the end and talking for two, though the caller was answered earlier.
          startedAt: 1_764_000_109_843,
          answeredAt: 1_764_000_112_832,
          direction: "outbound",
          asked: null,
        }),
      ],
    });
  });

  test("without_a_stamp_names_no_call", () => {
    expect(newsOf(line({ 12: "" }))).toMatchObject({ uniqueid: "1764000000.1", call: null });
  });

  test("stamped_by_its_second_channel", () => {
    const stamp = "1764000000.2|34|ast1-1764000000.1|apex|outbound|apex_sip|||||";
    const [, other] = newsOf(line({ 3: "PJSIP/100-00000001", 6: "0.000000", 12: stamp }))?.legs ?? [];
    expect(other).toBeUndefined();
    const news = newsOf(line({ 6: "0.000000", 12: stamp }));
    expect(news?.legs[1]).toMatchObject({ uniqueid: "1764000000.2", cause: 34, answeredAt: null });
    expect(news?.legs[0]).toMatchObject({ cause: null, asked: null, tenant: "apex" });
  });

  test("between_phones_is_of_no_interest", () => {
    expect(newsOf(line({ 3: "PJSIP/100-00000001", 4: "PJSIP/101-00000002", 12: "" }))).toBeNull();
  });

  test("of_another_switchs_call_is_not_believed", () => {
    expect(newsOf(line({ 12: STAMP.replace("ast1-", "ast2-") }))).toBeNull();
  });

  test("of_a_client_that_has_left_stays_that_clients", () => {
    const news = newsOf(line({ 12: STAMP.replace("|apex|", "|gone|") }));
    expect(news?.legs[0]).toMatchObject({ tenant: "gone", zone: null });
  });
});

test.each([
  ["another_version", line({ 0: "2" })],
  ["a_column_more", `${line()},"x"`],
  ["a_column_less", line().replace(/,"[^"]*"$/, "")],
  ["half_a_line", line().slice(0, 60)],
  ["a_quote_that_never_ends", line().slice(0, -1)],
  ["an_uniqueid_with_a_blank", line({ 1: "1764000000.1 x" })],
  ["a_channel_with_a_line_end", line({ 3: "PJSIP/pool_a\r-1" })],
  ["an_end_before_its_start", line({ 7: "1764000000.000000" })],
  ["a_time_that_is_no_number", line({ 5: "NaN" })],
  ["a_caller_with_letters", line({ 11: "x" })],
  ["a_stamp_with_a_part_more", line({ 12: `${STAMP}|` })],
  ["a_stamp_whose_cause_is_none", line({ 12: STAMP.replace("|16|", "|sixteen|") })],
  ["a_number_in_the_stamp_that_is_none", line({ 12: STAMP.replace("+12125550102", "<script>") })],
  ["nothing", ""],
])("refused: %s", (_name, text) => {
  expect(readCdrRow(text)).toBeNull();
});

test("a line of nothing but quotes is refused", () => {
  expect(readCdrRow('"'.repeat(4096))).toBeNull();
});
