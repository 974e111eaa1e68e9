import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import {
  type Configuration,
  createConfiguration,
  type ReloadResult,
} from "../../../src/config/configuration.ts";
import { renderDialplan } from "../../../src/config/render/dialplan.ts";
import { TEMPLATE } from "../../../src/config/render/rendered-revisions.ts";
import type { E164 } from "../../../src/core/number/e164.ts";
import { tenantId } from "../../builders.ts";
import { plainTenant, type Written, writeConfiguration } from "./written.ts";

const APEX = "+12125550100" as E164;
const SUN = "+13035550110" as E164;

let written: Written;
let configuration: Configuration;

beforeEach(() => {
  written = writeConfiguration({
    "tenants/apex.yaml": plainTenant("apex", APEX),
    "tenants/greensolar.yaml": plainTenant("greensolar", SUN),
  });
  configuration = createConfiguration(written.directory, { env: { AMI_SECRET: "hush" } });
});

afterEach(async () => {
  await configuration.close();
  written.remove();
});

function dialplanOf(from: Configuration, server: string): string {
  const target = from.current().system.switches.find((each) => each.server === server);
  if (target === undefined) throw new Error(`the written configuration has no switch ${server}`);
  return renderDialplan(from.current(), target, readFileSync(TEMPLATE, "utf8"));
}

test("nothing is in force before the first reload", () => {
  expect(() => configuration.current()).toThrow(
    expect.objectContaining({ code: "configuration_not_loaded" }),
  );
});

test("a reload puts everything in force, secrets included", async () => {
  expect(await configuration.reload()).toEqual({ changed: true, errors: [], warnings: [] });
  const snapshot = configuration.current();
  expect(snapshot.dids.get(SUN)).toEqual({ tenant: "greensolar" });
  expect(snapshot.system.switches[0]?.secret).toBe("hush");
  expect(Object.isFrozen(snapshot)).toBe(true);
});

test("a tenant that has not changed stays the same object, a changed one does not", async () => {
  await configuration.reload();
  const before = configuration.current();
  written.put("tenants/apex.yaml", plainTenant("apex", APEX, "agents: 3\n"));
  expect((await configuration.reload()).changed).toBe(true);
  const after = configuration.current();
  expect(after.tenants.get(tenantId("greensolar"))).toBe(before.tenants.get(tenantId("greensolar")));
  expect(after.tenants.get(tenantId("apex"))?.agents).toBe(3);
  expect(before.tenants.get(tenantId("apex"))?.agents).toBeNull();
  expect((await configuration.reload()).changed).toBe(false);
});

test("the_revision_of_the_dialplan_is_known_and_changes_only_with_what_is_rendered", async () => {
  await configuration.reload();
  const before = configuration.rendered().get("ast1");
  expect(dialplanOf(configuration, "ast1")).toContain(`rev=${before}$`);
  written.put("tenants/apex.yaml", plainTenant("apex", APEX, "agents: 3\n"));
  expect((await configuration.reload()).changed).toBe(true);
  expect(configuration.rendered().get("ast1")).toBe(before);
  written.put("tenants/apex.yaml", plainTenant("apex", APEX, "fallback: {hangup: busy}\n"));
  await configuration.reload();
  expect(configuration.rendered().get("ast1")).not.toBe(before);
  expect(dialplanOf(configuration, "ast1")).toContain(`rev=${configuration.rendered().get("ast1")}$`);
});

test.each([
  ["address", "another", "address: '127.0.0.9:5060', shared: true, channels: 100"],
  ["codec", "another", "address: '127.0.0.3:5060', shared: true, channels: 100, codecs: [g729]"],
  ["number_of_channels", "the same", "address: '127.0.0.3:5060', shared: true, channels: 90"],
])("a_trunk_with_another %s means %s revision of the dialplan", async (_what, revision, trunk) => {
  await configuration.reload();
  const before = configuration.rendered().get("ast1");
  written.put("trunks.yaml", `trunks: {pool_a: {${trunk}}}\noverflow: [pool_a]\n`);
  expect((await configuration.reload()).changed).toBe(true);
  expect(configuration.rendered().get("ast1") === before ? "the same" : "another").toBe(revision);
});

