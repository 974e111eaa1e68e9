// Staff close and open a line with a phone's keys, and callers find it so: real DTMF, real restarts.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { expectOk, refusedCaller, type Typing, typist } from "../../load/sipp-runner.ts";
import { hoursCodePrompts } from "../../src/core/callflow/hours-code.ts";
import { signalbox } from "../unit/commands/command-line.ts";
import { callAndArrive, somebody } from "./support/callers.ts";
import { AT } from "./support/configuration.ts";
import { startTestWorld, type TestWorld } from "./support/test-world.ts";

const PIN = "471190";

const tenant = (name: string, number: string, phone: string): string => `timezone: America/New_York
country: US
ingroups: [${name}_OPEN, ${name}_CLOSED]
hours_code: {code: "*21", pin: "${PIN}", hours: office}
dids:
  "${number}": {route: main}
routes:
  main: {hours: office, open: {ingroup: ${name}_OPEN}, closed: {ingroup: ${name}_CLOSED}, holiday: {ingroup: ${name}_CLOSED}}
  phone: {dial: PJSIP/${phone}}
hours:
  office: {weekly: {daily: ["00:00-24:00"]}}
`;

const APEX = "+12125550100";
const BETA = "+13105550100";

describe.each(["22", "16"] as const)("the hours code on Asterisk %s", (version) => {
  let world: TestWorld;

  beforeAll(async () => {
    world = await startTestWorld({
      version,
      tenants: { apex: tenant("APEX", APEX, "100"), beta: tenant("BETA", BETA, "101") },
      signalbox: false,
    });
    const shared = join(world.folder, "sounds/shared");
    // A short tone in the place of each spoken prompt.
    const tone = readFileSync(join(shared, "quiet.wav"));
    for (const name of hoursCodePrompts) writeFileSync(join(shared, `${name}.wav`), tone);
    await world.startNode();
  });

  afterAll(() => world?.stop());
  afterEach(() => world.observer.silence());

  const variables = (): string => join(world.folder, "first");

  /** Dials the code from a phone and types; the other side hangs up. */
  const dial = async (
    typing: readonly Typing[],
    phone: { readonly ip: string } = AT.phone,
  ): Promise<void> => {
    const scenario = typist(typing, { from: "100", waitForByeMs: 15_000 });
    expectOk(await world.call("*21", scenario, { localIp: phone.ip }));
  };
  const order = (key: string): Promise<void> => dial([300, `${PIN}#`, 900, key]);
  const arrival = async (did: string): Promise<string> => (await callAndArrive(world, did)).at;
  const events = (name: string) =>
    world
      .node()
      .log()
      .filter(({ event }) => event === name);
  /** The prompts that Asterisk has played, by its own log. */
  const played = (): string[] => {
    const text = readFileSync(join(world.world.asterisk.folder, "log/full"), "utf8");
    return [...text.matchAll(/Playing 'signalbox\/shared\/([a-z-]+)/g)].map(([, name = ""]) => name);
  };
  const killAndRestart = async (): Promise<void> => {
    process.kill(world.node().pid, "SIGKILL");
    await world.startNode();
  };

  it("closes_a_line_for_the_next_caller_and_opens_it_again", async () => {
    expect(await arrival(APEX)).toBe("ingroup APEX_OPEN");
    await order("2");
    expect(await arrival(APEX)).toBe("ingroup APEX_CLOSED");
    expect(await arrival(BETA)).toBe("ingroup BETA_OPEN");
    await order("1");
    expect(await arrival(APEX)).toBe("ingroup APEX_OPEN");
    expect(events("hours.override_set")).toMatchObject([
      { tenant: "apex", hours: "office", state: "closed", by: "100" },
      { tenant: "apex", hours: "office", state: "open", by: "100" },
    ]);
    expect(played().filter((name) => name.startsWith("line-"))).toEqual([
      "line-choice",
      "line-closed",
      "line-choice",
      "line-opened",
    ]);
  });

  it("keeps_it_over_a_kill_of_signalbox_until_it_is_taken_back", async () => {
    await order("2");
    await killAndRestart();
    expect(await arrival(APEX)).toBe("ingroup APEX_CLOSED");
    const place = ["--config", world.config, "--var", variables()];
    const check = await signalbox(["check", ...place], { AMI_SECRET: "x" });
    expect(check.out).toMatch(/note: tenants\/apex.yaml: hours.office: closed by phone since .* by 100\n/);
    const args = ["simulate", "inbound", "--did", APEX, ...place];
    expect((await signalbox(args)).out).toContain("closed by hand until it is taken back");
    expect((await signalbox([...args, "--override", "office=open"])).out).toContain("APEX_OPEN");
    await order("0");
    await killAndRestart();
    expect(await arrival(APEX)).toBe("ingroup APEX_OPEN");
  });

  it("takes_the_pin_without_hash_and_over_the_prompt_and_after_a_wrong_one", async () => {
    await dial([50, PIN, 5000, "2"]);
    expect(await arrival(APEX)).toBe("ingroup APEX_CLOSED");
    await dial([300, "471191#", 1200, `${PIN}#`, 900, "7", 1200, "0"]);
    expect(await arrival(APEX)).toBe("ingroup APEX_OPEN");
    expect(events("hours.pin_wrong")).toMatchObject([{ tenant: "apex", who: "100", wrong: 1 }]);
  });

  it("goes_on_when_signalbox_is_killed_while_the_pin_is_typed", async () => {
    const before = events("call.decided").length;
    const typed = dial([300, PIN.slice(0, 3), 2500, `${PIN.slice(3)}#`, 2000, "2"]);
    await waitFor("the question", () => events("call.decided").length > before || undefined, 5000);
    await killAndRestart();
    await typed;
    expect(await arrival(APEX)).toBe("ingroup APEX_CLOSED");
    await order("0");
  });

  it("locks_after_three_wrong_pins_for_that_client_and_over_a_restart", async () => {
    await dial([300, "1234#", 1200, "1#", 1200, "471191471#"], AT.otherPhone);
    expect(events("hours.pin_wrong")).toMatchObject([
      { tenant: "beta", who: "100", wrong: 1 },
      { tenant: "beta", wrong: 2 },
      { tenant: "beta", wrong: 3 },
    ]);
    expect(events("hours.code_locked")).toHaveLength(1);
    expect(played().at(-1)).toBe("code-locked");
    await killAndRestart();
    await dial([300, `${PIN}#`], AT.otherPhone);
    expect(played().at(-1)).toBe("code-locked");
    expect(await arrival(BETA)).toBe("ingroup BETA_OPEN");
    await order("2");
    expect(await arrival(APEX)).toBe("ingroup APEX_CLOSED");
  });

  it("is_for_the_clients_own_phones", async () => {
    expectOk(await world.call("*21", refusedCaller(484, { from: somebody() })));
  });

  it("never_writes_a_pin_down", () => {
    const kept = readFileSync(join(variables(), "conditions.json"), "utf8");
    const log = world.node().child.lines().join("\n");
    for (const digits of [PIN, "471191"]) {
      expect(log).not.toContain(digits);
      expect(kept).not.toContain(digits);
    }
  });

  it("a_suspended_client_is_refused_at_once_until_it_is_resumed", async () => {
    const tell = (what: string) =>
      signalbox(["tenant", what, "apex", "--why", "a test", "--var", variables()]);
    expect(await tell("suspend")).toMatchObject({ code: 0, err: "" });
    const refused = () => world.call(APEX, refusedCaller(403, { from: somebody() }));
    expectOk(await refused());
    expect(await arrival(BETA)).toBe("ingroup BETA_OPEN");
    await killAndRestart();
    expectOk(await refused());
    expect(await tell("resume")).toMatchObject({ code: 0, err: "" });
    expect(await arrival(APEX)).toMatch(/^ingroup APEX/);
  });
});
