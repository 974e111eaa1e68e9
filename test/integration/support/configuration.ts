// Writes the configuration of a world: the tenants that a test gives, on addresses that belong to these tests.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AsteriskVersion } from "../../../load/lab/find-asterisk.ts";

/** Where everything of these tests listens; files run one after another, so all of them use the same. */
export const AT = {
  sip: "127.0.0.1:31060",
  ami: "127.0.0.1:31038",
  fastagi: "127.0.0.1:31073",
  http: "127.0.0.1:31085",
  otherFastagi: "127.0.0.1:31074",
  otherHttp: "127.0.0.1:31086",
  splitter: "127.0.0.1:31075",
  apexCarrier: { ip: "127.0.0.2", port: 31_062 },
  poolCarrier: { ip: "127.0.0.3", port: 31_062 },
  britishCarrier: { ip: "127.0.0.4", port: 31_062 },
  phone: { ip: "127.0.0.9", port: 31_064 },
  otherPhone: { ip: "127.0.0.10", port: 31_064 },
  rtpStart: 31_100,
  rtpEnd: 31_999,
} as const;

/** A trunk of Apex's own, the shared pool's, and a British carrier that puts 88 before the numbers it delivers. */
export const TRUNKS = `trunks:
  apex_sip: {address: "${AT.apexCarrier.ip}:${AT.apexCarrier.port}", tenant: apex, channels: 500}
  pool_a: {address: "${AT.poolCarrier.ip}:${AT.poolCarrier.port}", shared: true, channels: 500}
  british: {address: "${AT.britishCarrier.ip}:${AT.britishCarrier.port}", shared: true, channels: 500, country: GB, did_prefix: "88"}
overflow: [pool_a, british]
`;

export type ConfigurationText = {
  readonly version: AsteriskVersion;
  /** Name → YAML; the line \`tenant: NAME\` is put in front. */
  readonly tenants: Readonly<Record<string, string>>;
  readonly trunks?: string;
  readonly listen?: { readonly fastagi: string; readonly http: string };
  /** What Asterisk dials; where the node listens unless said. */
  readonly fastagiAddresses?: readonly string[];
};

/** Writes (again) what stands in `text` into `directory`. */
export function writeConfiguration(directory: string, text: ConfigurationText): void {
  const { fastagi, http } = text.listen ?? AT;
  const addresses = JSON.stringify(text.fastagiAddresses ?? [fastagi]);
  mkdirSync(join(directory, "tenants"), { recursive: true });
  writeFileSync(
    join(directory, "signalbox.yaml"),
    `node: test1
fastagi: {listen: "${fastagi}", addresses: ${addresses}}
http: {listen: "${http}"}
asterisk:
  - {server: ast1, ami: "${AT.ami}", username: signalbox, secret: "\${AMI_SECRET}", version: "${text.version}"}
`,
  );
  writeFileSync(join(directory, "trunks.yaml"), text.trunks ?? TRUNKS);
  for (const [name, yaml] of Object.entries(text.tenants)) writeTenant(directory, name, yaml);
}

export function writeTenant(directory: string, name: string, yaml: string): void {
  writeFileSync(join(directory, `tenants/${name}.yaml`), `tenant: ${name}\n${yaml}`);
}
