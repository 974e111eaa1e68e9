import { describe, expect, test } from "vitest";
import { inCheckout, signalbox } from "./command-line.ts";

const config = inCheckout("config");

describe("help", () => {
  test.each([
    [["--help"]],
    [["check", "--help"]],
    [["simulate", "--help"]],
    [["simulate", "inbound", "--help"]],
    [["simulate", "outbound", "--help"]],
    [["render", "--help"]],
    [["schema", "--help"]],
    [["serve", "--help"]],
  ])("%s", async (args) => {
    const { code, out, err } = await signalbox(args);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("Usage: signalbox");
    expect(out).toContain("--config <dir>");
    expect(out).not.toContain("\u001b");
  });
});

describe("wrong_use_is_2_and_says_what_is_wrong", () => {
  test.each([
    [[], "Usage: signalbox"],
    [["chekc"], "unknown command 'chekc'"],
    [["check", "--jsn"], "unknown option '--jsn'"],
    [["check", "extra"], "too many arguments"],
    [["check", "--node", ""], "It must be letters, digits"],
    [["check", "--node", "tel 1"], "It must be letters, digits"],
    [["simulate"], "Usage: signalbox simulate"],
    [["simulate", "inbound"], "required option '--did <number>'"],
    [["simulate", "inbound", "--did"], "argument missing"],
    [["simulate", "outbound", "--tenant", "apex"], "required option '--to <number>'"],
    [["simulate", "inbound", "--did", "+12125550100", "--at", "soon"], "--at soon: write a moment"],
    [["simulate", "inbound", "--did", "+12125550100", "--trunk", "nowhere"], "no trunk called nowhere"],
    [["simulate", "inbound", "--did", "+12125550100", "--digits", "1,x"], "--digits x: write"],
    [["simulate", "inbound", "--did", "+12125550100", "--dial", "ring"], "--dial ring: the words are answer"],
    [["simulate", "inbound", "--did", "+12125550100", "--queue", "full,"], "--queue : the words are answer"],
    [["simulate", "inbound", "--did", "+12125550100", "--in-use", "aepx=1"], "no tenant called aepx"],
    [["simulate", "inbound", "--did", "+12125550100", "--unhealthy", "pool_x"], "no trunk of that name"],
    [["simulate", "inbound", "--did", "+12125550100", "--override", "office"], "write HOURS=open"],
    [["simulate", "inbound", "--did", "+12125550100", "--server", "ast9"], "configured are ast1"],
    [["simulate", "inbound", "--did", "+12125550100", "--explore", "--format", "pdf"], "Allowed choices"],
    [["calls", "--var", "/nowhere", "--since", "yesterday"], "--since takes a date"],
    [["report", "usage", "--var", "/nowhere", "--tenant", "apex", "--month", "2026-13"], "--month takes"],
  ])("%s", async (args, message) => {
    const { code, out, err } = await signalbox([...args, ...(args.length === 0 ? [] : ["--config", config])]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
    expect(err).not.toMatch(/^\s+at /m);
  });
});

test("the_version_is_the_package's", async () => {
  expect(await signalbox(["--version"])).toEqual({ code: 0, out: "0.1.0\n", err: "" });
});
