import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeOffice } from "../../load/bench/office.ts";
import { runCommand } from "../../load/lab/processes.ts";
import { projectRoot, startWorld, type World } from "../../load/lab/world.ts";

type Finding = { check: string; server: string | null; state: string; says: string; mend: string };

const PORT = 28_900;
const at = (nth: number) => `127.0.0.1:${PORT + nth}`;

/** All but the first are an operator's own: for carriers, by ways that are longer and longer, and one for phones. */
const DIALPLAN = `[desk]
exten => s,1,Answer()
 same => n,Wait(60)
[from-carrier]
exten => _X.,1,Goto(signalbox-inbound,\${EXTEN},1)
[from-outside]
include => signalbox-inbound
[from-further-outside]
exten => _9.,1,GotoIf($[x = y]?desk,s,1:signalbox-inbound,\${EXTEN:1},1)
[from-afar]
include => from-further-outside
[from-desk]
exten => _X.,1,Goto(signalbox-outbound,\${EXTEN},1)
`;

/** An endpoint of the operator's, beside the rendered ones. */
const endpointIn = (name: string, context: string): string =>
  `\n[${name}]\ntype=endpoint\ncontext=${context}\ndisallow=all\nallow=ulaw\naors=${name}\n[${name}]\ntype=aor\ncontact=sip:127.0.0.77:5060\n`;

