import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { formatIssue } from "../../../src/config/issue.ts";
import { loadConfiguration, type Purpose } from "../../../src/config/load.ts";
import { soundsFolder } from "../../../src/config/sounds.ts";
import type { E164 } from "../../../src/core/number/e164.ts";
import type { Snapshot } from "../../../src/core/snapshot/snapshot.ts";
import { parseRedisUrl } from "../../../src/slots/redis-url.ts";
import { at, path, tenantId } from "../../builders.ts";
import { plainTenant, type Written, writeConfiguration } from "./written.ts";

let written: Written | null = null;
afterEach(() => {
  written?.remove();
  written = null;
});

function load(files: Readonly<Record<string, string>>, purpose: Purpose = "simulate", env = {}) {
  written?.remove();
  written = writeConfiguration(files);
  return loadConfiguration(written.directory, { env, purpose });
}

function sound(files: Readonly<Record<string, string>>): Snapshot {
  const { snapshot, errors } = load(files);
  if (snapshot === null) throw new Error(errors.map(formatIssue).join("\n"));
  return snapshot;
}

const APEX = "+12125550100" as E164;
const apexOf = (snapshot: Snapshot) => {
  const tenant = snapshot.tenants.get(tenantId("apex"));
  if (tenant === undefined) throw new Error("no tenant apex");
  return tenant;
};

