// A world for the tests of slots: one or two private switches, one or two nodes that listen to all of them, a Redis of
// its own, and eyes on each side, so that carriers, switches and store can be held against one another.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import type { AsteriskVersion } from "../../../load/lab/find-asterisk.ts";
import { waitFor } from "../../../load/lab/ports.ts";
import { type RunningRedis, startRedis } from "../../../load/lab/redis.ts";
import { type SignalboxProcess, startSignalbox } from "../../../load/lab/signalbox.ts";
import { startWorld, type World } from "../../../load/lab/world.ts";
import type { AmiConnection } from "../../../src/ami/connection.ts";
import type { SlotStore } from "../../../src/calls/slot-port.ts";
import { createSlotStore } from "../../../src/slots/slots.ts";
import { OPERATOR_DIALPLAN } from "./destinations.ts";
import { writePrompts } from "./prompts.ts";
import { type Agreement, legsOf, readAgreement, unlessAway } from "./slot-agreement.ts";
import { connectTester, SECRETS, TESTER_ACCOUNT } from "./tester.ts";

export type ServerName = "ast1" | "ast2";
export type NodeName = "one" | "two";

/** Where everything of these tests listens; files run one after another. */
export const SLOTS_AT = {
  ast1: { sip: "127.0.0.1:13060", ami: "127.0.0.1:13038", rtp: 13_100 },
  ast2: { sip: "127.0.0.1:13061", ami: "127.0.0.1:13039", rtp: 13_500 },
  one: { fastagi: "127.0.0.1:13073", http: "127.0.0.1:13085" },
  two: { fastagi: "127.0.0.1:13074", http: "127.0.0.1:13086" },
  redisPort: 13_079,
  carrierPort: 13_062,
  phonePort: 13_064,
  apex: "127.0.0.2",
  pool: "127.0.0.3",
  other: "127.0.0.4",
  phone: "127.0.0.9",
  otherPhone: "127.0.0.10",
} as const;

export type SlotWorldOptions = {
  readonly version: AsteriskVersion;
  readonly tenants: Readonly<Record<string, string>>;
  readonly trunks: string;
  readonly servers?: readonly ServerName[];
  readonly nodes?: readonly NodeName[];
  readonly slots?: "redis" | "memory";
  /** More lines of signalbox.yaml. */
  readonly system?: string;
  readonly dialplan?: string;
  /** Where the nodes find a manager interface, when that is not where it listens. */
  readonly ami?: Partial<Record<ServerName, string>>;
};

export class SlotWorld {
  readonly folder = mkdtempSync(join(tmpdir(), "sb-slots-"));
  readonly options: SlotWorldOptions;
  readonly #nodes = new Map<NodeName, SignalboxProcess>();
  readonly #worlds = new Map<ServerName, World>();
  readonly #managers = new Map<ServerName, AmiConnection>();
  #redis: RunningRedis | null = null;
  #store: SlotStore | null = null;

  private constructor(options: SlotWorldOptions) {
    this.options = options;
  }

