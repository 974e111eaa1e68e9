/** Look-ups and do-not-call tables on a real MariaDB with VICIdial's columns, also when it is slow, hangs or dies. */
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KyselyPlugin } from "kysely";
import { createConnection } from "mysql2/promise";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type RunningMariadb, startMariadb } from "../../load/lab/mariadb.ts";
import { waitFor } from "../../load/lab/ports.ts";
import { VicidialNumbers, type VicidialSource } from "../../src/calls/do-not-call-vicidial.ts";
import { type CallCode, readCallCode } from "../../src/core/callflow/call-code.ts";
import { openVicidial, type VicidialDatabase } from "../../src/vicidial/database.ts";
import { VicidialBook } from "../../src/vicidial/directory.ts";
import { createVicidialLists } from "../../src/vicidial/do-not-call-lists.ts";
import { readSigns } from "../../src/vicidial/owner-queries.ts";
import { e164, tenantId } from "../builders.ts";
import { createVicidialTables, type TestTables } from "../vicidial-tables.ts";

const log = pino({ level: "silent" });
const PORT = 16_307;
const SEED = `INSERT INTO vicidial_campaigns (campaign_id, user_group) VALUES ('APEXOUT','APEX'),('BETAOUT','BETA'),('HOUSE','ADMIN');
INSERT INTO vicidial_auto_calls (campaign_id, callerid, lead_id) VALUES ('APEXOUT','V1000000010000000011',11),('GONE','V1000000020000000012',12);
INSERT INTO vicidial_lists (list_id, campaign_id) VALUES (101,'APEXOUT'),(102,'BETAOUT'),(103,NULL),(999,'HOUSE');
INSERT INTO vicidial_list (lead_id, list_id) VALUES (11,102),(12,102),(13,999),(14,4711),(16,103);
INSERT INTO vicidial_user_dial_log (caller_code, user, call_date) VALUES ('DC000001W0000000013W','6666',now()),('DC000002W0000000013W','7777',now()),
  ('DC000003W0000000013W','6666',now() - interval 1 day),('DC000004W0000000013W','6666',now() - interval 1 day),('DC000004W0000000013W','8888',now());
INSERT INTO vicidial_live_agents (user, campaign_id) VALUES ('6666','BETAOUT'),('8888','APEXOUT'),('9999',NULL);
INSERT INTO vicidial_dnc VALUES ('6465550001'),('16465550002'),('732XXXXXXX'),('02079460000'),('not a number'),('%46_%'),('(646) 555-0007'),(' 6465550008 '),('718xxxxxxx'),('0033123456789'),('01133223456789'),('4402079460001');
INSERT INTO vicidial_campaign_dnc VALUES ('6465550003','APEXOUT'),('6465550003','BETAOUT'),('6465550004','BETAOUT'),('6465550005','HOUSE');`;

