// A private Asterisk and a Signalbox on one configuration: what the lab, the demo and the integration tests stand on.
// It uses exactly what `signalbox render` writes, listens on loopback only, and ends with the process that started it.
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { formatIssue } from "../../src/config/issue.ts";
import { loadConfiguration } from "../../src/config/load.ts";
import { renderSwitch } from "../../src/config/render/render.ts";
import { soundsFolder } from "../../src/config/sounds.ts";
import type { Snapshot, Switch } from "../../src/core/snapshot/snapshot.ts";
import { type RunningAsterisk, startAsterisk } from "./asterisk.ts";
import type { AsteriskVersion } from "./find-asterisk.ts";
import { LabError } from "./lab-error.ts";
import { type PhoneAddresses, phoneEndpoints } from "./phones.ts";
import { type SignalboxProcess, startSignalbox } from "./signalbox.ts";

export const projectRoot = resolve(import.meta.dirname, "../..");

export type WorldOptions = {
  /** Configuration directory. */
  readonly config: string;
  /** Everything written goes here. */
  readonly folder: string;
  readonly version: AsteriskVersion;
  /** Default 127.0.0.1:5060. */
  readonly sip?: string;
  readonly rtpStart?: number;
  readonly rtpEnd?: number;
  /** The operator's own contexts: dialplan text. Without it in-groups answer and stay silent. */
  readonly dialplan?: string;
  readonly phones?: PhoneAddresses;
  /** Directory of prompts; the one that the configuration's prompts are looked for in unless said. */
  readonly sounds?: string;
  /** More files of etc/asterisk, name → text. */
  readonly files?: Readonly<Record<string, string>>;
  /** Which switch of the configuration to be; the first unless said. */
  readonly server?: string;
  readonly signalbox?: boolean;
  readonly env?: Readonly<Record<string, string>>;
};

export type World = {
  readonly asterisk: RunningAsterisk;
  readonly signalbox: SignalboxProcess | null;
  readonly snapshot: Snapshot;
  readonly target: Switch;
  /** Environment with the secrets that both sides were given. */
  readonly env: NodeJS.ProcessEnv;
  stop(): Promise<void>;
};

/**
 * Where nothing else is given, a hand-over to an in-group is answered and held, so that it can be seen. The pattern
 * wants two characters: one alone would also take the extension `h` of a call that has ended.
 */
const HELD_INGROUPS = `[signalbox-ingroup]
exten => _[A-Za-z0-9][A-Za-z0-9_]!,1,Answer()
 same => n,Wait(3600)
 same => n,Hangup(16)
`;

/** Starts both. Rejects with LabError `configuration` and every error of it, or with what kept a part from starting. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const env = withSecrets(options.config, { ...process.env, ...options.env });
  const snapshot = readSnapshot(options.config, env);
  const target = pickSwitch(snapshot, options);
  mkdirSync(options.folder, { recursive: true });
  const asterisk = await startAsterisk({
    version: options.version,
    folder: join(options.folder, "asterisk"),
    sip: options.sip ?? "127.0.0.1:5060",
    ami: target.ami,
    sounds: options.sounds ?? soundsFolder(options.config),
    files: { ...asteriskFiles(snapshot, target, options), ...options.files },
    chanSip: target.technology === "sip",
    ...(options.rtpStart === undefined ? {} : { rtpStart: options.rtpStart }),
    ...(options.rtpEnd === undefined ? {} : { rtpEnd: options.rtpEnd }),
  });
  try {
    const signalbox =
      options.signalbox === false
        ? null
        : await startSignalbox({ config: options.config, variables: join(options.folder, "signalbox"), env });
    return {
      asterisk,
      signalbox,
      snapshot,
      target,
      env,
      async stop() {
        await signalbox?.stop();
        await asterisk.stop();
      },
    };
  } catch (error) {
    await asterisk.stop();
    throw error;
  }
}

/** Both sides of each manager account are ours: what the environment lacks of their secrets is made up. */
function withSecrets(config: string, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { switches } = readSnapshot(config, env, "simulate").system;
  const lacking = switches.flatMap(({ secret }) => [...secret.matchAll(SECRET)].map(([, name = ""]) => name));
  const made = lacking.map((name) => [name, randomBytes(12).toString("hex")] as const);
  return { ...env, ...Object.fromEntries(made) };
}

const SECRET = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** The configuration as `render` sees it, secrets included; rejects with all that is wrong with it. */
export function readSnapshot(
  config: string,
  env: NodeJS.ProcessEnv,
  purpose: "render" | "simulate" = "render",
): Snapshot {
  const { snapshot, errors } = loadConfiguration(config, { env, purpose });
  if (snapshot !== null) return snapshot;
  throw new LabError("configuration", `${config} has errors:\n${errors.map(formatIssue).join("\n")}`);
}

/** Files of etc/asterisk: what Signalbox renders, the configuration's phones, mailboxes and queues. */
function asteriskFiles(
  snapshot: Snapshot,
  target: Switch,
  options: Pick<WorldOptions, "dialplan" | "phones">,
): Record<string, string> {
  const template = readFileSync(join(projectRoot, "dialplan/signalbox.conf"), "utf8");
  const tenants = [...snapshot.tenants.values()];
  const mailboxes = tenants.map((tenant) => {
    const specs = [...tenant.plan.targets.values()];
    const boxes = new Set(specs.flatMap((spec) => (spec.type === "voicemail" ? [spec.mailbox] : [])));
    return `[${tenant.id}]\n${[...boxes].map((box) => `${box} => 0000,${tenant.id} ${box}\n`).join("")}`;
  });
  const queues = tenants.flatMap((tenant) => tenant.queues.map((queue) => `[${queue}]\nstrategy=ringall\n`));
  return {
    ...renderSwitch(snapshot, target, template),
    "pjsip_lab.conf": phoneEndpoints(snapshot, options.phones ?? {}),
    "voicemail_lab.conf": mailboxes.join("\n"),
    "queues_lab.conf": queues.join("\n"),
    "extensions_lab.conf": options.dialplan ?? HELD_INGROUPS,
  };
}

function pickSwitch(snapshot: Snapshot, { server, config }: WorldOptions): Switch {
  const { switches } = snapshot.system;
  const found = server === undefined ? switches[0] : switches.find((each) => each.server === server);
  if (found !== undefined) return found;
  throw new LabError(
    "configuration",
    `${config}: there is no switch ${server ?? ""} under asterisk: in signalbox.yaml`,
  );
}
