// The floor of a load run: one private Asterisk, one Redis, one node, everybody who is called, and eyes on each side.
// Every part can be killed and started again; what the nodes logged is kept over their deaths.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { type AmiConnection, createAmiConnection } from "../../src/ami/connection.ts";
import type { SlotStore } from "../../src/calls/slot-port.ts";
import { createSlotStore } from "../../src/slots/slots.ts";
import { QUIET_LOG } from "../bench/office.ts";
import { cpuSeconds, residentMb } from "../bench/process-cpu.ts";
import { LabError } from "../lab/lab-error.ts";
import { waitFor } from "../lab/ports.ts";
import { type RunningRedis, startRedis } from "../lab/redis.ts";
import { type SignalboxProcess, startSignalbox } from "../lab/signalbox.ts";
import { toneWav } from "../lab/wav.ts";
import { startWorld, type World } from "../lab/world.ts";
import { type Scenario, type SippOptions, type SippRun, startSipp } from "../sipp-runner.ts";
import { type Agreement, readAgreement } from "./agreement.ts";
import { addressesOf, callerOf, FLOOR_DIALPLAN, PEOPLE, ROLES, writeFloor } from "./floor-configuration.ts";
import { CALLED } from "./people.ts";

export type FloorOptions = { readonly folder: string; readonly ports: number; readonly recording?: boolean };
export type Part = "signalbox" | "redis" | "asterisk";

const SECRET = "between-these-two";
const TESTER = `[tester]
secret=${SECRET}
deny=0.0.0.0/0.0.0.0
permit=127.0.0.1/255.255.255.255
read=system
write=reporting
eventfilter=^Event: FullyBooted[[:space:]]
`;

export class Floor {
  readonly #options: FloorOptions;
  readonly #at;
  readonly #called: SippRun[] = [];
  readonly #log: Readonly<Record<string, unknown>>[] = [];
  #redis: RunningRedis | null = null;
  #world: World | null = null;
  #node: SignalboxProcess | null = null;
  #manager: AmiConnection | null = null;
  #store: SlotStore | null = null;

  private constructor(options: FloorOptions) {
    this.#options = options;
    this.#at = addressesOf(options.ports);
  }

  static async start(options: FloorOptions): Promise<Floor> {
    const floor = new Floor(options);
    try {
      await floor.#start();
      return floor;
    } catch (error) {
      await floor.stop();
      throw error;
    }
  }

