// A private MariaDB for tests, load and fault runs: loopback, own data folder, an account of its own.
// It reads no option file of the machine and never touches another server's data.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { LabError } from "./lab-error.ts";
import { assertPortFree } from "./ports.ts";
import { type ExitStatus, runCommand, startChild, withDaemonFolders } from "./processes.ts";
import { socketFolder } from "./socket-folder.ts";

export type MariadbOptions = {
  /** Private folder, created; started again in the same folder, the data is still there. */
  readonly folder: string;
  readonly port: number;
  readonly host?: string;
  /** Database and account, both made when missing (default "signalbox"). */
  readonly database?: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** Over that of this process. */
  readonly env?: Readonly<Record<string, string>>;
};

export type RunningMariadb = {
  readonly pid: number;
  /** mysql://signalbox:signalbox@HOST:PORT/DATABASE, an account with every right on this server. */
  readonly url: string;
  stop(): Promise<void>;
  /** SIGKILL for a crash, SIGSTOP and SIGCONT for a server that hangs. */
  kill(signal: NodeJS.Signals): void;
  readonly exited: Promise<ExitStatus>;
  /** What it said last. */
  lines(): readonly string[];
};

/** Resolves when it accepts connections; rejects with `port_taken`, `command_missing`, `mariadb_failed`. */
export async function startMariadb(options: MariadbOptions): Promise<RunningMariadb> {
  const host = options.host ?? "127.0.0.1";
  const database = options.database ?? "signalbox";
  await assertPortFree(host, options.port, "tcp", "the private MariaDB");
  const folder = resolve(options.folder);
  const data = join(folder, "data");
  await mkdir(data, { recursive: true });
  // A server that starts removes what it takes for its own from the folder of temporary tables, another's as well.
  const temporary = join(folder, "tmp");
  await mkdir(temporary, { recursive: true });
  // One statement a line: the server reads this file as it starts.
  await writeFile(
    join(folder, "init.sql"),
    `CREATE DATABASE IF NOT EXISTS \`${database}\` CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS 'signalbox'@'%' IDENTIFIED BY 'signalbox';
GRANT ALL ON *.* TO 'signalbox'@'%' WITH GRANT OPTION;
`,
  );
  if (!existsSync(join(data, "mysql"))) await install(data);
  const runFolder = await socketFolder(folder);
  const settings: Readonly<Record<string, string>> = {
    datadir: data,
    tmpdir: temporary,
    socket: join(runFolder, "db.sock"),
    "pid-file": join(runFolder, "db.pid"),
    "bind-address": host,
    port: String(options.port),
    user: userInfo().username,
    "init-file": join(folder, "init.sql"),
    "innodb-buffer-pool-size": "64M",
    "innodb-log-file-size": "16M",
    "skip-name-resolve": "ON",
    ...options.settings,
  };
  const child = await startChild({
    name: "MariaDB",
    command: "mariadbd",
    // --no-defaults must come first, or the machine's own option files are read.
    args: ["--no-defaults", ...Object.entries(settings).map(([key, value]) => `--${key}=${value}`)],
    cwd: folder,
    env: withDaemonFolders(options.env),
  });
  const exited = child.exited.then(async (status) => {
    await rm(runFolder, { recursive: true, force: true });
    return status;
  });
  try {
    await child.waitForLine(/ready for connections/, 60_000);
  } catch (error) {
    await child.stop({ signal: "SIGKILL" });
    throw error;
  }
  return {
    pid: child.pid,
    url: `mysql://signalbox:signalbox@${host}:${options.port}/${database}`,
    stop: async () => {
      await child.stop({ graceMs: 20_000 });
      await exited;
    },
    kill: child.kill,
    exited,
    lines: child.lines,
  };
}

// The script that fills the folder does not quote its paths: a link spares it the spaces in ours.
async function install(data: string): Promise<void> {
  const spaceless = await mkdtemp(join(tmpdir(), "sb-db-"));
  const link = join(spaceless, "data");
  await symlink(data, link);
  const args = [
    "--no-defaults",
    `--datadir=${link}`,
    `--user=${userInfo().username}`,
    "--auth-root-authentication-method=normal",
    "--skip-test-db",
  ];
  const outcome = await runCommand("mariadb-install-db", args, {
    timeoutMs: 120_000,
    env: { ...withDaemonFolders(), TMPDIR: spaceless },
  });
  await rm(spaceless, { recursive: true });
  if (outcome.code === 0) return;
  const said = (outcome.stderr + outcome.stdout).trim().split("\n").slice(-20).join("\n");
  throw new LabError(
    "mariadb_failed",
    `mariadb-install-db could not fill ${data}; free space there? It said:\n${said}`,
  );
}
