// A private Galera cluster of MariaDBs for tests: loopback, members beside one another on ports of their own. A member
// that was killed is not started again: that would want a real transfer of state.
import { cp, mkdir, readFile } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { LabError } from "./lab-error.ts";
import { type RunningMariadb, startMariadb } from "./mariadb.ts";
import { waitFor } from "./ports.ts";

export type GaleraOptions = {
  /** Private folder, created. */
  readonly folder: string;
  /** Of the first member, which takes this one and two more; the next member's are ten further. */
  readonly port: number;
  /** Three, unless said: with two the loss of one stops the other. */
  readonly members?: number;
};

const SEEDINGS = 5;
const PROVIDER = "/usr/lib/galera/libgalera_smm.so";

/** Resolves when every member is in step; rejects as `startMariadb` does. */
export async function startGalera({ folder, port, members = 3 }: GaleraOptions): Promise<RunningMariadb[]> {
  const whole = resolve(folder);
  const place = (nth: number) => join(whole, `member-${nth}`);
  const start = (nth: number): Promise<RunningMariadb> => {
    const own = port + nth * 10;
    const address = `127.0.0.1:${own + 1}`;
    return startMariadb({
      folder: place(nth),
      port: own,
      settings: {
        "wsrep-on": "ON",
        "wsrep-provider": PROVIDER,
        "wsrep-cluster-name": "lab",
        "wsrep-cluster-address": nth === 0 ? "gcomm://" : `gcomm://127.0.0.1:${port + 1}`,
        "wsrep-node-name": `member-${nth}`,
        "wsrep-node-address": address,
        "wsrep-provider-options": `base_port=${own + 1};gmcast.listen_addr=tcp://${address};ist.recv_addr=127.0.0.1:${own + 2};gcache.size=16M`,
        "wsrep-sst-method": "lab",
        "binlog-format": "ROW",
        "innodb-autoinc-lock-mode": "2",
      },
      env: {
        PATH: [process.env.PATH, join(import.meta.dirname, "galera")].join(delimiter),
        LAB_STANDS_AT: join(whole, "stands-at"),
      },
    });
  };
  // A member that did not end in good order, as on a starved machine, would begin another group the next time.
  for (let attempt = 1; !(await endedWell(join(place(0), "data"))); attempt++) {
    if (attempt > SEEDINGS) throw new LabError("mariadb_failed", `${place(0)} did not end in good order`);
    const seed = await start(0);
    await seed.stop();
  }
  for (let nth = 1; nth < members; nth++) {
    await mkdir(place(nth), { recursive: true });
    const source = join(place(0), "data");
    // What the first member has of its own: its messages, and who it was in the group.
    const filter = (path: string) => !/\/(galera\.cache|gvwstate\.dat)$/.test(path);
    await cp(source, join(place(nth), "data"), { recursive: true, filter });
  }
  const running: RunningMariadb[] = [];
  try {
    for (let nth = 0; nth < members; nth++) {
      running.push(await start(nth));
      await waitFor(`member ${nth} of the cluster`, () => inStep(running[nth]?.url ?? ""), 60_000);
    }
  } catch (error) {
    const said = running.map((member, nth) => `member ${nth}:\n${member.lines().slice(-40).join("\n")}`);
    for (const member of running) member.kill("SIGKILL");
    throw new LabError("mariadb_failed", `the members did not find together; ${said.join("\n")}`, error);
  }
  return running;
}

async function endedWell(data: string): Promise<boolean> {
  const state = await readFile(join(data, "grastate.dat"), "utf8").catch(() => "");
  return /^seqno:\s+\d+$/m.test(state) && /^safe_to_bootstrap: 1$/m.test(state);
}

/** True once the member answers: one that catches up, or whose group finds together again, lets nobody in. */
export async function inStep(url: string): Promise<true | undefined> {
  const connection = await createConnection(url).catch(() => null);
  try {
    const says = "show status like 'wsrep_local_state_comment'";
    const [rows] = (await connection?.query<RowDataPacket[]>(says)) ?? [[]];
    return rows[0]?.Value === "Synced" || undefined;
  } catch {
    return undefined;
  } finally {
    connection?.destroy();
  }
}
