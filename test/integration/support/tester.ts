// A test's own manager account: it lists channels and places calls, and hears nothing but that Asterisk is up.
import { pino } from "pino";
import { waitFor } from "../../../load/lab/ports.ts";
import { type AmiConnection, createAmiConnection } from "../../../src/ami/connection.ts";

const USER = "tester";

/** What the configuration of these worlds takes from the environment; the account's secret is the same. */
export const SECRETS = { AMI_SECRET: "between-these-two" };

/** For manager_lab.conf. */
export const TESTER_ACCOUNT = `[general](+)
channelvars=SB_CALL,SB_DIRECTION,SB_TENANT,SB_DID,SB_TRUNK

[${USER}]
secret=${SECRETS.AMI_SECRET}
deny=0.0.0.0/0.0.0.0
permit=127.0.0.1/255.255.255.255
read=system
write=reporting,call,originate,system
eventfilter=^Event: FullyBooted[[:space:]]
`;

/** Resolves when it is logged in. */
export async function connectTester(server: string, address: string): Promise<AmiConnection> {
  const connection = createAmiConnection({
    server,
    address,
    username: USER,
    secret: SECRETS.AMI_SECRET,
    log: pino({ level: "silent" }),
    onState: () => {},
    onEvent: () => {},
    timings: { bootedMs: 60_000 },
  });
  connection.start();
  try {
    await waitFor(`the manager of ${server}`, () => connection.up || undefined, 15_000);
    return connection;
  } catch (error) {
    await connection.stop();
    throw error;
  }
}
