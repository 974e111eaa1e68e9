import { messageOf } from "../platform/errors.ts";
import { auditVicidial } from "../vicidial/audit.ts";
import { readAudited } from "../vicidial/audit-rows.ts";
import { openVicidial, type VicidialDatabase } from "../vicidial/database.ts";
import { withoutControls } from "../vicidial/sql-text.ts";
import { planTrunks, trunkSql } from "../vicidial/trunk-plan.ts";
import { readDiallerTrunks } from "../vicidial/trunk-rows.ts";
import { type Common, counted, type Io } from "./io.ts";
import { loadSnapshot } from "./load-snapshot.ts";

/** Prints the rows of `vicidial_server_trunks` that keep the dialler under each client's cap. Nothing is run. */
export function vicidialTrunks(common: Common, io: Io): Promise<number> {
  return withDatabase(common, io, async (database, snapshot) => {
    io.out(trunkSql(planTrunks(snapshot, await readDiallerTrunks(database.db))));
    return 0;
  });
}

/** Prints what an audit finds, a line each; 1 when it finds something. */
export function vicidialAudit(options: Common & { readonly json: boolean }, io: Io): Promise<number> {
  return withDatabase(options, io, async (database, snapshot) => {
    const findings = auditVicidial(snapshot, await readAudited(database.db));
    if (options.json) io.out(`${JSON.stringify(findings, null, 2)}\n`);
    else
      for (const { tenant, where, says } of findings)
        io.out(`${withoutControls(`${tenant ?? "everyone"}: ${where}: ${says}`)}\n`);
    io.err(`signalbox: ${counted(findings.length, "finding")}\n`);
    return findings.length === 0 ? 0 : 1;
  });
}

type Use = (
  database: VicidialDatabase,
  snapshot: NonNullable<ReturnType<typeof loadSnapshot>>,
) => Promise<number>;

async function withDatabase({ config }: Common, io: Io, use: Use): Promise<number> {
  const snapshot = loadSnapshot(config, "serve", io);
  if (snapshot === null) return 1;
  const url = snapshot.system.vicidial?.database ?? null;
  if (url === null) {
    io.err("signalbox: signalbox.yaml names no `vicidial.database`: add it\n");
    return 1;
  }
  const database = openVicidial({ url, connections: 1, statementSeconds: 60 });
  try {
    return await use(database, snapshot);
  } catch (error) {
    io.err(`signalbox: VICIdial's database cannot be read: ${messageOf(error)}\n`);
    return 1;
  } finally {
    database.abandon();
  }
}
