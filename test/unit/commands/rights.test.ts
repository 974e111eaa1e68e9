// What a command says to a user who may not read what it needs. Root may read everything: its commands are run without
// that right.
import { execFile } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { userName } from "../../../src/platform/user.ts";
import { startJournal } from "../../../src/records/sqlite/thread.ts";
import { createRecordStore } from "../../../src/records/store.ts";
import { stampedCall } from "../../record-builders.ts";

const launcher = resolve(import.meta.dirname, "../../../bin/signalbox");
const WITHOUT = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];
const through = process.getuid?.() === 0 ? WITHOUT : ["env"];

let folder = "";
const at = (name: string) => join(folder, name);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "sb-rights-"));
  cpSync(resolve(import.meta.dirname, "../../../config"), at("config"), { recursive: true });
  mkdirSync(at("var"));
  const store = createRecordStore({
    records: "sqlite:signalbox.db",
    variables: at("var"),
    log: pino({ level: "silent" }),
  });
  store.put(stampedCall());
  await store.flush();
  await store.close();
});

afterEach(() => {
  for (const name of ["config/tenants", "var", "var/recordings/apex"])
    try {
      chmodSync(at(name), 0o755);
    } catch {
      // It was not made.
    }
  rmSync(folder, { recursive: true, force: true });
});

function signalbox(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [command = "", ...before] = through;
  const where = ["--config", at("config"), "--var", at("var")];
  const env = { ...process.env, AMI_SECRET: "x" };
  return new Promise((done) => {
    execFile(command, [...before, launcher, ...args, ...where], { env }, (error, out, err) =>
      done({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, out, err }),
    );
  });
}

test("clients_that_may_not_be_listed_are_not_told_to_be_missing_a_folder", async () => {
  chmodSync(at("config/tenants"), 0);
  const { code, out, err } = await signalbox("check");
  expect(code).toBe(1);
  expect(out + err).toContain("tenants: cannot be listed (EACCES): give the user of Signalbox the right to");
  // Whose the trunks are is then not known, and no fault of theirs.
  expect(out + err).toContain(": 1 error");
});

test("a_folder_beside_the_clients_that_may_not_be_looked_into_is_nobodys_concern", async () => {
  mkdirSync(at("config/tenants/lost+found"), 0o000);
  const { code, out } = await signalbox("check");
  expect(out).toContain("no errors");
  expect(code).toBe(0);
});

test("what_stands_by_hand_is_not_told_to_be_broken", async () => {
  chmodSync(at("var"), 0);
  const { code, out, err } = await signalbox("check");
  expect(code).toBe(1);
  expect(out + err).toMatch(
    /conditions\.json cannot be read .*: be the node's user or a member of its group;/,
  );
});

test.each([["calls"], ["recordings", "list"], ["report", "usage", "--tenant", "apex"]])(
  "records_in_a_folder_of_somebody_else_are_not_told_to_be_absent: %s %s",
  async (...args) => {
    chmodSync(at("var"), 0);
    const { code, err } = await signalbox(...args);
    expect(code).toBe(1);
    expect(err).toContain("signalbox.db may not be read by you (EACCES): be the node's user or a member of");
  },
);

test("records_that_may_only_be_read_are_not_held", async () => {
  chmodSync(at("var/signalbox.db"), 0o400);
  const { code, err } = await signalbox("recordings", "hold", "ast1-1.1", "--why", "case 12");
  expect(code).toBe(1);
  expect(err).toContain("signalbox.db may not be changed by you (EACCES): be the node's user");
});

test("records_in_a_folder_that_only_the_node_may_write_are_not_asked_whether_they_run", async () => {
  chmodSync(at("var"), 0o500);
  const { code, err } = await signalbox("calls");
  expect(code).toBe(1);
  expect(err).toContain("while no node runs only its user, who may write in that folder, can read it");
});

test("recordings_of_somebody_else_are_unreadable_and_not_gone", async () => {
  mkdirSync(at("var/recordings/apex"), { recursive: true });
  writeFileSync(at("var/recordings/apex/x.wav"), "");
  chmodSync(at("var/recordings/apex"), 0);
  const { code, out, err } = await signalbox("recordings", "verify");
  expect(code).toBe(1);
  expect(out).toBe(
    `unreadable: ${at("var/recordings/apex")}: you may not (EACCES): be the node's user or a member of the folder's group\n`,
  );
  expect(err).toBe("0 recordings looked at, 1 fault\n");
});

test("a_user_without_a_name_is_known_by_number", () => {
  const nameless = (): never => {
    throw new Error("A system error occurred: uv_os_get_passwd returned ENOENT");
  };
  expect(userName(nameless)).toBe(`uid ${process.getuid?.()}`);
});

test("a_node_whose_records_are_somebody_elses_says_what_mends_it", async () => {
  // A folder is no file that can be opened, not even by root.
  const journal = startJournal({ file: at("var"), keepsCalls: true, busyMs: 100, outboxMost: 10 });
  await expect(journal.openCalls()).rejects.toThrow(
    /let this node's user write that file, its -wal and -shm, and its folder/,
  );
  await journal.close(1000);
});