  async #start(): Promise<void> {
    const { folder, ports, recording = false } = this.#options;
    mkdirSync(folder, { recursive: true });
    mkdirSync(join(folder, "sounds/shared"), { recursive: true });
    writeFileSync(join(folder, "sounds/shared/blip.wav"), toneWav(200));
    writeFloor(this.config, { ports, recording });
    await this.startPart("redis");
    await this.startPart("asterisk");
    await this.startPart("signalbox");
    this.#store = createSlotStore(this.#redisUrl, { log: pino({ level: "silent" }) });
    for (const { ip, kind, scenario } of CALLED) {
      const localPort = kind === "phone" ? this.#at.phonePort : this.#at.carrierPort;
      const artefacts = join(folder, "sipp");
      const run = startSipp({ scenario, localIp: ip, localPort, artefacts, traceMessages: false });
      this.#called.push(run);
      await run.ready;
    }
    await this.ready();
  }

  get config(): string {
    return join(this.#options.folder, "config");
  }

  get variables(): string {
    return join(this.#options.folder, "var");
  }

  get sip(): string {
    return this.#at.sip;
  }

  get #redisUrl(): string {
    return `redis://127.0.0.1:${this.#at.redisPort}/0`;
  }

  /** What all nodes that ran here have logged. */
  get log(): readonly Readonly<Record<string, unknown>>[] {
    return [...this.#log, ...(this.#node?.log() ?? [])];
  }

  pidOf(part: Part): number {
    const pid = { signalbox: this.#node?.pid, redis: this.#redis?.pid, asterisk: this.#world?.asterisk.pid }[
      part
    ];
    if (pid === undefined) throw new LabError("part_missing", `${part} does not run on this floor`);
    return pid;
  }

  /** CPU seconds and MB of a part; null while it does not run. */
  use(part: Part): { readonly cpu: number; readonly mb: number } | null {
    try {
      const pid = this.pidOf(part);
      return { cpu: cpuSeconds(pid), mb: residentMb(pid) };
    } catch {
      return null; // it has just been killed
    }
  }

  async startPart(part: Part): Promise<void> {
    const { folder } = this.#options;
    if (part === "redis") {
      this.#redis = await startRedis({ folder: join(folder, "redis"), port: this.#at.redisPort });
    } else if (part === "signalbox") {
      const env = { ...process.env, AMI_SECRET: SECRET };
      this.#node = await startSignalbox({ config: this.config, variables: this.variables, env });
    } else await this.#startAsterisk();
  }

  async #startAsterisk(): Promise<void> {
    const phones = Object.fromEntries([
      ...([PEOPLE.phone, PEOPLE.busyPhone, PEOPLE.deafPhone] as const).map((ip, nth) => [`10${nth}`, ip]),
      ...ROLES.map((role) => [callerOf(role).name, callerOf(role).ip]),
    ]);
    const { sip, rtpStart, rtpEnd, phonePort } = this.#at;
    this.#world = await startWorld({
      ...{ config: this.config, folder: join(this.#options.folder, "switch"), sip, rtpStart, rtpEnd },
      version: "22",
      sounds: join(this.#options.folder, "sounds"),
      dialplan: FLOOR_DIALPLAN,
      files: { ...QUIET_LOG, "manager_lab.conf": TESTER },
      phones: Object.fromEntries(Object.entries(phones).map(([name, ip]) => [name, `${ip}:${phonePort}`])),
      env: { AMI_SECRET: SECRET },
      signalbox: false,
    });
    await this.#manager?.stop();
    const manager = createAmiConnection({
      ...{ server: "ast1", address: this.#at.ami, username: "tester", secret: SECRET },
      log: pino({ level: "silent" }),
      onState: () => {},
      onEvent: () => {},
    });
    this.#manager = manager;
    manager.start();
    await waitFor("the run's own manager session", () => manager.up || undefined, 15_000);
  }

  /** SIGKILL, and waits until it is gone. */
  async kill(part: Part): Promise<void> {
    if (part === "signalbox") {
      this.#node?.child.kill("SIGKILL");
      await this.#node?.child.exited;
      this.#log.push(...(this.#node?.log() ?? []));
      this.#node = null;
    } else if (part === "redis") {
      this.#redis?.kill("SIGKILL");
      await this.#redis?.exited;
    } else {
      this.#world?.asterisk.kill("SIGKILL");
      await this.#world?.asterisk.exited;
      // The kernel gives the ports back a moment later.
      await sleep(200);
    }
  }

  signal(part: Part, signal: "SIGSTOP" | "SIGCONT"): void {
    process.kill(this.pidOf(part), signal);
  }

  /** Resolves when the node sees the switch and its stores. */
  async ready(withinMs = 30_000): Promise<void> {
    await waitFor(
      "the node to be ready",
      async () =>
        (await fetch(`http://${this.#at.http}/readyz`).then(
          ({ status }) => status === 200,
          () => false,
        )) || undefined,
      withinMs,
    );
  }

  async metrics(): Promise<string | null> {
    return fetch(`http://${this.#at.http}/metrics`).then(
      (reply) => reply.text(),
      () => null,
    );
  }

  look(): Promise<Agreement> {
    if (this.#manager === null || this.#store === null)
      throw new LabError("part_missing", "the floor is not up");
    const trunks = new Set(["apex_sip", "pool_a", ...ROLES.map((role) => `t_${role}`)]);
    return readAgreement(this.#manager, this.#store, trunks);
  }

  /** Starts callers towards the switch. */
  callers(scenario: Scenario, options: Partial<SippOptions>): SippRun {
    return startSipp({
      scenario,
      remote: this.sip,
      localIp: PEOPLE.apex,
      artefacts: join(this.#options.folder, "sipp"),
      traceMessages: false,
      receiveTimeoutMs: 10_000,
      ...options,
    });
  }

  /** Ends the node in good order, so that its records are complete. */
  async stopNode(): Promise<void> {
    await this.#node?.stop();
    this.#log.push(...(this.#node?.log() ?? []));
    this.#node = null;
  }

  /** What the switch has recorded of calls' voices. */
  get recordings(): string {
    return join(this.variables, "recordings");
  }

  async stop(): Promise<void> {
    await Promise.all(this.#called.map((run) => run.stop(0)));
    await this.#store?.close();
    await this.#manager?.stop();
    await this.stopNode();
    await this.#world?.stop();
    await this.#redis?.stop();
  }
}