let folder: string;
let mariadb: RunningMariadb;
let tables: TestTables;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sb-vicidb-"));
  mariadb = await startMariadb({ folder, port: PORT });
  tables = await createVicidialTables(mariadb.url);
  await tables.run(SEED);
});
afterAll(async () => {
  await tables?.close().catch(() => undefined);
  await mariadb?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function code(text: string): CallCode {
  const read = readCallCode(text);
  if (read === null) throw new Error(`no call code: ${text}`);
  return read;
}

describe("whose call a call code is", () => {
  let book: VicidialBook;
  beforeEach(async () => {
    const leads = ({ campaign }: { campaign: string }): boolean => ["APEXOUT", "BETAOUT"].includes(campaign);
    book = new VicidialBook({ url: tables.url, leads, log });
    // The first connection may take longer than a call waits.
    await waitFor(
      "a connection",
      async () => (await book.signsOf(code("V1000000009999999999"))).signs ?? undefined,
      10_000,
    );
  });
  afterEach(() => book.close());

  const toldAtOnce = async (text: string) =>
    (await book.signsOf(code(text))).signs?.map((sign) => [sign.table, sign.campaign, sign.userGroup]);
  /** On a machine that is busy the first answer may come too late for its call. */
  const told = (text: string) =>
    waitFor("an answer", async () => (await toldAtOnce(text)) ?? undefined, 10_000, 20);

  test("the_dialler's_own_list_of_calls_comes_first", async () => {
    expect(await told("V1000000010000000011")).toEqual([["auto_calls", "APEXOUT", "APEX"]]);
  });

  test("a_campaign_that_is_gone_leaves_it_to_the_lead's_list", async () => {
    expect(await told("V1000000020000000012")).toEqual([
      ["auto_calls", "GONE", null],
      ["lists", "BETAOUT", "BETA"],
    ]);
  });

  test("an_agent's_call_is_known_by_where_the_agent_is_logged_in", async () => {
    expect(await told("DC000001W0000000013W")).toEqual([
      ["lists", "HOUSE", "ADMIN"],
      ["live_agents", "BETAOUT", "BETA"],
    ]);
  });

  test("a_code_that_another_agent's_call_had_yesterday_is_today's_agent's", async () => {
    expect(await told("DC000004W0000000013W")).toEqual([
      ["lists", "HOUSE", "ADMIN"],
      ["live_agents", "APEXOUT", "APEX"],
    ]);
  });

  test.each(["DC000002W0000000013W", "DC000003W0000000013W", "V1000000050000000013"])(
    "%s leads to no client",
    async (text) => {
      expect(await told(text)).toEqual([["lists", "HOUSE", "ADMIN"]]);
    },
  );

  test.each(["V1000000060000000014", "V1000000070000000015"])("%s is not known", async (text) => {
    expect(await told(text)).toEqual([]);
  });

  test("rows_that_name_no_campaign_are_passed_over_and_trouble_no_other_call", async () => {
    const calls = ["V1000000040000000016", "M1000000040000000016", "DC000005W0000000016W"];
    const rows = calls.map((each) => `(NULL,'${each}')`).join(",");
    await tables.run(`INSERT INTO vicidial_auto_calls (campaign_id, callerid) VALUES ${rows};
      INSERT INTO vicidial_user_dial_log (caller_code, user, call_date) VALUES ('${calls[2]}','9999',now())`);
    for (const text of calls) expect(await told(text)).toEqual([]);
    expect(await told("V1000000010000000011")).toEqual([["auto_calls", "APEXOUT", "APEX"]]);
  });

  test("an_answer_is_kept_and_a_call_not_yet_written_down_is_asked_for_again", async () => {
    const late = "V1000000030000000099";
    expect(await told(late)).toEqual([]);
    await tables.run(`INSERT INTO vicidial_auto_calls (campaign_id, callerid) VALUES ('BETAOUT','${late}')`);
    await waitFor("the row", async () => ((await told(late)).length === 1 ? true : undefined), 3000);
    await tables.run(`DELETE FROM vicidial_auto_calls WHERE callerid = '${late}'`);
    expect(await told(late)).toEqual([["auto_calls", "BETAOUT", "BETA"]]);
  });

  test("a_burst_of_calls_is_answered", async () => {
    const codes = Array.from({ length: 100 }, (_, index) => `V6${String(index).padStart(8, "0")}0000000011`);
    const rows = codes.map((each) => `('APEXOUT','${each}')`).join(",");
    await tables.run(`INSERT INTO vicidial_auto_calls (campaign_id, callerid) VALUES ${rows}`);
    // On a machine that is busy some may be too late the first time.
    await waitFor(
      "all of them",
      async () => {
        const answers = await Promise.all(codes.map(toldAtOnce));
        return answers.every((signs) => signs?.[0]?.[1] === "APEXOUT") || undefined;
      },
      3000,
    );
  });

  test("more_calls_than_it_can_answer_are_no_reason_to_leave_the_database_alone", async () => {
    const codes = Array.from({ length: 600 }, (_, index) => `V8${String(index).padStart(8, "0")}0000000011`);
    await Promise.all(codes.map(toldAtOnce));
    await waitFor("an answer", async () => (await toldAtOnce("V8900000000000000011")) ?? undefined, 3000);
  });

  test("a_locked_table_stops_only_the_calls_that_need_it_and_never_for_long", async () => {
    const locker = await createConnection(mariadb.url);
    await locker.query("LOCK TABLES vicidial_list WRITE");
    try {
      const asked = performance.now();
      const [known, stuck] = await Promise.all([
        told("V1000000010000000011"),
        toldAtOnce("V7000000010000000011"),
      ]);
      expect(known).toEqual([["auto_calls", "APEXOUT", "APEX"]]);
      expect(stuck).toBeUndefined();
      expect(performance.now() - asked).toBeLessThan(500);
    } finally {
      await locker.query("UNLOCK TABLES");
      await locker.end();
    }
    await told("V7000000020000000011");
  });

  test.each([
    ["V1000000010000000011", 1, ["auto_calls"], undefined],
    ["V1000000020000000012", 2, ["auto_calls", "lists"], undefined],
    ["M1000000080000000012", 1, ["auto_calls"], "6666"],
    ["M1000000090000000012", 2, ["lists"], "8888"],
    ["DC000006W0000000012W", 2, ["lists"], undefined],
    ["DC000001W0000000013W", 3, ["lists", "live_agents"], "6666"],
  ])("%s takes %i questions, its agent's included", async (text, questions, from, agent) => {
    await tables.run(`REPLACE INTO vicidial_auto_calls (auto_call_id, campaign_id, callerid) VALUES (900,'APEXOUT','M1000000080000000012');
      DELETE FROM vicidial_user_dial_log WHERE caller_code LIKE 'M%';
      INSERT INTO vicidial_user_dial_log (caller_code, user, call_date) VALUES ('M1000000080000000012','6666',now()),('M1000000090000000012','8888',now())`);
    const database = openVicidial({ url: tables.url, connections: 1, statementSeconds: 1 });
    let asked = 0;
    const counting: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      transformResult: async ({ result }) => {
        asked += 1;
        return result;
      },
    };
    const signs = await readSigns(database.db.withPlugin(counting), code(text), ({ campaign }) =>
      ["APEXOUT", "BETAOUT"].includes(campaign),
    );
    database.abandon();
    expect(signs.map(({ table }) => table)).toEqual(from);
    expect(signs.at(-1)?.agent).toBe(agent);
    expect(asked).toBe(questions);
  });

  test("the_account_cannot_write", async () => {
    const database = openVicidial({ url: mariadb.url, connections: 1, statementSeconds: 1 });
    const writing = database.db.insertInto("vicidial_dnc").values({ phone_number: "1" }).execute();
    await expect(writing).rejects.toThrow(/READ ONLY/i);
    database.abandon();
  });
});

test("a_database_that_hangs_keeps_no_call_waiting_and_is_asked_again_when_it_is_back", async () => {
  const book = new VicidialBook({ url: tables.url, leads: () => true, log });
  const ask = (text: string) => book.signsOf(code(text));
  await waitFor("a connection", async () => (await ask("V1000000010000000011")).signs ?? undefined, 10_000);
  mariadb.kill("SIGSTOP");
  try {
    const waits = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const asked = performance.now();
        const { signs } = await ask(`V2${String(index).padStart(8, "0")}0000000011`);
        expect(signs).toBeNull();
        return performance.now() - asked;
      }),
    );
    expect(Math.max(...waits)).toBeLessThan(500);
    for (let index = 0; index < 5; index++) await ask(`V3${String(index).padStart(8, "0")}0000000011`);
    const alone = performance.now();
    for (let index = 0; index < 1000; index++) await ask(`V4${String(index).padStart(8, "0")}0000000011`);
    expect(performance.now() - alone).toBeLessThan(2000);
  } finally {
    // What comes after it would wait for ever.
    mariadb.kill("SIGCONT");
  }
  let index = 0;
  await waitFor(
    "an answer again",
    async () => {
      index += 1;
      return (await ask(`V5${String(index).padStart(8, "0")}0000000012`)).signs ?? undefined;
    },
    15_000,
    200,
  );
  book.close();
});