describe("prompts", () => {
  const announcing = plainTenant("apex", APEX).replace("{hangup: busy}", "{announce: closed}");
  const told = (files: Readonly<Record<string, string>>) =>
    load(files, "check")
      .errors.map(formatIssue)
      .map((text) => text.replace(/ \(line.*/, ""));

  test("are_those_beside_the_configuration_alone", () => {
    const beside = { "../sounds/shared/hello.wav": "", "tenants/apex.yaml": announcing };
    expect(told(beside)).toEqual([expect.stringContaining('there is no prompt "closed"')]);
    expect(told({ ...beside, "../sounds/apex/closed.wav": "" })).toEqual([]);
  });

  test("a_link_that_leads_nowhere_is_none", () => {
    const files = { "../sounds/shared/hello.wav": "", "tenants/apex.yaml": announcing };
    expect(told(files)).toHaveLength(1);
    const { directory } = written as Written;
    symlinkSync("gone.wav", join(directory, "../sounds/shared/closed.wav"));
    const errors = () => loadConfiguration(directory, { env: {}, purpose: "check" }).errors;
    expect(errors()).toHaveLength(1);
    writeFileSync(join(directory, "../sounds/shared/gone.wav"), "");
    expect(errors()).toEqual([]);
  });

  test("without_such_a_folder_are_those_that_come_with_signalbox", () => {
    expect(told({ "tenants/apex.yaml": announcing })).toEqual([]);
    expect(soundsFolder("/nowhere/config")).toBe(join(import.meta.dirname, "../../../sounds"));
  });
});

describe("the shipped configuration", () => {
  test("has neither errors nor warnings", () => {
    const directory = join(import.meta.dirname, "../../../config");
    const { snapshot, errors, warnings } = loadConfiguration(directory, { env: {}, purpose: "check" });
    expect([...errors, ...warnings].map(formatIssue)).toEqual([]);
    expect([...(snapshot?.tenants.keys() ?? [])]).toEqual(["apex", "greensolar", "votereach"]);
  });
});

describe("a snapshot", () => {
  test("finds numbers, account codes, trunks and reserves", () => {
    const snapshot = sound({
      "trunks.yaml":
        "trunks:\n  own: {endpoint: carrier, tenant: apex, channels: 5}\n  pool_a: {address: '127.0.0.3:5060', shared: true, channels: 100}\noverflow: [[pool_a]]\n",
      "tenants/apex.yaml": plainTenant(
        "apex",
        APEX,
        "accountcodes: [insure]\nlimits: {reserved: 20}\ntrunks: {strategy: hybrid, dedicated: [own]}\n",
      ),
    });
    expect(snapshot.dids.get(APEX)).toEqual({ tenant: "apex" });
    expect(snapshot.tenantByAccountcode).toEqual(
      new Map([
        ["apex", "apex"],
        ["insure", "apex"],
      ]),
    );
    expect(snapshot.trunkByEndpoint.get("carrier")).toBe("own");
    expect(snapshot.trunks.get("own")).toMatchObject({ existing: true, tenant: "apex", shared: false });
    expect(snapshot.overflow).toEqual([["pool_a"]]);
    expect(snapshot.pool).toEqual({ trunks: ["pool_a"], reserves: [{ tenant: "apex", reserved: 20 }] });
  });

  test("keeps every digit and every word as it is written", () => {
    const text = plainTenant("apex", APEX).replace("route: main}", "route: main, label: 0123}");
    const { dids, plan } = apexOf(sound({ "tenants/apex.yaml": `${text}name: off\n` }));
    expect(dids.get(APEX)?.label).toBe("0123");
    expect(plan.targets.get(path("routes.main"))).toEqual({ type: "hangup", cause: 17 });
  });

  test("takes an empty list of causes for none, and no list for the usual ones", () => {
    const trunk = "shared: true, channels: 5";
    const { trunks } = sound({
      "trunks.yaml": `trunks:\n  usual: {address: '127.0.0.3:5060', ${trunk}}\n  none: {address: '127.0.0.4:5060', ${trunk}, failover_causes: []}\noverflow: [usual, none]\n`,
      "tenants/apex.yaml": plainTenant("apex", APEX),
    });
    expect(trunks.get("usual")?.failoverCauses).toContain(42);
    expect(trunks.get("none")?.failoverCauses).toEqual([]);
  });

  test("puts nested targets under their own paths", () => {
    const snapshot = sound({
      "tenants/apex.yaml": `tenant: apex
timezone: America/New_York
language: es
dids: {"${APEX}": {route: main, fallback: {hangup: "21"}}}
hours: {office: {weekly: {sat: ["22:00-02:00"]}, override: {state: closed, until: "2026-11-30T09:00"}}}
routes: {main: {hours: office, open: {menu: m}, closed: {dial: PJSIP/1, no_answer: {voicemail: "1"}}}}
menus: {m: {prompt: p, choices: {"1": {route: main}}, exhausted: {hangup: busy}}}
limits: {when_full: {inbound: {announce: full, then: congestion}}}
`,
    });
    const { plan, dids, limits } = apexOf(snapshot);
    expect([...plan.targets.keys()].sort()).toEqual([
      "dids.+12125550100.fallback",
      "menus.m.choices.1",
      "menus.m.exhausted",
      "routes.main",
      "routes.main.closed",
      "routes.main.closed.no_answer",
      "routes.main.open",
    ]);
    expect(plan.menus.get("m")).toMatchObject({ waitSeconds: 5, nextDigitSeconds: 2, attempts: 3 });
    expect(plan.hours.get("office")?.weekly[5]).toEqual([{ from: 1320, to: 1560 }]);
    expect(plan.hours.get("office")?.override?.until).toBe(at("2026-11-30T09:00:00-05:00"));
    expect(dids.get(APEX)).toMatchObject({ language: "es", fallback: "dids.+12125550100.fallback" });
    expect(limits.whenFull.inbound).toEqual({ kind: "hangup", cause: 42, announce: "full" });
    expect(limits.whenFull.outbound).toEqual({ kind: "hangup", cause: 42, announce: null });
  });

  test("reads block lists as people write them", () => {
    const snapshot = sound({
      "tenants/apex.yaml": plainTenant(
        "apex",
        APEX,
        "blocked_callers: {file: blocked.txt, prefixes: ['+1976'], then: {hangup: busy}}\n",
      ),
      "blocked.txt": "(212) 555-0177 # once\r\n+1900*\nAnonymous\n\n# end\n",
    });
    expect(apexOf(snapshot).blockedCallers).toEqual({
      list: { numbers: new Set(["+12125550177"]), prefixes: ["+1976", "+1900"], anonymous: true },
      then: "blocked_callers.then",
    });
  });
});

describe("the revision", () => {
  test("is the content's: equal for equal files, another for another list", () => {
    const blocked = "blocked_callers: {file: blocked.txt, then: {hangup: busy}}\n";
    const files = {
      "tenants/apex.yaml": plainTenant("apex", APEX, blocked),
      "blocked.txt": "+12125550177\n",
    };
    const first = sound(files).revision;
    expect(first).toMatch(/^[0-9a-f]{12}$/);
    expect(sound(files).revision).toBe(first);
    expect(sound({ ...files, "blocked.txt": "+12125550178\n" }).revision).not.toBe(first);
  });
});

describe("secrets", () => {
  const files = { "tenants/apex.yaml": plainTenant("apex", APEX) };

  test("come from the environment, whatever characters they have", () => {
    const { snapshot } = load(files, "serve", { AMI_SECRET: "a: {b} ${HOME} # c" });
    expect(snapshot?.system.switches[0]?.secret).toBe("a: {b} ${HOME} # c");
  });

  test("are missed only by those who connect", () => {
    for (const purpose of ["check", "simulate"] as const) expect(load(files, purpose).errors).toEqual([]);
    for (const purpose of ["serve", "render"] as const) {
      expect(load(files, purpose).errors.map(formatIssue)).toEqual([
        "signalbox.yaml: asterisk[0].secret: the environment has no AMI_SECRET: set it where Signalbox is started (line 1, column 71)",
      ]);
    }
  });

  test("in a URL may have any character too, as a whole user or password", () => {
    const system = [
      "slots: 'redis://${BOX}:${REDIS_PASSWORD}@${REDIS_HOST}/0'",
      "records: 'mysql://u:${DB_PASSWORD}@host/db'",
    ].join("\n");
    const { snapshot } = load({ ...files, "signalbox.yaml": system }, "serve", {
      BOX: "a/b",
      REDIS_PASSWORD: "p@s:s/%#?",
      REDIS_HOST: "10.0.0.9:6379",
      DB_PASSWORD: "a@b/c#d",
    });
    const slots = parseRedisUrl(snapshot?.system.slots ?? "");
    expect(slots).toMatchObject({
      username: "a/b",
      password: "p@s:s/%#?",
      hosts: [{ host: "10.0.0.9", port: 6379 }],
    });
    const records = new URL(snapshot?.system.records ?? "");
    expect([decodeURIComponent(records.password), records.host, records.pathname]).toEqual([
      "a@b/c#d",
      "host",
      "/db",
    ]);
  });

  test("are user names of carriers as well", () => {
    const trunks =
      "trunks: {own: {address: '127.0.0.2:5060', tenant: apex, channels: 5, auth: {username: '${SIP_USER}', password: '${SIP_PASSWORD}'}}}\n";
    const env = { AMI_SECRET: "x", SIP_USER: "box", SIP_PASSWORD: "y" };
    const { snapshot } = load({ ...files, "trunks.yaml": trunks }, "render", env);
    expect(snapshot?.trunks.get("own")?.auth).toEqual({ username: "box", password: "y" });
  });

  test("of more than one line are refused", () => {
    expect(load(files, "serve", { AMI_SECRET: "a\nb" }).errors[0]?.message).toContain("more than one line");
  });
});

describe("how deep targets may be nested", () => {
  const nested = (levels: number): string => {
    const ring = "{dial: PJSIP/100, no_answer: ";
    const target = `${ring.repeat(levels)}{hangup: busy}${"}".repeat(levels)}`;
    return plainTenant("apex", APEX).replace(/^routes:.*$/m, `routes: {main: ${target}}`);
  };

  test("as deep as a call's state has room for", () => {
    // `routes.main` and `.no_answer` for every level: 11 + 38 * 10 = 391 characters.
    expect(load({ "tenants/apex.yaml": nested(38) }).errors).toEqual([]);
  });

  test("one_level_deeper_is_an_error_with_a_way_out", () => {
    const { errors } = load({ "tenants/apex.yaml": nested(39) });
    expect(errors).toHaveLength(1);
    expect(errors[0]?.path.length).toBe(41);
    expect(errors[0]?.message).toMatch(/^is nested too deep .* write \{route: NAME\} in its place$/);
  });
});

test("a file in place of the directory is one error that says what to name", () => {
  const { snapshot, errors } = loadConfiguration(import.meta.filename, { env: {}, purpose: "check" });
  expect(snapshot).toBeNull();
  expect(errors.map(formatIssue)).toEqual([
    "load.test.ts: is no folder: name the one that has signalbox.yaml, trunks.yaml and tenants in it",
  ]);
});

test("a configuration without clients is warned of", () => {
  written = writeConfiguration({ "tenants/.keep": "" });
  const { snapshot, warnings } = loadConfiguration(written.directory, { env: {}, purpose: "check" });
  expect(snapshot).not.toBeNull();
  expect(warnings.map(formatIssue)).toEqual([
    "tenants: has no client in it, so that every call is refused: add tenants/NAME.yaml",
  ]);
});

test("a key that is a list is told where it stands", () => {
  written = writeConfiguration({ "tenants/apex.yaml": "tenant: apex\nroutes:\n  a: {b: c}\n  [d, e]: f\n" });
  const { errors } = loadConfiguration(written.directory, { env: {}, purpose: "check" });
  expect(errors.map(formatIssue)).toEqual([
    "tenants/apex.yaml: a key is a list or a mapping here, as a name in brackets without quotes is: make it one word (line 4, column 3)",
  ]);
});

test("a client whose file cannot be read is not said to be absent", () => {
  const trunks = "trunks: {own: {address: '127.0.0.2:5060', tenant: apex, channels: 5}}\n";
  written = writeConfiguration({ "trunks.yaml": trunks, "tenants/apex.yaml": "" });
  writeFileSync(
    join(written.directory, "tenants/apex.yaml"),
    Buffer.from("tenant: apex # caf\xe9\n", "latin1"),
  );
  const { errors } = loadConfiguration(written.directory, { env: {}, purpose: "check" });
  expect(errors.map(formatIssue)).toEqual([
    "tenants/apex.yaml: the file is not UTF-8 text: save it as UTF-8",
  ]);
});

test("a missing directory is one error that says how to name another, not an exception", () => {
  const { snapshot, errors } = loadConfiguration("/nonexistent", { env: {}, purpose: "check" });
  expect(snapshot).toBeNull();
  expect(errors.map(formatIssue)).toEqual([
    "nonexistent: there is no such folder: name the one that has signalbox.yaml, trunks.yaml and tenants in it, by --config or SIGNALBOX_CONFIG",
  ]);
});
