// The floor of a load run: one private Asterisk, the stores, one node or two, everybody who is called, and eyes on each
// side. Every part can be killed and started again; what the nodes decided is kept over their deaths.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import type { AmiConnection } from "../../src/ami/connection.ts";
import type { StoredCall } from "../../src/calls/record-port.ts";
import type { SlotStore } from "../../src/calls/slot-port.ts";
import { createSlotStore } from "../../src/slots/slots.ts";
import { cpuSeconds, residentMb } from "../bench/process-cpu.ts";
import { LabError } from "../lab/lab-error.ts";
import { waitFor } from "../lab/ports.ts";
import { toneWav } from "../lab/wav.ts";
import type { World } from "../lab/world.ts";
import { type Scenario, type SippRun, startSipp } from "../sipp-runner.ts";
import { type Agreement, readAgreement } from "./agreement.ts";
import { Apart } from "./apart.ts";
import { addressesOf, type NodeName, PEOPLE, ROLES } from "./floor-configuration.ts";
import { type FloorLines, type LineName, startFloorLines } from "./floor-lines.ts";
import { FloorNodes } from "./floor-nodes.ts";
import type { CallersOptions, FloorOptions, Part } from "./floor-options.ts";
import { FloorStores } from "./floor-stores.ts";
import { FLOOR_SECRET, startFloorSwitch, watchSwitch } from "./floor-switch.ts";
import { CALLED } from "./people.ts";
import { Placed, slackOf } from "./placed.ts";
import { Seen } from "./seen.ts";
import { clientOf } from "./whose.ts";

const LISTENS = /^signalbox_switch_listening\{[^}]*\} 1$/m;

export class Floor {
  readonly #options: FloorOptions;
  readonly #at;
  readonly #called: SippRun[] = [];
  readonly #stores: FloorStores;
  #lines: FloorLines | null = null;
  #apart: Apart | null = null;
  #nodes: FloorNodes | null = null;
  #world: World | null = null;
  #manager: AmiConnection | null = null;
  #store: SlotStore | null = null;
  readonly #seen: Seen;
  readonly placed = new Placed();

