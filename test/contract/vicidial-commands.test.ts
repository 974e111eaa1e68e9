/** The statements that commands print, run by a real MariaDB: they are good SQL and change what they say. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningMariadb, startMariadb } from "../../load/lab/mariadb.ts";
import { runCommandLine } from "../../src/commands/program.ts";
import { createVicidialTables, type TestTables } from "../vicidial-tables.ts";

const PORT = 16_308;
/** VICIdial's columns may be null in most places, and are where other programs have written rows. */
const NULLS = `INSERT INTO vicidial_agent_log (user, event_time) VALUES ('6666',now());
INSERT INTO vicidial_users (user, user_level, user_group, user_group_two) VALUES ('VDAD',1,NULL,NULL),('7777',7,'APEX',NULL);
INSERT INTO vicidial_campaigns (campaign_id, user_group, use_other_campaign_dnc) VALUES ('NULLS',NULL,NULL);
UPDATE vicidial_campaigns SET manual_dial_prefix = NULL, three_way_dial_prefix = NULL, use_other_campaign_dnc = NULL WHERE campaign_id = 'APEXOUT';
INSERT INTO vicidial_lists (list_id, campaign_id, dial_prefix) VALUES (101,NULL,NULL),(102,'APEXOUT',NULL);
INSERT INTO vicidial_inbound_dids (did_pattern, group_id, menu_id, list_id, campaign_id, user_group) VALUES ('2125550177',NULL,NULL,NULL,NULL,NULL);
INSERT INTO vicidial_inbound_groups VALUES ('NULL_IN',NULL,NULL,NULL,NULL);
INSERT INTO vicidial_call_menu_options (menu_id, option_value, option_route) VALUES ('main','1','INGROUP');
UPDATE servers SET max_vicidial_trunks = NULL WHERE server_ip = '10.0.0.2';`;
const SEED = `INSERT INTO vicidial_campaigns (campaign_id, user_group) VALUES ('APEXOUT','APEX'),('BETAOUT','BETA');
INSERT INTO servers (server_id, server_ip, max_vicidial_trunks, rebuild_conf_files) VALUES ('one','10.0.0.1',96,'N'),('two','10.0.0.2',96,'N');
INSERT INTO servers (server_id, server_ip, active_asterisk_server) VALUES ('db','10.0.0.3','N');
INSERT INTO vicidial_server_trunks VALUES ('10.0.0.1','APEXOUT',200,'MAXIMUM_LIMIT'),('10.0.0.1','BETAOUT',5,'OVERFLOW_ALLOWED');
INSERT INTO vicidial_user_groups VALUES ('APEX','Apex',' -ALL-CAMPAIGNS- - -',' APEX ');
INSERT INTO vicidial_agent_log (user, event_time, campaign_id, user_group) VALUES ('6666',now(),'BETAOUT','APEX'),('6666',now() - interval 40 day,'BETAOUT','APEX');
INSERT INTO vicidial_call_menu (menu_id) VALUES ('main');
INSERT INTO vicidial_inbound_dids (did_pattern) VALUES (concat('1', char(10), char(27), '[2J'));`;