test("a_database_that_takes_longer_to_connect_to_than_a_call_waits_is_asked_again", async () => {
  const codes = Array.from({ length: 200 }, (_, index) => `V90${String(index).padStart(7, "0")}0000000011`);
  const rows = codes.map((each) => `('APEXOUT','${each}')`).join(",");
  await tables.run(`INSERT INTO vicidial_auto_calls (campaign_id, callerid) VALUES ${rows}`);
  // A quarter of what a call waits for each answer, and many answers before the first one of a connection.
  const far = { hangs: false };
  const proxy = createServer((near) => {
    const server = connect(PORT, "127.0.0.1");
    const carry = (from: Socket, to: Socket) =>
      from.on("data", (data) => setTimeout(() => far.hangs || to.write(data), 6));
    for (const [from, to] of [
      [near, server],
      [server, near],
    ] as const) {
      carry(from, to).on("close", () => to.destroy());
      from.on("error", () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const url = new URL(tables.url);
  url.port = String((proxy.address() as AddressInfo).port);
  const book = new VicidialBook({ url: url.href, leads: () => true, log });
  const ask = async () => (await book.signsOf(code(codes.pop() ?? ""))).signs;
  const answered = () => waitFor("an answer", async () => (await ask()) ?? undefined, 12_000, 200);
  try {
    await book.warm();
    await answered();
    far.hangs = true;
    for (let call = 0; call < 4; call++) expect(await ask()).toBeNull();
    far.hangs = false;
    await answered();
  } finally {
    book.close();
    proxy.close();
  }
}, 40_000);

describe("do-not-call tables", () => {
  const [apex, beta, gamma] = [tenantId("apex"), tenantId("beta"), tenantId("gamma")];
  const sources: readonly VicidialSource[] = [
    { tenant: null, of: null, country: "US" },
    { tenant: apex, of: { campaigns: ["apexout"], userGroups: [] }, country: "US" },
    { tenant: beta, of: { campaigns: ["NONE"], userGroups: ["beta", "B2"] }, country: "US" },
  ];
  let database: VicidialDatabase;
  let numbers: VicidialNumbers;
  beforeEach(() => {
    database = openVicidial({ url: tables.url, connections: 1, statementSeconds: 60 });
    numbers = new VicidialNumbers(createVicidialLists(database), () => sources, log);
  });
  afterEach(() => database.abandon());

  test("until_a_list_was_read_every_number_is_on_it", async () => {
    expect(numbers.listed(gamma, e164("+16465559999"))).toBe("system");
    await numbers.refresh();
    expect(numbers.listed(gamma, e164("+16465559999"))).toBeNull();
  });

  test("each_list_holds_for_whom_it_is_meant", async () => {
    await numbers.refresh();
    const on = (number: string) => [apex, beta, gamma].map((tenant) => numbers.listed(tenant, e164(number)));
    expect(on("+16465550001")).toEqual(["system", "system", "system"]);
    expect(on("+16465550002")).toEqual(["system", "system", "system"]);
    expect(on("+16465550003")).toEqual(["tenant", "tenant", null]);
    expect(on("+16465550004")).toEqual([null, "tenant", null]);
    expect(on("+16465550005")).toEqual([null, null, null]);
    expect(on("+17325550100")).toEqual(["system", "system", "system"]);
    expect(on("+16465550007")).toEqual(["system", "system", "system"]);
    expect(on("+16465550008")).toEqual(["system", "system", "system"]);
    expect(on("+17185550100")).toEqual(["system", "system", "system"]);
    expect(on("+33123456789")).toEqual(["system", "system", "system"]);
    expect(on("+33223456789")).toEqual(["system", "system", "system"]);
  });

  test("the_common_table_is_read_as_each_client's_country_writes_its_numbers", async () => {
    const common = { tenant: null, of: null };
    const abroad: readonly VicidialSource[] = [
      { ...common, country: "US", tenants: new Set([apex]) },
      { ...common, country: "GB", tenants: new Set([beta]) },
    ];
    numbers = new VicidialNumbers(createVicidialLists(database), () => abroad, log);
    expect(numbers.listed(beta, e164("+12125550100"))).toBe("system");
    await numbers.refresh();
    const on = (number: string) => [apex, beta].map((tenant) => numbers.listed(tenant, e164(number)));
    expect(on("+442079460000")).toEqual([null, "system"]);
    expect(on("+442079460001")).toEqual([null, "system"]);
    expect(on("+16465550001")).toEqual(["system", null]);
  });

  test("only_the_parts_that_changed_are_read_again", async () => {
    const first = await numbers.refresh();
    expect([...first.values()].map(({ read }) => read)).toEqual([12, 1, 1]);
    expect([...(await numbers.refresh()).values()].map(({ read }) => read)).toEqual([0, 0, 0]);
    await tables.run("INSERT INTO vicidial_dnc VALUES ('2125550188'),('2125550189')");
    expect([...(await numbers.refresh()).values()].map(({ read }) => read)).toEqual([1, 0, 0]);
    expect(numbers.listed(gamma, e164("+12125550188"))).toBe("system");
    await tables.run("DELETE FROM vicidial_dnc WHERE phone_number = '2125550188'");
    await numbers.refresh();
    expect(numbers.listed(gamma, e164("+12125550188"))).toBeNull();
    expect(numbers.listed(gamma, e164("+12125550189"))).toBe("system");
  });

  test("a_number_that_took_the_place_of_another_is_found_within_the_quarter_of_an_hour", async () => {
    await numbers.refresh();
    await tables.run("UPDATE vicidial_dnc SET phone_number = '6465550006' WHERE phone_number = '6465550001'");
    for (let minute = 0; minute < 17; minute++) await numbers.refresh();
    expect(numbers.listed(gamma, e164("+16465550006"))).toBe("system");
    expect(numbers.listed(gamma, e164("+16465550001"))).toBeNull();
    await tables.run("UPDATE vicidial_dnc SET phone_number = '6465550001' WHERE phone_number = '6465550006'");
  });

  test("what_was_read_last_stays_in_force_while_the_table_cannot_be_read", async () => {
    await numbers.refresh();
    await tables.run("RENAME TABLE vicidial_dnc TO vicidial_dnc_away");
    expect((await numbers.refresh()).size).toBe(2);
    expect(numbers.listed(gamma, e164("+16465550002"))).toBe("system");
    await tables.run("RENAME TABLE vicidial_dnc_away TO vicidial_dnc");
  });
});