test("the_revision_of_the_dialplan_tells_no_password", async () => {
  const put = (password: string) =>
    written.put(
      "trunks.yaml",
      `trunks: {pool_a: {address: '127.0.0.3:5060', shared: true, channels: 100, auth: {username: us, password: ${password}}}}\noverflow: [pool_a]\n`,
    );
  put("one");
  await configuration.reload();
  const before = configuration.rendered().get("ast1");
  put("two");
  expect((await configuration.reload()).changed).toBe(true);
  expect(configuration.rendered().get("ast1")).toBe(before);
});

test("with one error nothing changes", async () => {
  await configuration.reload();
  const before = configuration.current();
  written.put("tenants/apex.yaml", plainTenant("apex", APEX, "agents: 3\n"));
  written.put("tenants/greensolar.yaml", plainTenant("greensolar", APEX));
  const { changed, errors } = await configuration.reload();
  expect(changed).toBe(false);
  expect(errors).toHaveLength(1);
  expect(configuration.current()).toBe(before);
});

test("of very many errors the first are told, and how many more there are", async () => {
  const dids = Array.from({ length: 300 }, (_, each) => `"+1212555${1000 + each}": {route: gone}`);
  written.put("tenants/apex.yaml", `tenant: apex\ntimezone: UTC\ndids: {${dids.join(", ")}}\n`);
  const { errors } = await configuration.reload();
  expect(errors).toHaveLength(101);
  expect(errors.at(-1)?.message).toBe("and 200 more from here on: `signalbox check` names them all");
});

test("reloads that meet share the next run, which sees the newest files", async () => {
  const first = configuration.reload();
  written.put("tenants/apex.yaml", plainTenant("apex", APEX, "agents: 4\n"));
  const [second, third] = [configuration.reload(), configuration.reload()];
  expect(second).toBe(third);
  await Promise.all([first, second]);
  expect(configuration.current().tenants.get(tenantId("apex"))?.agents).toBe(4);
});

test("a changed file and SIGHUP reload, until watching ends", async () => {
  await configuration.reload();
  const results: ReloadResult[] = [];
  const before = process.listenerCount("SIGHUP");
  const unwatch = configuration.watch((result) => results.push(result));
  await setTimeout(100);
  written.put("tenants/apex.yaml", plainTenant("apex", APEX, "agents: 5\n"));
  await until(() => results.length === 1);
  expect(configuration.current().tenants.get(tenantId("apex"))?.agents).toBe(5);
  const signalled = once(process, "SIGHUP");
  process.kill(process.pid, "SIGHUP");
  await signalled;
  await until(() => results.length === 2);
  expect(results.map(({ changed }) => changed)).toEqual([true, false]);
  unwatch();
  expect(process.listenerCount("SIGHUP")).toBe(before);
});

test("a_reload_that_a_stopping_node_breaks_off_is_told_to_nobody", async () => {
  await configuration.reload();
  const results: ReloadResult[] = [];
  configuration.watch((result) => results.push(result));
  const signalled = once(process, "SIGHUP");
  process.kill(process.pid, "SIGHUP");
  await signalled;
  await configuration.close();
  await setTimeout(0);
  expect(results).toEqual([]);
});

test("a_change_after_the_first_reading_and_before_watching_is_found", async () => {
  await configuration.reload();
  written.put("tenants/apex.yaml", plainTenant("apex", APEX, "agents: 7\n"));
  const results: ReloadResult[] = [];
  configuration.watch((result) => results.push(result));
  await until(() => results.length > 0);
  expect(results.map(({ changed }) => changed)).toEqual([true]);
  expect(configuration.current().tenants.get(tenantId("apex"))?.agents).toBe(7);
});

test("nothing_is_read_again_when_watching_begins_and_nothing_has_changed", async () => {
  await configuration.reload();
  const results: ReloadResult[] = [];
  configuration.watch((result) => results.push(result));
  await setTimeout(1500);
  expect(results).toEqual([]);
});