let folder: string;
let mariadb: RunningMariadb;
let tables: TestTables;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sb-vicicmd-"));
  mariadb = await startMariadb({ folder: join(folder, "db"), port: PORT });
  tables = await createVicidialTables(mariadb.url);
  await tables.run(SEED);
  mkdirSync(join(folder, "config/tenants"), { recursive: true });
  const write = (file: string, text: string): void => writeFileSync(join(folder, "config", file), text);
  write(
    "signalbox.yaml",
    'asterisk:\n  - {server: ast1, ami: "127.0.0.1:5038", username: signalbox, secret: s}\nvicidial: {database: "${VICI_URL}", dial_prefix: "9"}\n'.replace(
      "${VICI_URL}",
      tables.url.replace("reads@", "${VICI_PASSWORD}@"),
    ),
  );
  write(
    "trunks.yaml",
    'trunks:\n  pool: {address: "127.0.0.2:5060", shared: true, channels: 50}\noverflow: [pool]\n',
  );
  write(
    "tenants/apex.yaml",
    'tenant: apex\nname: "Apex\'s"\ntimezone: UTC\nlimits: {channels: 40}\noutbound_prefixes: ["71"]\ncampaigns: [APEXOUT]\nuser_groups: [APEX]\ningroups: [APEX_IN]\n',
  );
  write(
    "tenants/beta.yaml",
    'tenant: beta\ntimezone: UTC\noutbound_prefixes: ["72"]\ncampaigns: [BETAOUT]\n',
  );
});
afterAll(async () => {
  await tables?.close();
  await mariadb?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function signalbox(...args: string[]) {
  const said = { out: [] as string[], err: [] as string[] };
  const io = {
    out: (text: string) => void said.out.push(text),
    err: (text: string) => void said.err.push(text),
    env: { VICI_PASSWORD: "reads" },
    colour: false,
  };
  const code = await runCommandLine(
    ["--config", join(folder, "config"), "--var", join(folder, "var"), ...args],
    io,
  );
  return { code, out: said.out.join(""), err: said.err.join("") };
}

test("trunks_brings_the_dialler_under_the_cap_and_then_has_nothing_to_say", async () => {
  const first = await signalbox("vicidial", "trunks");
  expect(first.err).toBe("");
  expect(first.code).toBe(0);
  await tables.run(first.out);
  expect(await tables.rows("SELECT * FROM vicidial_server_trunks ORDER BY campaign_id, server_ip")).toEqual([
    {
      server_ip: "10.0.0.1",
      campaign_id: "APEXOUT",
      dedicated_trunks: 18,
      trunk_restriction: "MAXIMUM_LIMIT",
    },
    {
      server_ip: "10.0.0.2",
      campaign_id: "APEXOUT",
      dedicated_trunks: 18,
      trunk_restriction: "MAXIMUM_LIMIT",
    },
    {
      server_ip: "10.0.0.1",
      campaign_id: "BETAOUT",
      dedicated_trunks: 5,
      trunk_restriction: "OVERFLOW_ALLOWED",
    },
  ]);
  expect((await signalbox("vicidial", "trunks")).out).not.toMatch(/^(INSERT|DELETE|UPDATE)/m);
});

test("render_prints_carriers_that_can_be_inserted_twice", async () => {
  const { code, out } = await signalbox("render", "--vicidial");
  expect(code).toBe(0);
  await tables.run(out);
  await tables.run(out);
  const carriers = await tables.rows(
    "SELECT carrier_id, carrier_name, globals_string, dialplan_entry, server_ip, user_group FROM vicidial_server_carriers ORDER BY carrier_id",
  );
  expect(carriers).toHaveLength(3);
  expect(carriers[0]).toEqual({
    carrier_id: "SB_71",
    carrier_name: "Signalbox: Apex's",
    globals_string: "SIGNALBOX_APEX_71 = signalbox-dialler",
    dialplan_entry: "exten => _71X.,1,Goto(${SIGNALBOX_APEX_71},${EXTEN},1)",
    server_ip: "0.0.0.0",
    user_group: "APEX",
  });
  expect(await tables.rows("SELECT dial_prefix FROM vicidial_campaigns ORDER BY campaign_id")).toEqual([
    { dial_prefix: "71" },
    { dial_prefix: "72" },
  ]);
  const contexts = readFileSync(join(folder, "var/rendered/ast1/extensions_signalbox_vicidial.conf"), "utf8");
  expect(contexts).toContain("[signalbox-ingroup]\nexten => APEX_IN,1,");
  expect(out).not.toMatch(/^[^-\nDIU]/m);
});

test("audit_names_what_it_finds_and_fails", async () => {
  const { code, out, err } = await signalbox("vicidial", "audit");
  expect(code).toBe(1);
  expect(out).toContain("apex: vicidial_user_groups APEX: its agents may log in to every client's campaigns");
  expect(out).toContain(
    "apex: vicidial_agent_log APEX: its agents were at work in BETAOUT, a campaign of beta, once in the last 30 days",
  );
  expect(out).toContain("everyone: vicidial_call_menu main: belongs to no user group");
  expect(out).toContain("everyone: vicidial_inbound_dids 1??[2J: belongs to no user group");
  expect(out).not.toContain("\u001b");
  expect(err).toMatch(/[0-9]+ findings?/);
});

test("rows_with_nulls_are_read_as_rows_that_say_nothing", async () => {
  await tables.run(NULLS);
  const trunks = await signalbox("vicidial", "trunks");
  expect(trunks).toMatchObject({ code: 0, err: "" });
  expect(trunks.out).not.toMatch(/null/i);
  const { code, out } = await signalbox("vicidial", "audit");
  expect(code).toBe(1);
  expect(out).toContain("everyone: vicidial_inbound_dids 2125550177: belongs to no user group");
  expect(out).toContain("everyone: vicidial_inbound_groups NULL_IN: belongs to no user group");
  expect(out).toContain("everyone: vicidial_campaigns NULLS: is no client's");
  expect(out).not.toMatch(/"null"|APEXOUT: (manual|three_way)|vicidial_lists|vicidial_users/);
});

test("without_a_database_it_says_what_to_add", async () => {
  const file = join(folder, "config/signalbox.yaml");
  const before = readFileSync(file, "utf8");
  writeFileSync(file, before.replace(/vicidial: .*/, ""));
  expect(await signalbox("vicidial", "trunks")).toMatchObject({
    code: 1,
    err: expect.stringContaining("vicidial"),
  });
  writeFileSync(file, before.replace(/vicidial: .*/, "vicidial: {}"));
  expect(await signalbox("vicidial", "trunks")).toMatchObject({
    code: 1,
    err: expect.stringContaining("vicidial.database"),
  });
  writeFileSync(file, before);
});
