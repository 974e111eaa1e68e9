import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { waitFor } from "../../../load/lab/ports.ts";
import { silentWav } from "../../../load/lab/wav.ts";
import { lookAtRecords } from "../../../src/commands/doctor/records.ts";
import { runCommandLine } from "../../../src/commands/program.ts";
import { startRecordingKeeper } from "../../../src/records/recordings/keeper.ts";
import { createRecordStore } from "../../../src/records/store.ts";
import { snapshotWith, tenantId } from "../../builders.ts";
import { stampedCall } from "../../record-builders.ts";

const log = pino({ level: "silent" });
const DAY_MS = 86_400_000;
const config = join(import.meta.dirname, "../../../config");
/** Two calls of Apex, the first with its time over, and one of GreenSolar. */
const OLD = "apex/2026/10/01/ast1-1764000000.1.wav";
const NEW = "apex/2026/11/01/ast1-1764000000.2.wav";
const OTHER = "greensolar/2026/11/01/ast1-1764000000.3.wav";

let variables = "";
const path = (file: string) => join(variables, "recordings", file);

async function command(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const ran = { out: "", err: "" };
  const io = {
    out: (text: string) => {
      ran.out += text;
    },
    err: (text: string) => {
      ran.err += text;
    },
    env: {},
    colour: false,
  };
  const code = await runCommandLine(["recordings", ...args, "--config", config, "--var", variables], io);
  return { code, ...ran };
}

async function states(): Promise<readonly string[]> {
  const { out } = await command("list", "--all", "--json");
  return (JSON.parse(out) as { state: string }[]).map(({ state }) => state);
}

beforeEach(async () => {
  variables = mkdtempSync(join(tmpdir(), "sb-commands-"));
  const store = createRecordStore({ records: "sqlite:signalbox.db", variables, log });
  const put = (number: number, file: string, ageDays: number): void => {
    const tenant = tenantId(file.split("/")[0] ?? "");
    const recording = { file, format: "wav", notice: null, keepDays: 30 } as const;
    const startedAt = Date.now() - ageDays * DAY_MS;
    store.put(stampedCall({ number, startedAt, step: { tenant, recording } }));
    mkdirSync(dirname(path(file)), { recursive: true });
    writeFileSync(path(file), silentWav(1000 * number));
  };
  put(1, OLD, 40);
  put(2, NEW, 2);
  put(3, OTHER, 1);
  await store.flush();
  const keeper = startRecordingKeeper({
    ...{ records: "sqlite:signalbox.db", variables, log },
    directory: join(variables, "recordings"),
  });
  keeper.beside(["ast1"]);
  const allKept = async () => ((await states()).every((state) => state === "kept") ? true : undefined);
  await waitFor("the files to be looked at", allKept, 10_000, 100);
  await keeper.close();
  await store.close();
});

afterEach(() => rmSync(variables, { recursive: true, force: true }));