  static async start(options: SlotWorldOptions): Promise<SlotWorld> {
    const world = new SlotWorld(options);
    try {
      await world.#start();
      return world;
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  async #start(): Promise<void> {
    if (this.options.slots !== "memory") {
      await this.startRedis();
      const log = pino({ level: "silent" });
      this.#store = createSlotStore(`redis://127.0.0.1:${SLOTS_AT.redisPort}/0`, { log });
    }
    for (const node of this.nodeNames) {
      writePrompts(join(this.folder, node, "sounds"));
      this.writeConfiguration(node);
    }
    await Promise.all(this.servers.map((server) => this.startSwitch(server)));
    await Promise.all(this.nodeNames.map((node) => this.startNode(node)));
    await this.ready();
  }

  get servers(): readonly ServerName[] {
    return this.options.servers ?? ["ast1"];
  }

  get nodeNames(): readonly NodeName[] {
    return this.options.nodes ?? ["one"];
  }

  /** What the nodes share, as any of them would see it; only with Redis. */
  get store(): SlotStore {
    return present(this.#store, "a shared store");
  }

  get redis(): RunningRedis {
    return present(this.#redis, "Redis");
  }

  node(name: NodeName = "one"): SignalboxProcess {
    return present(this.#nodes.get(name), `node ${name}`);
  }

  switch(server: ServerName = "ast1"): World {
    return present(this.#worlds.get(server), server);
  }

  manager(server: ServerName = "ast1"): AmiConnection {
    return present(this.#managers.get(server), `the manager of ${server}`);
  }

  /** Writes what `node` reads; with other texts of tenants it is a reload. */
  writeConfiguration(node: NodeName, tenants = this.options.tenants, ami = this.options.ami ?? {}): void {
    this.#write(this.configOf(node), node, tenants, ami);
  }

  #write(
    directory: string,
    node: NodeName,
    tenants: SlotWorldOptions["tenants"],
    ami: Partial<Record<ServerName, string>>,
  ): void {
    const { fastagi, http } = SLOTS_AT[node];
    const other = this.nodeNames.filter((name) => name !== node);
    const addresses = [node, ...other].map((name) => SLOTS_AT[name].fastagi);
    const { version, trunks, system = "", slots = "redis" } = this.options;
    const switches = this.servers.map(
      (server) =>
        `  - {server: ${server}, ami: "${ami[server] ?? SLOTS_AT[server].ami}", username: signalbox, secret: "\${AMI_SECRET}", version: "${version}"}\n`,
    );
    const url = slots === "memory" ? "memory" : `redis://127.0.0.1:${SLOTS_AT.redisPort}/0`;
    mkdirSync(join(directory, "tenants"), { recursive: true });
    writeFileSync(
      join(directory, "signalbox.yaml"),
      `node: ${node}\nslots: "${url}"\nfastagi: {listen: "${fastagi}", addresses: ${JSON.stringify(addresses)}}\n` +
        `http: {listen: "${http}"}\nasterisk:\n${switches.join("")}${system}`,
    );
    writeFileSync(join(directory, "trunks.yaml"), trunks);
    for (const [name, yaml] of Object.entries(tenants))
      writeFileSync(join(directory, `tenants/${name}.yaml`), `tenant: ${name}\n${yaml}`);
  }

  configOf(node: NodeName): string {
    return join(this.folder, node, "config");
  }

  async startRedis(): Promise<void> {
    this.#redis = await startRedis({ folder: join(this.folder, "redis"), port: SLOTS_AT.redisPort });
  }

  /** Each switch asks another node first. */
  async startSwitch(server: ServerName): Promise<void> {
    const { version, dialplan = "" } = this.options;
    const { sip, ami, rtp } = SLOTS_AT[server];
    const node = this.nodeNames[this.servers.indexOf(server) % this.nodeNames.length] ?? "one";
    const config = join(this.folder, server, "config");
    writePrompts(join(this.folder, server, "sounds"));
    this.#write(config, node, this.options.tenants, {});
    const world = await startWorld({
      config,
      folder: join(this.folder, server),
      version,
      server,
      sip,
      rtpStart: rtp,
      rtpEnd: rtp + 398,
      sounds: join(this.folder, node, "sounds"),
      files: { "manager_lab.conf": TESTER_ACCOUNT, "features_lab.conf": "[featuremap]\natxfer => *2\n" },
      dialplan: `${OPERATOR_DIALPLAN}\n${dialplan}`,
      phones: {
        "100": `${SLOTS_AT.phone}:${SLOTS_AT.phonePort}`,
        "101": `${SLOTS_AT.otherPhone}:${SLOTS_AT.phonePort}`,
      },
      env: SECRETS,
      signalbox: false,
    });
    this.#worlds.set(server, world);
    await this.#watch(server, ami);
  }

  async #watch(server: ServerName, address: string): Promise<void> {
    await this.#managers.get(server)?.stop();
    this.#managers.set(server, await connectTester(server, address));
  }

  async startNode(name: NodeName): Promise<SignalboxProcess> {
    const node = await startSignalbox({
      config: this.configOf(name),
      variables: join(this.folder, name, "var"),
      env: { ...process.env, ...SECRETS },
      node: name,
    });
    this.#nodes.set(name, node);
    return node;
  }

  /** Resolves when every node says that it sees all switches and can ask for slots. */
  async ready(withinMs = 20_000): Promise<void> {
    for (const name of this.nodeNames) {
      let last = "nothing";
      const ready = async () => {
        const { ready, checks } = await this.readiness(name);
        last = JSON.stringify(checks);
        return ready || undefined;
      };
      await waitFor(`node ${name}`, ready, withinMs).catch((error: unknown) => {
        const lines = this.node(name)
          .log()
          .filter(({ level }) => level !== "info");
        const logged = lines.slice(-15).map((line) => `\n${JSON.stringify(line)}`);
        throw new Error(`node ${name} is not ready, it last said ${last}; its log:${logged.join("")}`, {
          cause: error,
        });
      });
    }
  }

  async readiness(name: NodeName = "one"): Promise<{ ready: boolean; checks: Record<string, string> }> {
    const reply = await fetch(`http://${SLOTS_AT[name].http}/readyz`);
    const { checks } = (await reply.json()) as { checks: Record<string, string> };
    return { ready: reply.status === 200, checks };
  }

  /** The sum of a metric over all labels that hold `having`. */
  async metric(metric: string, having = "", name: NodeName = "one"): Promise<number> {
    const text = await (await fetch(`http://${SLOTS_AT[name].http}/metrics`)).text();
    const lines = text.split("\n").filter((line) => line.startsWith(metric) && line.includes(having));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  }

  /** What switches and store hold now. */
  look(): Promise<Agreement> {
    return readAgreement(this.servers, (server) => this.manager(server), this.store);
  }

  /** Resolves when the store holds the legs of the switches and nothing else, `legs` of them if said. */
  async agree(withinMs = 8000, legs?: number): Promise<Agreement> {
    let last: Agreement | null = null;
    try {
      return await waitFor(
        "the store to hold what the switches have",
        async () => {
          last = await this.look().catch(unlessAway);
          return last?.same && (legs === undefined || last.legs.length === legs) ? last : undefined;
        },
        withinMs,
        100,
      );
    } catch (error) {
      throw new Error(`store and switches differ: ${shown(last)}`, { cause: error });
    }
  }

  async trunkLegs(server: ServerName = "ast1"): Promise<number> {
    return (await legsOf(server, this.manager(server))).length;
  }

  async stop(): Promise<void> {
    await this.#store?.close();
    await Promise.all([...this.#managers.values()].map((manager) => manager.stop()));
    await Promise.all([...this.#nodes.values()].map((node) => node.stop()));
    await Promise.all([...this.#worlds.values()].map((world) => world.stop()));
    await this.#redis?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function shown(last: Agreement | null): string {
  if (last === null) return "neither could be asked";
  const { legs, slots, uncounted, absent, otherTenant } = last;
  const without = slots.filter(({ key }) => absent.includes(`${key.server} ${key.uniqueid}`));
  const ghosts = without.map(({ key, state, trunk, direction, asker, takenAt, node }) =>
    [key.server, key.uniqueid, state, direction, trunk, asker, `${Date.now() - takenAt} ms`, node].join(" "),
  );
  return JSON.stringify({ legs: legs.length, slots: slots.length, uncounted, ghosts, otherTenant });
}

function present<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`this world has not got ${what}`);
  return value;
}
