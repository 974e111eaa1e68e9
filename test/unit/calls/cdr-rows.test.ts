import { describe, expect, test } from "vitest";
import { newsOfRow, readCdrRow } from "../../../src/calls/cdr-rows.ts";
import { trunkWith } from "../../builders.ts";
import { outboundSnapshot } from "../../outbound-builders.ts";

const snapshot = outboundSnapshot(
  {
    apex: {
      callerIds: [],
      dids: { "+12125550100": "main" },
      trunks: { strategy: "hybrid", dedicated: ["apex_sip"] },
    },
    birch: { accountcodes: ["birch"] },
  },
  { trunks: [trunkWith("apex_sip", { tenant: "apex", shared: false }), trunkWith("pool_a")] },
);

const STAMP = "1764000000.1|16|ast1-1764000000.1|apex|inbound|pool_a|+12125550102|+12125550102";

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
    "1764000112832",
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
          // The caller had been answered earlier, by a menu.
          startedAt: 1_764_000_100_480,
          answeredAt: 1_764_000_112_832,
          direction: "outbound",
          asked: null,
        }),
      ],
    });
  });

  test("whose_first_channel_was_dialled_earlier_says_nothing_of_the_others_answer", () => {
    const [, other] = newsOf(line({ 13: "1764000000001" }))?.legs ?? [];
    expect(other?.answeredAt).toBe(1_764_000_101_100);
    expect(newsOf(line({ 13: "" }))?.legs[1]?.answeredAt).toBe(1_764_000_101_100);
  });

  test("without_a_stamp_names_no_call", () => {
    expect(newsOf(line({ 12: "" }))).toMatchObject({ uniqueid: "1764000000.1", call: null });
  });

  test("stamped_by_its_second_channel", () => {
    const stamp = "1764000000.2|34|ast1-1764000000.1|apex|outbound|apex_sip||";
    const [, other] = newsOf(line({ 3: "PJSIP/100-00000001", 6: "0.000000", 12: stamp }))?.legs ?? [];
    expect(other).toBeUndefined();
    const news = newsOf(line({ 6: "0.000000", 12: stamp, 13: "" }));
    expect(news?.legs[1]).toMatchObject({ uniqueid: "1764000000.2", cause: 34, answeredAt: null });
    expect(news?.legs[0]).toMatchObject({ cause: null, asked: null, tenant: "apex" });
  });

  test("between_phones_is_of_no_interest", () => {
    expect(newsOf(line({ 3: "PJSIP/100-00000001", 4: "PJSIP/101-00000002", 12: "" }))).toBeNull();
  });

  test("of_another_switchs_call_is_not_believed", () => {
    expect(newsOf(line({ 12: STAMP.replace("ast1-", "ast2-") }))).toBeNull();
  });

  test("of_a_call_out_that_got_no_decision_is_of_its_account_code", () => {
    const stamp = "1764000000.1|42|||||2125550142|";
    const phone = { 3: "PJSIP/100-00000001", 4: "", 6: "0.000000", 9: "FAILED", 12: stamp, 13: "" };
    expect(newsOf(line(phone))).toMatchObject({
      call: "ast1-1764000000.1",
      legs: [{ tenant: "apex", direction: "outbound", cause: 42, asked: { dialled: "2125550142" } }],
    });
    expect(newsOf(line({ ...phone, 10: "nobody" }))?.legs[0]).toMatchObject({ tenant: null });
  });

  test.each([
    ["is_of_the_client_whose_number_it_dialled", "12125550100", "", "apex", "+12125550100"],
    ["is_nobodys_when_it_dialled_nobodys_number", "+19995550100", "", null, null],
    ["is_nobodys_when_its_account_code_is_another_clients", "12125550100", "birch", null, null],
  ])("of_a_call_in_that_got_no_decision_%s", (_what, dialled, accountcode, tenant, did) => {
    const stamp = `1764000000.1|1|||||${dialled}|`;
    const row = { 4: "", 6: "0.000000", 9: "FAILED", 10: accountcode, 12: stamp, 13: "" };
    expect(newsOf(line(row))).toMatchObject({
      call: "ast1-1764000000.1",
      legs: [{ tenant, direction: "inbound", asked: { did, dialled } }],
    });
  });

  test.each([
    ["3125550123", "+13125550123"],
    ["", "anonymous"],
    ["100", "100"],
  ])("names_the_caller_as_a_step_would_have: %s", (sent, shown) => {
    expect(newsOf(line({ 11: sent }))?.legs[0]?.asked?.caller).toBe(shown);
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
  ["an_answer_that_is_no_time", line({ 13: "soon" })],
  ["nothing", ""],
])("refused: %s", (_name, text) => {
  expect(readCdrRow(text)).toBeNull();
});

test("a caller may send as many digits as Asterisk keeps", () => {
  expect(readCdrRow(line({ 11: "7".repeat(79) }))?.caller).toHaveLength(79);
  expect(readCdrRow(line({ 11: "7".repeat(81) }))).toBeNull();
});

test("a line of nothing but quotes is refused", () => {
  expect(readCdrRow('"'.repeat(4096))).toBeNull();
});