describe("recordings", () => {
  test("path_gives_one_clients_files_and_1_where_there_are_none", async () => {
    expect(await command("path", "--tenant", "apex")).toMatchObject({
      code: 0,
      out: `${path(OLD)}\n${path(NEW)}\n`,
    });
    expect(await command("path", "ast1-1764000000.3")).toMatchObject({ code: 0, out: `${path(OTHER)}\n` });
    expect(await command("path", "--tenant", "votereach")).toMatchObject({ code: 1, out: "" });
  });

  test("purge_tells_first_and_deletes_when_told_to", async () => {
    const told = await command("purge");
    expect(told.code).toBe(0);
    expect(told.out.split("\n").filter(Boolean)).toHaveLength(1);
    expect(told.out).toContain(path(OLD));
    expect(existsSync(path(OLD))).toBe(true);
    expect(await command("purge", "--dry-run", "--delete")).toMatchObject({ code: 0 });
    expect(existsSync(path(OLD))).toBe(true);
    const deleted = await command("purge", "--delete");
    expect(deleted.code).toBe(0);
    expect(deleted.out).toMatch(new RegExp(`deleted ${OLD} sha256=[0-9a-f]{64}`));
    expect([OLD, NEW, OTHER].map((file) => existsSync(path(file)))).toEqual([false, true, true]);
    expect(await states()).toEqual(["deleted", "kept", "kept"]);
    expect(await command("verify")).toMatchObject({ code: 0, out: "" });
  });

  test("another_keep_days_holds_for_what_is_there_only_when_told_to", async () => {
    const longer = await command("keep", "--tenant", "apex", "--days", "60");
    expect(longer).toMatchObject({ code: 0, out: "" });
    expect(longer.err).toContain("2 recordings of apex would be kept for 60 days, 0 of them due");
    expect((await command("purge")).err).toContain("1 recording would be deleted");
    expect(await command("keep", "--tenant", "apex", "--days", "60", "--apply")).toMatchObject({ code: 0 });
    expect((await command("purge")).err).toContain("0 recordings would be deleted");
    const shorter = await command("keep", "--tenant", "apex", "--days", "1", "--since", "10d", "--apply");
    expect(shorter.out).toContain("1 recording of apex kept for 1 day, 1 of them due with the next purge");
    expect((await command("purge", "--delete")).out).toContain(NEW);
    expect(existsSync(path(OLD)) && existsSync(path(OTHER))).toBe(true);
    const configured = await command("keep", "--tenant", "apex");
    expect(configured.err).toContain("1 recording of apex would be kept for 365 days");
  });

  test("a_client_that_was_never_there_is_said_to_be_none", async () => {
    for (const words of [["list"], ["verify"], ["export"], ["purge"], ["keep", "--days", "0", "--apply"]]) {
      const { code, err } = await command(...words, "--tenant", "apxe");
      expect({ words, code, err }).toMatchObject({ code: 1, err: expect.stringContaining("no client apxe") });
    }
    mkdirSync(path("gone/2026/10/01"), { recursive: true });
    writeFileSync(path("gone/2026/10/01/ast1-1764000000.9.wav"), silentWav(1000));
    expect((await command("verify", "--tenant", "gone")).out).toContain("file without a row");
  });

  test("a_switch_that_was_never_there_is_said_to_be_none", async () => {
    for (const words of [["list"], ["verify"], ["purge"], ["export", "--tenant", "apex"]]) {
      const { code, err } = await command(...words, "--server", "ats1");
      expect({ words, code, err }).toMatchObject({ code: 1, err: expect.stringContaining("no switch ats1") });
      expect(await command(...words, "--server", "ast1")).toMatchObject({ code: 0 });
    }
  });

  test("recordings_are_kept_for_a_hundred_years_at_most_and_can_be_listed_then", async () => {
    expect(await command("keep", "--tenant", "apex", "--days", "36501", "--apply")).toMatchObject({
      code: 2,
    });
    expect(await command("keep", "--tenant", "apex", "--days", "36500", "--apply")).toMatchObject({
      code: 0,
    });
    expect(await states()).toEqual(["kept", "kept", "kept"]);
  });

  test("the_doctor_finds_what_is_missing_overdue_or_was_never_looked_at", async () => {
    const looked = async () =>
      (await lookAtRecords(snapshotWith(), variables)).map(({ check, server, state }) => [
        check,
        server,
        state,
      ]);
    const readable = ["records", null, "well"];
    // The first one's time has been over for ten days.
    expect(await looked()).toEqual([readable, ["recordings", "ast1", "ill"]]);
    await command("purge", "--delete");
    expect(await looked()).toEqual([readable, ["recordings", null, "well"]]);
    tampered("update recordings set state = 'begun' where call_id = 'ast1-1764000000.2'");
    expect(await looked()).toEqual([readable, ["recordings", "ast1", "ill"]]);
    tampered(`update recordings set state = 'missing', call_began_at = ${Date.now()}`);
    expect(await looked()).toEqual([readable, ["recordings", "ast1", "ill"]]);
    for (const ending of ["-wal", "-shm"]) rmSync(join(variables, `signalbox.db${ending}`), { force: true });
    writeFileSync(join(variables, "signalbox.db"), "x".repeat(9000));
    expect(await looked()).toEqual([["records", null, "ill"]]);
    rmSync(join(variables, "signalbox.db"));
    expect(await looked()).toEqual([["records", null, "unknown"]]);
  });

  test("what_no_node_has_looked_at_is_named_by_verify_and_by_an_export", async () => {
    tampered("update recordings set state = 'begun' where call_id = 'ast1-1764000000.2'");
    const verified = await command("verify", "--json");
    expect(verified.code).toBe(1);
    expect(JSON.parse(verified.out)).toMatchObject([{ fault: "never looked at", path: path(NEW) }]);
    const exported = await command("export", "--tenant", "apex");
    expect(exported.code).toBe(1);
    expect(exported.err).toContain(`${NEW} is not exported: no node has looked at it`);
  });

  test("a_list_is_a_table_with_one_head", async () => {
    const { out } = await command("list");
    expect(out.match(/kept until/g)).toHaveLength(1);
    expect(out.trim().split("\n")).toHaveLength(4);
  });

  test("what_is_held_outlasts_its_time_until_it_is_released", async () => {
    expect(await command("hold", "ast1-1764000000.1", "--why", "case 12")).toMatchObject({ code: 0 });
    expect(await command("purge", "--delete")).toMatchObject({ code: 0, out: "" });
    expect(existsSync(path(OLD))).toBe(true);
    const released = await command("release", "ast1-1764000000.1");
    expect(released.code).toBe(0);
    expect(released.out).toContain("case 12");
    await command("purge", "--delete");
    expect(existsSync(path(OLD))).toBe(false);
    expect(await command("hold", "ast1-1764000000.1", "--why", "too late")).toMatchObject({ code: 1 });
  });

  test("a_hold_needs_a_reason_and_a_recording", async () => {
    expect(await command("hold", "ast1-1764000000.1")).toMatchObject({ code: 2 });
    expect(await command("hold", "ast1-1764000000.9", "--why", "case 12")).toMatchObject({ code: 1 });
  });

  test("an_export_is_one_clients_whatever_lies_in_his_folder", async () => {
    const to = join(variables, "export");
    rmSync(path(OLD));
    symlinkSync(path(OTHER), path(OLD));
    const { code, err } = await command("export", "--tenant", "apex", "--to", to);
    expect(code).toBe(1);
    expect(err).toContain(`${OLD} is not exported: it lies outside`);
    expect(readFileSync(join(to, "SHA256SUMS"), "utf8")).toMatch(new RegExp(`^[0-9a-f]{64} {2}${NEW}\n$`));
    expect(readdirSync(to).sort()).toEqual(["SHA256SUMS", "apex"]);
    expect(await command("export", "--tenant", "apex", "--to", to)).toMatchObject({ code: 2 });
  });

  test("an_export_goes_below_var_and_its_manifest_is_right", async () => {
    const at = async (...args: string[]) => {
      const { code, out } = await command("export", "--tenant", "apex", ...args);
      expect(code).toBe(0);
      const where = / in (.*); check them/.exec(out)?.[1] ?? "";
      expect(execFileSync("sha256sum", ["-c", "SHA256SUMS"], { cwd: where, encoding: "utf8" })).toBe(
        `${OLD}: OK\n${NEW}: OK\n`,
      );
      return where;
    };
    expect(await at("--to", "for/court")).toBe(join(variables, "for/court"));
    expect(dirname(await at())).toBe(join(variables, "exports"));
  });

  test("a_file_that_changed_is_not_exported_and_verify_names_it", async () => {
    writeFileSync(path(NEW), silentWav(2001));
    const to = join(variables, "export");
    const { code, err } = await command(
      "export",
      "--tenant",
      "apex",
      "--to",
      to,
      "--call",
      "ast1-1764000000.2",
    );
    expect(code).toBe(1);
    expect(err).toContain("has changed");
    expect(existsSync(join(to, NEW))).toBe(false);
    const verified = await command("verify", "--tenant", "apex", "--json");
    expect(verified.code).toBe(1);
    expect(JSON.parse(verified.out)).toMatchObject([{ fault: "changed", path: path(NEW) }]);
    expect(await command("verify", "--tenant", "greensolar")).toMatchObject({ code: 0 });
  });

  /** What somebody could do who can write to the database. */
  function tampered(statement: string): void {
    const database = new DatabaseSync(join(variables, "signalbox.db"));
    database.exec(statement);
    database.close();
  }

  test("a_purge_is_led_nowhere_by_a_link_among_the_folders", async () => {
    const aside = join(variables, "aside");
    renameSync(path("apex/2026/10"), aside);
    symlinkSync(aside, path("apex/2026/10"));
    const { code, err } = await command("purge", "--delete");
    expect(code).toBe(1);
    expect(err).toContain(`${OLD} is not deleted: it lies outside`);
    expect(existsSync(join(aside, "01/ast1-1764000000.1.wav"))).toBe(true);
    expect(await states()).toEqual(["kept", "kept", "kept"]);
  });

  test("a_row_that_names_another_place_leads_nowhere", async () => {
    const secret = join(variables, "secret.wav");
    writeFileSync(secret, silentWav(1000));
    for (const file of ["apex/../../secret.wav", OTHER.replace("2026", "2026/../2026")]) {
      tampered(`update recordings set file = '${file}' where call_id = 'ast1-1764000000.1'`);
      const to = join(variables, "export");
      const exported = await command("export", "--tenant", "apex", "--to", to);
      expect(exported.err).toContain(`${file} is not exported: it lies outside`);
      rmSync(to, { recursive: true });
      expect(await command("purge", "--delete")).toMatchObject({ code: 1, out: "" });
      const verified = await command("verify", "--json");
      expect(verified.code).toBe(1);
      expect(JSON.parse(verified.out)).toContainEqual(
        expect.objectContaining({ fault: "unreadable", path: path(file) }),
      );
    }
    expect(existsSync(secret) && existsSync(path(OTHER))).toBe(true);
  });

  test("a_disk_that_is_not_mounted_is_no_deletion", async () => {
    renameSync(path("apex"), join(variables, "aside"));
    const { code, err } = await command("purge", "--delete");
    expect(code).toBe(1);
    expect(err).toContain("is the disk of the recordings mounted?");
    expect(await states()).toEqual(["kept", "kept", "kept"]);
    // Nor of what a purge that was killed had claimed.
    tampered("update recordings set state = 'deleting' where call_id = 'ast1-1764000000.1'");
    expect(await command("purge", "--delete")).toMatchObject({ code: 1, out: "" });
    expect(await states()).toEqual(["deleting", "kept", "kept"]);
    renameSync(join(variables, "aside"), path("apex"));
    expect((await command("purge", "--delete")).out).toContain(`deleted ${OLD}`);
    expect(existsSync(path(OLD))).toBe(false);
  });

  test("recordings_of_a_switch_that_is_not_beside_are_left_to_the_machine_that_has_them", async () => {
    tampered("update recordings set server = 'ast9'");
    const left = await command("purge", "--delete");
    expect(left).toMatchObject({ code: 0, out: "" });
    expect(left.err).toContain("1 recording of a switch that is not beside this machine left alone");
    expect(existsSync(path(OLD))).toBe(true);
    expect((await command("purge", "--delete", "--server", "ast9")).out).toContain(`deleted ${OLD}`);
    expect(existsSync(path(OLD))).toBe(false);
  });

  test("one_whose_time_is_over_and_that_nobody_has_looked_at_is_told_of", async () => {
    tampered("update recordings set state = 'begun', sha256 = null where call_id = 'ast1-1764000000.1'");
    for (const words of [["purge"], ["purge", "--delete"]]) {
      const { code, out, err } = await command(...words);
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expect(err).toContain("1 recording whose time is over left alone: no node has looked at it");
    }
    expect(existsSync(path(OLD))).toBe(true);
  });

  test("a_clock_that_is_far_ahead_of_the_calls_deletes_nothing_until_it_is_vouched_for", async () => {
    tampered(`update recordings set call_began_at = call_began_at - ${100 * DAY_MS}`);
    const { code, err, out } = await command("purge", "--delete");
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain("add --clock-is-right");
    expect(existsSync(path(OLD))).toBe(true);
    expect(await command("purge", "--delete", "--clock-is-right")).toMatchObject({ code: 0 });
    expect(existsSync(path(OLD))).toBe(false);
  });

  test("two_purges_at_once_delete_each_recording_and_say_so_once_in_its_row", async () => {
    const ran = await Promise.all([command("purge", "--delete"), command("purge", "--delete")]);
    expect(ran.flatMap(({ out }) => out.split("\n").filter(Boolean)).length).toBeGreaterThanOrEqual(1);
    expect(existsSync(path(OLD))).toBe(false);
    expect(await states()).toEqual(["deleted", "kept", "kept"]);
  });

  test("a_strangers_name_is_printed_as_one_line", async () => {
    writeFileSync(path("apex/a\nchanged: b.wav"), "");
    const { out } = await command("verify");
    expect(out.trimEnd().split("\n")).toHaveLength(1);
    expect(out).toContain(String.raw`a\nchanged: b.wav"`);
  });

  test("a_client_is_named_and_not_a_folder", async () => {
    for (const words of [["verify"], ["purge"], ["export", "--to", join(variables, "export")]])
      expect(await command(...words, "--tenant", "../..")).toMatchObject({ code: 2, out: "" });
  });

  test("a_deleted_file_that_is_there_again_is_a_fault", async () => {
    await command("purge", "--delete");
    writeFileSync(path(OLD), silentWav(1000));
    const { code, out } = await command("verify");
    expect(code).toBe(1);
    expect(out).toBe(`file without a row: ${path(OLD)}: it was deleted and is there again\n`);
  });

  test("before_any_node_has_run_it_says_so", async () => {
    rmSync(join(variables, "signalbox.db"));
    const { code, err } = await command("list");
    expect(code).toBe(1);
    expect(err).toContain("start `signalbox serve`");
  });

  test("pausing_without_a_node_says_so", async () => {
    const { code, err } = await command("pause", "ast1-1764000000.1");
    expect(code).toBe(1);
    expect(err).toContain("no node runs here");
  });
});