test("what one run found is told once, however many asked for it meanwhile", async () => {
  await configuration.reload();
  const results: ReloadResult[] = [];
  const unwatch = configuration.watch((result) => results.push(result));
  const under = configuration.reload();
  written.put("tenants/apex.yaml", plainTenant("apex", APEX, "agents: 6\n"));
  for (let times = 0; times < 3; times++) process.emit("SIGHUP", "SIGHUP");
  await under;
  await until(() => results.length > 0);
  await configuration.reload();
  unwatch();
  expect(results.filter(({ changed }) => changed).length).toBeLessThan(2);
  expect(new Set(results).size).toBe(results.length);
});

test("what_failed_for_another_reason_than_the_files_is_tried_again_by_itself", async () => {
  let asked = 0;
  const prepare = async () => {
    asked += 1;
    if (asked === 2) throw new Error("no room for one more process");
  };
  const trying = createConfiguration(written.directory, {
    ...{ env: { AMI_SECRET: "hush" }, prepare, againMs: 100 },
  });
  await trying.reload();
  const results: ReloadResult[] = [];
  trying.watch((result) => results.push(result));
  await setTimeout(100);
  written.put("tenants/apex.yaml", plainTenant("apex", APEX, "agents: 8\n"));
  await until(() => results.length === 2);
  await trying.close();
  expect(results.map(({ changed, errors }) => [changed, errors.length])).toEqual([
    [false, 1],
    [true, 0],
  ]);
});

test("a_list_outside_of_the_directory_is_watched_too", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lists-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const list = join(folder, "apex.txt");
  writeFileSync(list, "+12125550177\n");
  written.put("tenants/apex.yaml", plainTenant("apex", APEX, `do_not_call: {file: ${list}}\n`));
  await configuration.reload();
  const results: ReloadResult[] = [];
  configuration.watch((result) => results.push(result));
  await setTimeout(100);
  writeFileSync(list, "+12125550177\n+12125550178\n");
  await until(() => results.length === 1);
  expect(results[0]).toMatchObject({ changed: true, errors: [] });
});

test.each(["apex/es/hello.wav", "apex/hello.wav", "shared/es/hello.wav"])(
  "a_prompt_that_is_put_at_%s_is_heard_with_no_order_to_reload",
  async (file) => {
    const heard = () => {
      const { sounds } = configuration.current().tenants.get(tenantId("apex"))?.plan ?? {};
      return sounds?.get("es/hello") ?? sounds?.get("hello");
    };
    written.put("../sounds/shared/hello.wav", "");
    await configuration.reload();
    expect(heard()).toBe("signalbox/shared/hello");
    configuration.watch(() => {});
    written.put(`../sounds/${file}`, "");
    await until(() => heard() === `signalbox/${file.slice(0, -4)}`);
  },
);

test("the_reading_process_ends_without_a_word_when_the_node_dies_under_it", async () => {
  const program = fileURLToPath(new URL("../../../src/config/reading-process.ts", import.meta.url));
  const child = fork(program, [], { serialization: "advanced", stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let said = "";
  child.stderr?.on("data", (bytes: Buffer) => {
    said += bytes.toString();
  });
  child.send({ directory: written.directory, sounds: undefined, env: {}, digests: new Map() }, () => {
    child.disconnect();
  });
  await once(child, "exit");
  expect({ said, code: child.exitCode }).toEqual({ said: "", code: 0 });
});

test("what_node_has_translated_for_the_reading_process_is_kept", async () => {
  const cache = join(written.directory, "..", `${basename(written.directory)}-cache`);
  const before = process.env.NODE_COMPILE_CACHE;
  process.env.NODE_COMPILE_CACHE = cache;
  try {
    await configuration.reload();
    // Node has a folder for each set of flags, and a file for each module.
    const [folder = ""] = readdirSync(cache);
    expect(readdirSync(join(cache, folder)).length).toBeGreaterThan(50);
  } finally {
    process.env.NODE_COMPILE_CACHE = before;
    rmSync(cache, { recursive: true, force: true });
  }
});

test("closing in the middle of a reload ends it", async () => {
  const reload = configuration.reload();
  await configuration.close();
  expect((await reload).changed).toBe(false);
});

async function until(done: () => boolean): Promise<void> {
  for (let waited = 0; !done(); waited += 20) {
    if (waited > 10_000) throw new Error("it did not happen within 10 s");
    await setTimeout(20);
  }
}
