// A scripted VICIdial beside Signalbox on real switches, where something else goes on: recordings, people and hostile
// names among the machines, a database that hangs, a Signalbox that does.
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { callee, caller, runSipp, type SippRun, startSipp } from "../../load/sipp-runner.ts";
import { runCommandLine } from "../../src/commands/program.ts";
import {
  APEX,
  answeredLeg,
  BETA,
  codeFor,
  GAMMA,
  HOLD,
  hangUpTrunks,
  leaveNothing,
  legsNow,
  logged,
  placeByTables,
  SHARED,
  storyOf,
} from "./support/vicidial-calls.ts";
import { withViciCarriers } from "./support/vicidial-carriers.ts";
import { VICI_AT, VICI_CARRIERS } from "./support/vicidial-configuration.ts";
import { startViciWorld, type ViciWorld } from "./support/vicidial-world.ts";

const SEED = `INSERT INTO vicidial_campaigns (campaign_id, user_group) VALUES ('APEXOUT','APEX'),('G1','GAMMA');
INSERT INTO vicidial_lists (list_id, campaign_id) VALUES (101,'APEXOUT'),(103,'g1 ');
INSERT INTO vicidial_list (lead_id, list_id) VALUES (7001,101),(7004,103);
INSERT INTO vicidial_campaign_dnc VALUES ('6465550997','G1')`;

