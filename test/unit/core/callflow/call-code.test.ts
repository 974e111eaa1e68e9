import { describe, expect, test } from "vitest";
import { callCodeOf, readCallCode } from "../../../../src/core/callflow/call-code.ts";
import { outboundOffer } from "../../../outbound-builders.ts";

describe("a call code in a caller's name", () => {
  test.each([
    ["V1122001530000012345", "V1122001530000012345", true, 12345],
    ["M1122001530000012345", "M1122001530000012345", false, 12345],
    ["Y1122001530000012345", "Y1122001530000012345", false, 12345],
    ["J1122001530000012345", "J1122001530000012345", false, 12345],
    ["M1122001530000012345 12125550100", "M1122001530000012345", false, 12345],
    ["DC112200W0000012345W", "DC112200W0000012345W", false, 12345],
    ["V0000000009999999999", "V0000000009999999999", true, 9999999999],
  ])("%s", (name, code, automatic, lead) => {
    expect(readCallCode(name)).toEqual({ code, automatic, lead });
  });

  test.each([
    "",
    " V1122001530000012345",
    "v1122001530000012345",
    "V112200153000001234",
    "V11220015300000123456",
    "X1122001530000012345",
    "DC112200W0000012345",
    "DC112200W0000012345W9",
    "V112200153000001234\n",
    "V1122001530000012345' or '1'='1",
    "V11220015300000１２３４５",
    `${"V".repeat(100_000)}`,
  ])("case %#: is none", (name) => {
    const read = readCallCode(name);
    if (name.includes("' or")) expect(read?.code).toBeUndefined();
    else expect(read).toBeNull();
  });

  test("is_believed_on_local_channels_only", () => {
    const callerName = "V1122001530000012345";
    expect(
      callCodeOf(outboundOffer({ channel: "Local/7112@default-00000001;2", callerName })),
    ).not.toBeNull();
    for (const channel of ["PJSIP/pool_a-00000001", "SIP/cc100-00000001", "PJSIP/Local/x-00000001"])
      expect(callCodeOf(outboundOffer({ channel, callerName })), channel).toBeNull();
  });
});