  private constructor(options: FloorOptions) {
    this.#options = options;
    this.#seen = new Seen(options.calm ?? false);
    this.#at = addressesOf(options.ports);
    this.#stores = new FloorStores({
      ...{ folder: options.folder, ports: options.ports, withSentinel: options.sentinel ?? false },
      withMariadb: options.mariadb ?? options.nodes === 2,
      everywhere: options.apart ?? false,
    });
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
    const { folder, ports, recording = false, lines = [], nodes = 1, ownClock = false } = this.#options;
    mkdirSync(join(folder, "sounds/shared"), { recursive: true });
    writeFileSync(join(folder, "sounds/shared/blip.wav"), toneWav(200));
    this.#apart = this.#options.apart === true ? await Apart.start() : null;
    await this.#stores.start();
    this.#lines = await startFloorLines(ports, lines);
    this.#nodes = new FloorNodes({
      ...{
        folder,
        ports,
        recording,
        lines,
        ownClock,
        count: nodes,
        secret: FLOOR_SECRET,
        apart: this.#apart,
      },
      ...{ slotsUrl: this.#stores.slotsUrl, recordsUrl: this.#stores.recordsUrl },
    });
    await this.#startAsterisk();
    for (const name of this.#nodes.names) await this.#nodes.start(name);
    this.#store = createSlotStore(this.#stores.slotsUrl, { log: pino({ level: "silent" }) });
    for (const { ip, kind, scenario } of CALLED) {
      const localPort = kind === "phone" ? this.#at.phonePort : this.#at.carrierPort;
      const artefacts = join(folder, "sipp");
      const run = startSipp({ scenario, localIp: ip, localPort, artefacts, traceMessages: false });
      this.#called.push(run);
      await run.ready;
    }
    await this.ready().then(() => this.nodes.placed());
  }

  get folder(): string {
    return this.#options.folder;
  }

  get at() {
    return this.#at;
  }

  get nodes(): FloorNodes {
    return present(this.#nodes, "a node");
  }

  get config(): string {
    return this.nodes.configOf("one");
  }

  get variables(): string {
    return this.nodes.variablesOf("one");
  }

  /** The records database as the run reads it. */
  get records(): string {
    return this.#stores.recordsUrl;
  }

  get sip(): string {
    return this.#at.sip;
  }

  get apart(): Apart {
    return present(this.#apart, "networks of their own");
  }

  line<Name extends LineName>(name: Name): NonNullable<FloorLines[Name]> {
    return present<NonNullable<FloorLines[Name]>>(this.#lines?.[name] ?? null, `a line ${name}`);
  }

  /** Calls that any node which ran here decided or refused. */
  get decided(): ReadonlySet<string> {
    return this.nodes.decided;
  }

  pidOf(part: Part): number {
    if (part === "signalbox") return this.nodes.node("one").pid;
    if (part === "second") return this.nodes.node("two").pid;
    if (part === "asterisk") return present(this.#world, part).asterisk.pid;
    return this.#stores.part(part).pid;
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
    if (part === "signalbox") await this.nodes.start("one");
    else if (part === "second") await this.nodes.start("two");
    else if (part === "asterisk") await this.#startAsterisk();
    else await this.#stores.startPart(part);
  }

  async #startAsterisk(): Promise<void> {
    const { ports } = this.#options;
    this.#world = await startFloorSwitch({
      config: this.nodes.configOf("switch"),
      folder: this.folder,
      ports,
    });
    await this.#manager?.stop();
    this.#manager = await watchSwitch(this.#at.ami);
  }

  /** SIGKILL, and waits until it is gone. */
  async kill(part: Part): Promise<void> {
    if (part === "signalbox") await this.nodes.kill("one");
    else if (part === "second") await this.nodes.kill("two");
    else if (part === "asterisk") {
      const { asterisk } = this.switch;
      asterisk.kill("SIGKILL");
      await asterisk.exited;
      // The kernel gives the ports back a moment later.
      await sleep(200);
    } else await this.#stores.kill(part);
  }

  signal(part: Part, signal: "SIGSTOP" | "SIGCONT"): void {
    process.kill(this.pidOf(part), signal);
  }

  /** The Asterisk that runs now. */
  get switch(): World {
    return present(this.#world, "an Asterisk");
  }

  /** Resolves when every node that runs sees the switch and its stores. */
  async ready(withinMs = 30_000): Promise<void> {
    for (const name of this.nodes.running) {
      const isReady = async () => (await this.readiness(name)) === "ready" || undefined;
      await waitFor(`node ${name} to be ready`, isReady, withinMs);
    }
  }

  /** `ready`, or what it says instead; null when it does not answer in time. */
  async readiness(node: NodeName = "one"): Promise<string | null> {
    return fetch(`http://${this.nodes.httpOf(node)}/readyz`, { signal: AbortSignal.timeout(3000) }).then(
      async (reply) => (reply.status === 200 ? "ready" : reply.text()),
      () => null,
    );
  }

  async metrics(node: NodeName = "one"): Promise<string | null> {
    return fetch(`http://${this.nodes.httpOf(node)}/metrics`, { signal: AbortSignal.timeout(3000) }).then(
      (reply) => reply.text(),
      () => null,
    );
  }

  /** The node that keeps the slots of the switch. */
  listener(): Promise<NodeName> {
    const listens = async (name: NodeName) => LISTENS.test((await this.metrics(name)) ?? "");
    const found = async () => ((await listens("one")) ? "one" : (await listens("two")) ? "two" : undefined);
    return waitFor("a node that listens to the switch", found, 10_000);
  }

  async look(): Promise<Agreement> {
    const trunks = new Set(["apex_sip", "pool_a", ...ROLES.map((role) => `t_${role}`)]);
    const [manager, store] = [present(this.#manager, "eyes"), present(this.#store, "eyes")];
    const agreement = await readAgreement(manager, store, trunks, this.placed.doubted);
    this.#seen.note(agreement, performance.now());
    return agreement;
  }

  /** What was wrong in more than one look, and whatever the nodes' records say wrongly of the calls that were placed. */
  wrong(records: readonly StoredCall[]): readonly string[] {
    const { calm = false } = this.#options;
    const healed = calm ? this.nodes.healed : 0;
    return [
      ...(healed === 0
        ? []
        : [`store = switch: sweeps had to free slots ${healed} times, though nothing failed`]),
      ...this.#seen.wrong,
      ...this.placed.wrong(records, slackOf(this.#options)).map((text) => `records: ${text}`),
    ];
  }

  /** How many steps got no decision in time, by the switch's own log: fallbacks served their callers. */
  get undecidedSteps(): number {
    const log = readFileSync(join(this.switch.asterisk.folder, "log/full"), "utf8");
    return log.split("Signalbox gave no decision for").length - 1;
  }

  /** Starts callers towards the switch. */
  callers(scenario: Scenario, { reach = "all", ...options }: CallersOptions): SippRun {
    const from = Date.now();
    const run = startSipp({
      ...{ scenario, remote: this.sip, localIp: PEOPLE.apex, artefacts: join(this.folder, "sipp") },
      traceMessages: false,
      receiveTimeoutMs: 10_000,
      ...options,
    });
    const client = clientOf(options.service ?? "", options.localIp ?? PEOPLE.apex);
    void run.done.then(({ created, answered }) => {
      const calls = reach === "none" ? 0 : created;
      const fleeting = reach === "some" ? created : 0;
      this.placed.add(client, { calls, fleeting, answered }, { from, to: Date.now() });
    });
    return run;
  }

  /** Ends the nodes in good order, so that their records are complete. */
  async stopNodes(): Promise<void> {
    for (const name of this.#nodes?.names ?? []) await this.#nodes?.stop(name);
  }

  /** What the switch has recorded of calls' voices. */
  get recordings(): string {
    return join(this.variables, "recordings");
  }

  async stop(): Promise<void> {
    await Promise.all(this.#called.map((run) => run.stop(0)));
    await this.#store?.close();
    await this.#manager?.stop();
    await this.stopNodes();
    await this.#world?.stop();
    await this.#lines?.stop();
    await this.#stores.stop();
    await this.#apart?.stop();
  }
}

function present<T>(value: T | null, what: string): T {
  if (value === null) throw new LabError("part_missing", `this floor has not got ${what}`);
  return value;
}
