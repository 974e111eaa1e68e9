import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { runCommand, startChild } from "../../load/lab/processes.ts";
import { type FakeMachine, fakeMachine } from "./fake-machine.ts";

const repository = join(import.meta.dirname, "../..");
const NO_NETWORK = "echo 'Temporary failure resolving the mirror' >&2; exit 100";
const UNPACKS =
  'for last in "$@"; do folder=$previous; previous=$last; done; mkdir -p "$folder/usr/sbin"; echo >"$folder/usr/sbin/asterisk"; chmod 755 "$folder/usr/sbin/asterisk"';

let machine: FakeMachine | undefined;

async function onMachine(ready: boolean): Promise<FakeMachine> {
  machine = await fakeMachine(ready);
  return machine;
}

/** Everything but the roots is there, and packages can be had. */
async function withoutRoots(mmdebstrap: string): Promise<FakeMachine> {
  const made = await onMachine(true);
  await runCommand("rm", ["-rf", join(made.cache, "roots")]);
  await made.fake("sipp");
  await made.fake("apt-get", "case $1 in indextargets) echo http://mirror.invalid/debian ;; esac");
  await made.fake("apt-cache", "printf 'asterisk:\\n  Candidate: (none)\\n'");
  await made.fake("apt-config");
  await made.fake("mmdebstrap", mmdebstrap);
  return made;
}

afterEach(async () => {
  await machine?.remove();
  machine = undefined;
});

describe("set-up when all is there", () => {
  test("second_run_calls_nothing", async () => {
    const here = await onMachine(true);
    for (const name of ["apt-get", "apt-cache", "npm", "mmdebstrap", "sipp"]) await here.fake(name);
    const first = await here.setup("demo");
    expect(first.stderr).toBe("");
    expect(first.code).toBe(0);
    expect(first.stdout).toContain("everything for demo is already here");
    const quiet = await here.setup("demo", "--quiet");
    expect(quiet).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect(await here.calls()).toEqual([]);
  });

  test("this_machine_needs_nothing_more_for_test", async () => {
    const outcome = await runCommand("sh", [join(repository, "load/setup.sh"), "test"]);
    expect(outcome.stderr).toBe("");
    expect(outcome.stdout.trim().split("\n")).toEqual([
      expect.stringContaining("everything for test is already here"),
    ]);
  });

  test("wrong_use_is_2", async () => {
    const here = await onMachine(true);
    expect((await here.setup("dance")).code).toBe(2);
    expect((await here.setup("lab", "--asterisk", "99")).code).toBe(2);
    expect((await here.setup()).code).toBe(2);
  });
});

describe("libraries", () => {
  test("changed_lock_file_runs_npm_ci_once_in_the_repository", async () => {
    const here = await onMachine(true);
    await here.fake("npm", `case $1 in --version) echo 10.8.0 ;; *) pwd >'${here.folder}/cwd' ;; esac`);
    await writeFile(join(here.repo, "package-lock.json"), '{"changed": true}\n');
    expect((await here.setup("lab")).code).toBe(0);
    expect(await here.calls()).toEqual([
      "npm --version",
      "npm ci --include=dev --include=optional --loglevel=error",
    ]);
    expect(await readFile(join(here.folder, "cwd"), "utf8")).toBe(`${here.repo}\n`);
    expect((await here.setup("lab")).stdout).toContain("already here");
  });

  test("npm_that_fails_leaves_no_stamp_and_shows_its_words", async () => {
    const here = await onMachine(true);
    await here.fake("npm", "case $1 in --version) echo 10.8.0 ;; *) echo ENOTFOUND >&2; exit 1 ;; esac");
    await writeFile(join(here.repo, "package-lock.json"), '{"changed": true}\n');
    const outcome = await here.setup("lab");
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain("| ENOTFOUND");
    expect(outcome.stderr).toContain("check the network, the proxy settings");
    expect(existsSync(join(here.repo, "node_modules/.signalbox-lock"))).toBe(false);
  });

  test.each([
    ["node_too_old", "node", "echo v18.19.0", "Node.js v18.19.0 is too old: install Node.js 20 or newer"],
    ["npm_too_old", "npm", "echo 6.14.1", "npm 6.14.1 is too old: install npm 8 or newer"],
    ["other_processor", "uname", "case $1 in -m) echo riscv64 ;; *) echo Linux ;; esac", "Linux/riscv64"],
  ])("%s", async (_name, command, script, message) => {
    const here = await onMachine(false);
    await here.fake("npm", "echo 10.8.0");
    await here.fake(command, script);
    const outcome = await here.setup("lab");
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(message);
  });
});