describe.each(["22", "16"] as const)("doctor beside Asterisk %s", (version) => {
  const folder = mkdtempSync(join(tmpdir(), "sb-doctor-"));
  const config = join(folder, "config");
  let world: World;

  beforeAll(async () => {
    const place = { fastagi: at(0), http: at(1), ami: at(2) };
    writeOffice(config, place, "{ingroup: APEX_INBOUND}", version);
    const [rtpStart, rtpEnd] = [PORT + 10, PORT + 29];
    const sip = at(3);
    const ports = { sip, rtpStart, rtpEnd };
    world = await startWorld({ config, folder, version, ...ports, dialplan: DIALPLAN, signalbox: false });
  });

  afterAll(async () => {
    await world?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function ask(from = config): Promise<{ code: number | null; findings: Finding[] }> {
    const launcher = join(projectRoot, "bin/signalbox");
    const args = ["doctor", "--json", "--config", from, "--var", folder];
    const { code, stdout, stderr } = await runCommand(launcher, args, { env: world.env });
    expect(stderr).toBe("");
    return { code, findings: JSON.parse(stdout) as Finding[] };
  }

  async function change(
    file: string,
    how: (text: string) => string,
    command: string,
  ): Promise<() => Promise<void>> {
    const path = join(world.asterisk.folder, "etc/asterisk", file);
    const before = readFileSync(path, "utf8");
    writeFileSync(path, how(before));
    await world.asterisk.cli(command);
    return async () => {
      writeFileSync(path, before);
      await world.asterisk.cli(command);
    };
  }

  const illOf = (findings: Finding[]) => findings.filter(({ state }) => state === "ill");

  it("finds_nothing_where_all_is_as_rendered", async () => {
    const { code, findings } = await ask();
    const ours = findings.filter(({ server }) => server === "ast1");
    expect(Object.fromEntries(ours.map(({ check, state }) => [check, state]))).toEqual({
      ami_rights: "well",
      channel_variables: "unknown",
      clock: "well",
      dialplan: "well",
      trunks: "well",
      cdr: "unknown",
    });
    // That Asterisk is told to write them does not say that it has loaded what does.
    expect(ours.find(({ check }) => check === "cdr")?.mend).toContain("module load cdr_custom.so");
    expect(findings.filter(({ check }) => check === "fastagi")).toMatchObject([{ state: "well" }]);
    // The disk is this machine's own.
    if (illOf(findings).length === 0) expect(code).toBe(0);
  });

  it("finds_events_that_do_not_carry_the_stamp", async () => {
    const seen = async () => (await ask()).findings.filter(({ check }) => check === "channel_variables");
    const call = async () => {
      await world.asterisk.cli("channel originate Local/s@desk application Wait 60");
      return async () => void (await world.asterisk.cli("channel request hangup all"));
    };
    const hangUp = await call();
    expect(await seen()).toMatchObject([{ state: "well" }]);
    await hangUp();
    await expect
      .poll(async () => (await ask()).findings.find(({ check }) => check === "cdr"), { timeout: 20_000 })
      .toMatchObject({ state: "well" });
    const behind = (text: string) => `${text}\n[general](+)\nchannelvars=OTHER\n`;
    const undo = await change("manager_signalbox.conf", behind, "manager reload");
    const end = await call();
    const findings = await seen();
    await end();
    await undo();
    expect(findings).toMatchObject([{ state: "ill", server: "ast1" }]);
    expect(findings[0]?.says).toContain("SB_CALL, SB_DIRECTION, SB_TENANT, SB_MARKS");
  });

  it("finds_an_account_that_may_too_much", async () => {
    const wider = (text: string) => text.replace("write=reporting", "write=reporting,originate,command");
    const undo = await change("manager_signalbox.conf", wider, "manager reload");
    const { code, findings } = await ask();
    await undo();
    expect(code).toBe(1);
    expect(illOf(findings)[0]).toMatchObject({ check: "ami_rights", server: "ast1" });
    expect(illOf(findings)[0]?.says).toContain("Originate");
  });

  it("finds_any_class_of_rights_that_is_not_needed", async () => {
    const wider = (text: string) => text.replace("write=reporting", "write=reporting,message");
    const undo = await change("manager_signalbox.conf", wider, "manager reload");
    const { findings } = await ask();
    await undo();
    expect(illOf(findings)).toMatchObject([{ check: "ami_rights", server: "ast1" }]);
    expect(illOf(findings)[0]?.says).toContain("MessageSend");
  });

  it("is_content_with_the_account_that_pauses_recordings", async () => {
    const pausing = join(folder, "pausing");
    cpSync(config, pausing, { recursive: true });
    appendFileSync(join(pausing, "signalbox.yaml"), "recordings: {pause: true}\n");
    const as = (text: string) => text.replace("write=reporting", "write=reporting,call");
    const undo = await change("manager_signalbox.conf", as, "manager reload");
    const rights = async (from: string) =>
      (await ask(from)).findings.filter(({ check }) => check === "ami_rights");
    const [needed, tooMuch] = [await rights(pausing), await rights(config)];
    await undo();
    expect(needed).toMatchObject([{ state: "well" }]);
    expect(tooMuch).toMatchObject([{ state: "ill" }]);
    expect(tooMuch[0]?.says).toContain("Redirect, Setvar");
  });

  it("finds_a_dialplan_of_an_older_configuration", async () => {
    const older = (text: string) => text.replaceAll(/rev=[0-9a-f]+/g, "rev=0123abc");
    const undo = await change("extensions_signalbox.conf", older, "dialplan reload");
    const { findings } = await ask();
    await undo();
    expect(illOf(findings)).toMatchObject([{ check: "dialplan", server: "ast1" }]);
  });

  it("finds_a_dialplan_that_is_not_included", async () => {
    const undo = await change(
      "extensions.conf",
      (text) => text.replace("#tryinclude extensions_signalbox.conf", ""),
      "dialplan reload",
    );
    const { findings } = await ask();
    await undo();
    expect(illOf(findings)[0]?.says).toContain("not loaded");
  });

  it("finds_call_detail_records_that_are_not_set_up", async () => {
    const without = (text: string) => text.replace("#tryinclude cdr_custom_signalbox.conf", "");
    const undo = await change("cdr_custom.conf", without, "module reload cdr_custom.so");
    const { code, findings } = await ask();
    await undo();
    expect(code).toBe(1);
    expect(illOf(findings)).toMatchObject([{ check: "cdr", server: "ast1" }]);
  });

  it("finds_trunks_on_one_side_only", async () => {
    const stray = [
      endpointIn("forgotten", "signalbox-inbound"),
      endpointIn("sent_on", "from-carrier"),
      endpointIn("taken_in", "from-outside"),
      endpointIn("far_off", "from-afar"),
      "\n[anonymous]\ntype=endpoint\ncontext=from-outside\ndisallow=all\nallow=ulaw\n",
      endpointIn("phone", "from-desk"),
    ].join("");
    const renamed = (text: string) => text.replaceAll("pool_a", "pool_x") + stray;
    const undo = await change("pjsip_signalbox.conf", renamed, "module reload res_pjsip.so");
    // A reload of PJSIP ends after its command has been answered.
    const said = async () =>
      illOf((await ask()).findings)
        .map(({ says }) => says.replace("calls of ", ""))
        .toSorted(
          (one, other) =>
            Number(one.startsWith("endpoint")) - Number(other.startsWith("endpoint")) ||
            one.localeCompare(other),
        );
    await expect
      .poll(said, { timeout: 10_000, interval: 500 })
      .toEqual([
        "the switch has no endpoint pool_a",
        "endpoint anonymous enter signalbox-inbound, but it is no trunk: anybody may place calls",
        ...["far_off", "forgotten", "pool_x", "sent_on", "taken_in"].map(
          (name) => `endpoint ${name} enter signalbox-inbound, but it is no trunk`,
        ),
      ]);
    await undo();
  });

  it("finds_an_account_that_may_not_ask_and_says_what_it_could_not_look_at", async () => {
    const mute = (text: string) => text.replace("write=reporting", "write=");
    const undo = await change("manager_signalbox.conf", mute, "manager reload");
    const { findings } = await ask();
    await undo();
    const states = findings.flatMap(({ check, server, state }) => (server === null ? [] : [[check, state]]));
    expect(Object.fromEntries(states)).toMatchObject({
      ami_rights: "ill",
      dialplan: "unknown",
      trunks: "unknown",
      cdr: "unknown",
    });
    expect(findings.filter(({ check }) => check === "dialplan")[0]?.mend).toContain("write=reporting");
  });

  it("finds_a_switch_that_does_not_let_it_in", async () => {
    const undo = await change(
      "manager_signalbox.conf",
      (text) => text.replace(/^secret=.*$/m, "secret=another"),
      "manager reload",
    );
    const { code, findings } = await ask();
    await undo();
    expect(code).toBe(1);
    expect(illOf(findings)).toMatchObject([{ check: "ami", server: "ast1" }]);
    expect(illOf(findings)[0]?.mend).toContain("manager_signalbox.conf");
  });

  it("finds_a_switch_that_is_not_there", async () => {
    const elsewhere = join(folder, "elsewhere");
    cpSync(config, elsewhere, { recursive: true });
    const file = join(elsewhere, "signalbox.yaml");
    writeFileSync(file, readFileSync(file, "utf8").replace(at(2), at(9)));
    const { code, findings } = await ask(elsewhere);
    expect(code).toBe(1);
    const [found] = illOf(findings);
    expect(found).toMatchObject({ check: "ami", server: "ast1" });
    expect(found?.says).toContain("ECONNREFUSED");
    expect(found?.mend).toContain("start Asterisk");
  });
});
