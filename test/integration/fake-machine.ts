import { chmod, copyFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunOutcome, runCommand } from "../../load/lab/processes.ts";

const repository = join(import.meta.dirname, "../..");
const PINNED_NODE = join(repository, "node_modules/.bin/node");

// What the set-up script itself calls; everything else is missing unless a test adds it.
const REAL_TOOLS =
  "sh dirname date cut sed uname sha256sum flock mkdir grep tail awk df mktemp rm mv cat head sleep env chmod ls";

export type FakeMachine = {
  readonly folder: string;
  readonly repo: string;
  readonly cache: string;
  /** The file that stands for /usr/sbin/policy-rc.d. */
  readonly policy: string;
  /** Puts a shell script on the machine's PATH; every run of it is noted in calls(). */
  fake(name: string, script?: string): Promise<void>;
  setup(...args: string[]): Promise<RunOutcome>;
  environment(): NodeJS.ProcessEnv;
  /** The fake commands that were run, as "apt-get update -q …". */
  calls(): Promise<string[]>;
  remove(): Promise<void>;
};

/**
 * A copy of the set-up script in a folder with a space in its name, with a PATH of its own: no network,
 * no package tool, root, 80 GB free. `ready` gives it node_modules and both Asterisk roots.
 */
export async function fakeMachine(ready: boolean): Promise<FakeMachine> {
  const folder = await mkdtemp(join(tmpdir(), "sb-fake-"));
  const place = { repo: join(folder, "a repo"), cache: join(folder, "cache"), bin: join(folder, "bin") };
  const policy = join(folder, "policy-rc.d");
  const notes = join(folder, "calls");
  await mkdir(join(place.repo, "load"), { recursive: true });
  await mkdir(place.bin);
  await writeFile(notes, "");
  await copyFile(join(repository, "load/setup.sh"), join(place.repo, "load/setup.sh"));
  await cp(join(repository, "load/setup"), join(place.repo, "load/setup"), { recursive: true });
  await writeFile(join(place.repo, "package-lock.json"), "{}\n");
  for (const tool of REAL_TOOLS.split(" ")) await symlink(await which(tool), join(place.bin, tool));
  await symlink(PINNED_NODE, join(place.bin, "node"));
  const fake = async (name: string, script = "exit 0"): Promise<void> => {
    const path = join(place.bin, name);
    await rm(path, { force: true });
    await writeFile(path, `#!/bin/sh\necho "${name} $*" >>'${notes}'\n${script}\n`);
    await chmod(path, 0o755);
  };
  await fake("id", "echo 0");
  await fake("df", "printf 'h\\nx 1 1 80000000 1%% /\\n'");
  if (ready) await makeReady(place);
  const environment = (): NodeJS.ProcessEnv => ({
    PATH: place.bin,
    HOME: folder,
    TMPDIR: folder,
    SIGNALBOX_CACHE: place.cache,
    SIGNALBOX_POLICY_FILE: policy,
  });
  return {
    folder,
    repo: place.repo,
    cache: place.cache,
    policy,
    fake,
    environment,
    setup: (...args) =>
      runCommand("/bin/sh", [join(place.repo, "load/setup.sh"), ...args], { env: environment() }),
    calls: async () =>
      (await readFile(notes, "utf8")).split("\n").filter((line) => /^(?!id |df )./.test(line)),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function makeReady(place: {
  readonly repo: string;
  readonly cache: string;
  readonly bin: string;
}): Promise<void> {
  await mkdir(join(place.repo, "node_modules/.bin"), { recursive: true });
  await symlink(PINNED_NODE, join(place.repo, "node_modules/.bin/node"));
  const hash = await runCommand("sh", [
    "-c",
    'sha256sum <"$1" | cut -d" " -f1',
    "sh",
    join(place.repo, "package-lock.json"),
  ]);
  await writeFile(join(place.repo, "node_modules/.signalbox-lock"), hash.stdout);
  for (const version of ["22", "16"]) {
    await mkdir(join(place.cache, `roots/asterisk-${version}`), { recursive: true });
    await writeFile(join(place.cache, `roots/asterisk-${version}/.signalbox-root`), "1\n");
  }
}

async function which(tool: string): Promise<string> {
  const found = await runCommand("sh", ["-c", `command -v ${tool}`]);
  return found.stdout.trim();
}