describe("packages", () => {
  test("not_root_says_the_command_and_goes_on_when_it_is_there", async () => {
    const here = await onMachine(true);
    await here.fake("id", "echo 1000");
    await here.fake("apt-get");
    const without = await here.setup("demo");
    expect(without.code).toBe(1);
    expect(without.stderr).toContain(
      "not root: an administrator must run: apt-get update && apt-get install -y --no-install-recommends sip-tester",
    );
    expect(await here.calls()).toEqual([]);
    await here.fake("sipp");
    expect((await here.setup("demo")).code).toBe(0);
  });

  test("unknown_distribution_names_the_packages", async () => {
    const outcome = await (await onMachine(true)).setup("demo");
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(
      "unknown distribution (no apt-get): install what Debian calls sip-tester",
    );
  });

  test("no_network_says_what_to_check", async () => {
    const here = await onMachine(true);
    await here.fake("apt-get", NO_NETWORK);
    const outcome = await here.setup("demo");
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain("no network, or a package source that does not answer");
    expect(outcome.stderr).toContain("| Temporary failure resolving");
  });

  test("services_are_held_back_while_packages_install_and_the_own_policy_returns", async () => {
    const here = await onMachine(true);
    await writeFile(here.policy, "#!/bin/sh\necho the operator's own\n");
    const installs = `cp=$(cat '${here.policy}'); echo "$cp" >'${here.folder}/seen'; : >'${here.folder}/bin/sipp'; chmod 755 '${here.folder}/bin/sipp'`;
    await here.fake("apt-get", `case $1 in install) ${installs} ;; esac`);
    expect((await here.setup("demo")).code).toBe(0);
    expect(await readFile(join(here.folder, "seen"), "utf8")).toContain("exit 101");
    expect(await readFile(here.policy, "utf8")).toContain("the operator's own");
    expect((await here.calls())[1]).toMatch(/^apt-get install -y --no-install-recommends .* sip-tester$/);
  });
});

describe("private roots", () => {
  test("built_beside_and_renamed_when_complete", async () => {
    const here = await withoutRoots(UNPACKS);
    const outcome = await here.setup("demo");
    expect(outcome.stderr).toBe("");
    expect(await readdir(join(here.cache, "roots"))).toEqual(["asterisk-22"]);
    expect((await here.setup("demo")).stdout).toContain("already here");
  });

  test("two_at_once_build_it_once", async () => {
    const here = await withoutRoots(`sleep 1; ${UNPACKS}`);
    const both = await Promise.all([here.setup("demo"), here.setup("demo")]);
    expect(both.map((outcome) => outcome.code)).toEqual([0, 0]);
    expect((await here.calls()).filter((call) => call.startsWith("mmdebstrap"))).toHaveLength(1);
  });

  test("interrupted_build_leaves_nothing_behind", async () => {
    const here = await withoutRoots("sleep 30");
    const child = await startChild({
      name: "set-up",
      command: "/bin/sh",
      args: [join(here.repo, "load/setup.sh"), "demo"],
      env: here.environment(),
    });
    await waitFor(
      "the build",
      async () => (await here.calls()).find((call) => call.startsWith("mmdebstrap")),
      10_000,
    );
    child.kill("SIGINT");
    expect((await child.exited).code).toBe(130);
    expect(await readdir(join(here.cache, "roots"))).toEqual([]);
  });

  test("no_network_says_what_to_check", async () => {
    const here = await withoutRoots(NO_NETWORK);
    const outcome = await here.setup("demo");
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain("Asterisk 22 could not be fetched: no network");
    expect(await readdir(join(here.cache, "roots"))).toEqual([]);
  });

  test("disk_too_small_says_how_much_is_needed", async () => {
    const here = await withoutRoots(UNPACKS);
    await here.fake("df", "printf 'h\\nx 1 1 900000 1%% /\\n'");
    const outcome = await here.setup("demo");
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain("disk too small");
    expect(outcome.stderr).toContain("needs 1500 MB");
  });

  test("asterisk_of_the_right_age_on_path_is_taken", async () => {
    const here = await withoutRoots(UNPACKS);
    await here.fake("asterisk", "echo Asterisk certified/20.7-cert1");
    expect((await here.setup("demo")).stdout).toContain("already here");
    await here.fake("asterisk", "echo Asterisk 13.38.0");
    expect((await here.setup("demo")).stdout).toContain("a private root");
  });
});