describe.each(["22", "16"] as const)("beside VICIdial on Asterisk %s", (version) => {
  let vici: ViciWorld;
  let agent: SippRun;

  beforeAll(async () => {
    vici = await startViciWorld(version, SEED);
    agent = startSipp({ scenario: callee(), localIp: VICI_AT.agent.ip, localPort: VICI_AT.agent.port });
    await agent.ready;
    await vici.manager.action("Originate", {
      ...{ Channel: "PJSIP/100", Context: "default", Exten: HOLD, Priority: "1", Async: "true" },
    });
  });
  afterEach(() => leaveNothing(vici));
  afterAll(async () => {
    await agent?.stop(0);
    await vici?.stop();
  });

  const callIn = (number: string, holdMs = 300) =>
    runSipp({
      ...{ scenario: caller({ holdMs }), service: number, remote: VICI_AT.sip },
      ...{ localIp: VICI_CARRIERS.gamma_sip, artefacts: vici.folder, deadlineMs: 20_000 },
    });
  const json = async (...args: string[]): Promise<readonly Record<string, unknown>[]> => {
    let out = "";
    const io = {
      out: (text: string) => {
        out += text;
      },
      err: () => {},
      env: vici.world.env,
      colour: false,
    };
    const places = ["--config", join(vici.folder, "config"), "--var", join(vici.folder, "var")];
    await runCommandLine([...args, "--json", ...places], io);
    return JSON.parse(out || "[]") as Record<string, unknown>[];
  };
  /** Recordings that have been looked at since `before`. */
  const recordedSince = (before: number): Promise<readonly Record<string, unknown>[]> =>
    waitFor(
      "the recording",
      async () => {
        const rows = (await json("recordings", "list", "--all")).filter(({ state }) => state !== "begun");
        return rows.length > before ? rows.slice(before) : undefined;
      },
      25_000,
      300,
    );

  describe("recordings", () => {
    test("a_dialled_call_is_recorded_under_its_client_also_in_the_agent's_conference", async () => {
      const before = (await json("recordings", "list", "--all")).length;
      const code = codeFor("V");
      await withViciCarriers({}, async () => {
        await vici.autoDial(code, GAMMA);
        await vici.redirect(await answeredLeg(vici, code), HOLD);
        await vici.ended(code);
        await vici.agree(1);
        // It is what is said in the conference that is to be in the file.
        await new Promise((resolve) => setTimeout(resolve, 2500));
        expect(await legsNow(vici)).toEqual(["gamma_sip gamma"]);
        await hangUpTrunks(vici);
      });
      const [row, ...more] = await recordedSince(before);
      expect(more).toEqual([]);
      expect(row).toMatchObject({ tenant: "gamma", direction: "outbound", state: "kept" });
      expect(row?.seconds).toBeGreaterThan(1.5);
      expect(String(row?.path)).toContain("/recordings/gamma/2");
      expect(await json("calls", "--tenant", "gamma")).toContainEqual(
        expect.objectContaining({ call: row?.call, tenant: "gamma", recording: row?.path }),
      );
    });

    test("a_call_handed_to_an_in_group_is_recorded_under_its_client", async () => {
      const before = (await json("recordings", "list", "--all")).length;
      expect((await callIn("14155550100", 2500)).problem).toBe("");
      await logged(vici, "ARRIVAL default:99909*18*GAMMA_IN**DID tenant=gamma exit=no");
      const [row] = await recordedSince(before);
      expect(row).toMatchObject({ tenant: "gamma", direction: "inbound", state: "kept" });
    });

    test("vicidial's_own_recording_is_no_leg_and_changes_no_stamp", async () => {
      const code = codeFor("V");
      const name = "G1_20261122_6465550123";
      await withViciCarriers({}, async () => {
        await vici.autoDial(code, APEX);
        await vici.redirect(await answeredLeg(vici, code), HOLD);
        await vici.record(HOLD, name);
        const file = join(vici.world.asterisk.folder, "spool/monitor/vicidial", `${name}.wav`);
        await waitFor(
          "its file",
          () => (existsSync(file) && statSync(file).size > 1000 ? true : undefined),
          10_000,
        );
        await vici.agree(1);
        expect(await legsNow(vici)).toEqual(["apex_sip apex"]);
        await hangUpTrunks(vici);
      });
    });
  });

  describe("people and names", () => {
    test("who_is_called_Vera_may_call_an_emergency_number", async () => {
      const saw = await withViciCarriers({}, async () => {
        await vici.manualDial("Vera", "73911", HOLD);
        await waitFor("the leg", async () => ((await legsNow(vici)).length === 1 ? true : undefined), 10_000);
        await hangUpTrunks(vici);
      });
      expect(saw.gamma_sip.map(({ number }) => number)).toEqual(["911"]);
    });

    test.each([
      "V1'; DROP TABLE vicidial_list; --",
      'V1000000010000007001"); System(touch x',
      "M1000000010000007001${SHELL(id)}",
      `V1${"0".repeat(700)}`,
      "V100000001000000700",
      "V10000000100000070011",
      "DC000001W0000007001",
      "v1000000010000007001",
    ])("%.30s places nobody's call and is an agent's", async (name) => {
      const before = vici.callLog.entries.length;
      await vici.manualDial(name, SHARED, HOLD);
      const told = (): string[] =>
        vici.callLog.entries
          .slice(before)
          .filter(({ what, status }) => what === "begun" || status !== "")
          .map(({ what, status, cause }) => [what, status, cause].join(" ").trim());
      await waitFor("its end", () => (told().length > 1 ? true : undefined), 10_000);
      expect(told()).toEqual(["begun", "ended CONGESTION 42"]);
      expect(await vici.tables.rows("SELECT count(*) AS leads FROM vicidial_list")).toEqual([{ leads: 2 }]);
    });

    test("a_name_that_goes_on_behind_the_code_is_still_that_code", async () => {
      const code = codeFor("M", 7004);
      const saw = await withViciCarriers({}, async () => {
        await placeByTables(vici, 1, () => vici.manualDial(`${code} 6465550123`, SHARED, HOLD));
        expect(await legsNow(vici)).toEqual(["gamma_sip gamma"]);
        await hangUpTrunks(vici);
      });
      expect(saw.gamma_sip.map(({ name }) => name)).toEqual([`${code} 6465550123`]);
    });

    test("a_client_known_by_its_user_group_has_its_campaigns'_do_not_call_lists", async () => {
      const code = codeFor("V");
      await vici.autoDial(code, "7316465550997");
      await vici.ended(code);
      expect(storyOf(vici, code)).toEqual(["ended SB_REFUSED 42"]);
    });
  });

  describe("while VICIdial's database hangs", () => {
    beforeAll(() => vici.mariadb.kill("SIGSTOP"));
    afterAll(async () => {
      vici.mariadb.kill("SIGCONT");
      const code = codeFor("V", 7001);
      await withViciCarriers({}, async () => {
        await waitFor(
          "look-ups again",
          async () => {
            const next = codeFor("V", 7001);
            await vici.autoDial(next, SHARED);
            await waitFor(
              "its fate",
              async () => (storyOf(vici, next).length > 0 ? true : undefined),
              10_000,
            );
            return storyOf(vici, next)[0] === "begun" || undefined;
          },
          20_000,
          1000,
        );
        // It is told before it is dialled.
        await vici.agree(1);
        await hangUpTrunks(vici);
      });
      expect(storyOf(vici, code)).toEqual([]);
    });

    test("calls_with_a_prefix_go_out_and_the_others_are_refused_without_a_word_about_the_number", async () => {
      const looked = Array.from({ length: 12 }, () => codeFor("V", 7001));
      const prefixed = [codeFor("V"), codeFor("V"), codeFor("M")];
      await withViciCarriers({}, async () => {
        const began = Date.now();
        for (const code of looked) await vici.autoDial(code, SHARED);
        await vici.autoDial(prefixed[0] ?? "", BETA);
        await vici.autoDial(prefixed[1] ?? "", GAMMA);
        await vici.manualDial(prefixed[2] ?? "", GAMMA, HOLD);
        await vici.agree(3);
        for (const code of looked) await vici.ended(code);
        expect(Date.now() - began).toBeLessThan(10_000);
        await hangUpTrunks(vici);
      });
      for (const code of looked) expect(storyOf(vici, code)).toEqual(["ended SB_REFUSED 42"]);
      for (const code of prefixed) expect(storyOf(vici, code)[0]).toBe("begun");
    });
  });

  describe("while Signalbox hangs", () => {
    beforeAll(() => void process.kill(vici.node().pid, "SIGSTOP"));
    afterAll(async () => {
      process.kill(vici.node().pid, "SIGCONT");
      await vici.agree(0);
    });

    test("dialled_calls_are_refused_after_three_seconds", async () => {
      const [automatic, manual] = [codeFor("V"), codeFor("M")];
      const began = Date.now();
      await vici.autoDial(automatic, APEX);
      await vici.manualDial(manual, APEX, HOLD);
      await vici.ended(automatic);
      await vici.ended(manual);
      expect(Date.now() - began).toBeLessThan(8000);
      expect(storyOf(vici, automatic)).toEqual(["ended SB_REFUSED 42"]);
      expect(storyOf(vici, manual)).toEqual(["begun", "ended CONGESTION 42"]);
    });

    test.each([
      ["12125554321", ""],
      ["14155550100", "gamma"],
    ])("callers to %s reach VICIdial after three seconds", async (number, tenant) => {
      const result = await callIn(number);
      expect(result.problem).toBe("");
      await logged(vici, `ARRIVAL trunkinbound:${number} tenant=${tenant} exit=no`);
    });
  });
});
