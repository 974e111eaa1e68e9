// A world for one test file: a private Asterisk of one version and a Signalbox on a configuration that the test
// writes, with what a test needs to place calls and to see what became of them.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type SignalboxProcess, startSignalbox } from "../../../load/lab/signalbox.ts";
import { startWorld, type World } from "../../../load/lab/world.ts";
import { runSipp, type Scenario, type SippOptions, type SippResult } from "../../../load/sipp-runner.ts";
import { AT, type ConfigurationText, writeConfiguration } from "./configuration.ts";
import { type Arrivals, OPERATOR_DIALPLAN, watchArrivals } from "./destinations.ts";
import { OBSERVER_ACCOUNT, type Observer, observe } from "./observer.ts";
import { writePrompts } from "./prompts.ts";

export type TestWorldOptions = ConfigurationText & {
  /** Contexts besides the in-groups and the desk. */
  readonly dialplan?: string;
  /** More files of etc/asterisk, name → text. */
  readonly files?: Readonly<Record<string, string>>;
  /** False: only Asterisk; `startNode` starts a Signalbox. */
  readonly signalbox?: boolean;
};

export type TestWorld = {
  readonly world: World;
  readonly config: string;
  readonly folder: string;
  readonly arrivals: Arrivals;
  readonly observer: Observer;
  /** The node that runs; throws when none does. */
  node(): SignalboxProcess;
  /** Starts a node on the world's configuration, in place of the one before. */
  startNode(): Promise<SignalboxProcess>;
  /** Starts a second one, on the same configuration but for where it listens. */
  startOtherNode(): Promise<SignalboxProcess>;
  /** Places calls to \`service\` from a carrier's address (Apex's own unless said). */
  call(service: string, scenario: Scenario, options?: Partial<SippOptions>): Promise<SippResult>;
  stop(): Promise<void>;
};

export async function startTestWorld(options: TestWorldOptions): Promise<TestWorld> {
  const folder = mkdtempSync(join(tmpdir(), "sb-world-"));
  const config = join(folder, "config");
  writePrompts(join(folder, "sounds"));
  writeConfiguration(config, options);
  const world = await startWorld({
    config,
    folder,
    version: options.version,
    sip: AT.sip,
    rtpStart: AT.rtpStart,
    rtpEnd: AT.rtpEnd,
    sounds: join(folder, "sounds"),
    files: { "manager_lab.conf": OBSERVER_ACCOUNT, ...options.files },
    dialplan: `${OPERATOR_DIALPLAN}\n${options.dialplan ?? ""}`,
    phones: {
      "100": `${AT.phone.ip}:${AT.phone.port}`,
      "101": `${AT.otherPhone.ip}:${AT.otherPhone.port}`,
    },
    signalbox: false,
  });
  const nodes: SignalboxProcess[] = [];
  const start = async (directory: string, name: string): Promise<SignalboxProcess> => {
    const variables = join(folder, name);
    const node = await startSignalbox({ config: directory, variables, env: world.env, node: name });
    nodes.push(node);
    return node;
  };
  try {
    let current = options.signalbox === false ? undefined : await start(config, "first");
    const observer = await observe(AT.ami);
    return {
      world,
      config,
      folder,
      arrivals: watchArrivals(world.asterisk.folder),
      observer,
      node: () => {
        if (current === undefined) throw new Error("this world has no Signalbox");
        return current;
      },
      startNode: async () => {
        await current?.stop();
        current = await start(config, "first");
        return current;
      },
      startOtherNode: () => {
        const other = join(folder, "other/config");
        writePrompts(join(folder, "other/sounds"));
        writeConfiguration(other, {
          ...options,
          listen: { fastagi: AT.otherFastagi, http: AT.otherHttp },
          fastagiAddresses: options.fastagiAddresses ?? [AT.fastagi],
        });
        return start(other, "second");
      },
      call: (service, scenario, more = {}) =>
        runSipp({
          scenario,
          service,
          remote: AT.sip,
          localIp: AT.apexCarrier.ip,
          artefacts: folder,
          deadlineMs: 40_000,
          ...more,
        }),
      stop: async () => {
        await observer.stop();
        await Promise.all(nodes.map((node) => node.stop()));
        await world.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await Promise.all(nodes.map((node) => node.stop()));
    await world.stop();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
