// The nodes of a floor: where each listens, over which lines it reaches the others, and under which clock it runs. What
// they decided is kept over their deaths.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "../lab/lab-error.ts";
import { waitFor } from "../lab/ports.ts";
import { type SignalboxProcess, startSignalbox } from "../lab/signalbox.ts";
import { APART_NETWORKS, type Apart, endsOf } from "./apart.ts";
import { addressesOf, type FloorPlace, type NodeName, writeFloor } from "./floor-configuration.ts";
import type { LineName } from "./floor-lines.ts";
import { decidedCall } from "./recorded.ts";

export type NodeOptions = {
  readonly folder: string;
  readonly ports: number;
  readonly recording: boolean;
  readonly count: 1 | 2;
  readonly lines: readonly LineName[];
  readonly slotsUrl: string;
  readonly recordsUrl: string;
  readonly apart: Apart | null;
  /** Whether its clock can be set. */
  readonly ownClock: boolean;
  readonly secret: string;
};

const FAKETIME = ["x86_64", "aarch64"].map(
  (machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`,
);

export class FloorNodes {
  readonly #options: NodeOptions;
  readonly #at;
  readonly #decided = new Set<string>();
  readonly #nodes = new Map<NodeName, SignalboxProcess>();
  readonly #lost: string[] = [];
  #healed = 0;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.#at = addressesOf(options.ports);
    for (const node of this.names) writeFloor(this.configOf(node), this.#placeOf(node));
    // The switch is rendered from a configuration that names it as it is, not at the end of a line.
    const ami = options.apart === null ? this.#at.ami : this.#at.ami.replace("127.0.0.1", "0.0.0.0");
    writeFloor(this.configOf("switch"), { ...this.#placeOf("one"), ami });
  }

  get names(): readonly NodeName[] {
    return this.#options.count === 2 ? ["one", "two"] : ["one"];
  }

  configOf(of: NodeName | "switch"): string {
    return join(this.#options.folder, of === "one" ? "config" : `config-${of}`);
  }

  variablesOf(node: NodeName): string {
    return join(this.#options.folder, node === "one" ? "var" : `var-${node}`);
  }

  httpOf(node: NodeName): string {
    return this.#listenOf(node).http;
  }

  /** Calls that any node which ran here decided or refused, by what it logged. */
  get decided(): ReadonlySet<string> {
    return this.#decided;
  }

  /** How often a sweep freed what no hangup had. */
  get healed(): number {
    return this.#healed;
  }

  /** Nodes that ended though nobody ended them. */
  get lost(): readonly string[] {
    return this.#lost;
  }

  node(name: NodeName): SignalboxProcess {
    const found = this.#nodes.get(name);
    if (found === undefined) throw new LabError("part_missing", `node ${name} does not run on this floor`);
    return found;
  }

  get running(): readonly NodeName[] {
    return [...this.#nodes.keys()];
  }

  async start(name: NodeName): Promise<void> {
    const { apart, secret } = this.#options;
    const node = await startSignalbox({
      config: this.configOf(name),
      variables: this.variablesOf(name),
      node: name,
      env: { ...process.env, AMI_SECRET: secret, ...this.#clockOf(name) },
      ...(apart === null ? {} : { through: apart.through(name) }),
    });
    const note = (line: string): void => {
      const call = decidedCall(line);
      if (call !== null) this.#decided.add(call);
      if (line.includes('"event":"slots.healed"')) this.#healed += 1;
    };
    for (const line of node.child.lines()) note(line);
    node.child.onLine(note);
    this.#nodes.set(name, node);
    void node.child.exited.then(({ code, signal }) => {
      if (this.#nodes.get(name) !== node) return;
      this.#nodes.delete(name);
      this.#lost.push(`node ${name} ended by itself, with ${signal ?? `code ${code}`}`);
    });
  }

  /** A node that has not kept yet how far it read the switch's own records would begin at their end after a kill. */
  async placed(): Promise<void> {
    if (this.#options.apart !== null) return; // there the switch is on another machine
    for (const name of this.names) {
      const place = join(this.variablesOf(name), "cdr-ast1.place");
      await waitFor(`node ${name} to keep its place`, () => existsSync(place) || undefined, 20_000);
    }
  }

  async kill(name: NodeName): Promise<void> {
    const node = this.node(name);
    this.#nodes.delete(name);
    node.child.kill("SIGKILL");
    await node.child.exited;
  }

  async stop(name: NodeName): Promise<void> {
    const node = this.#nodes.get(name);
    if (node === undefined) return;
    this.#nodes.delete(name);
    await node.stop();
  }

  /** Sets the node's clock off by so many seconds, at once and while it runs. Elapsed time stays true, as on a machine. */
  setClock(name: NodeName, seconds: number): void {
    writeFileSync(this.#clockFile(name), `${seconds < 0 ? "-" : "+"}${Math.abs(seconds)}\n`);
  }

  #clockFile(name: NodeName): string {
    return join(this.#options.folder, `clock-${name}`);
  }

  #clockOf(name: NodeName): NodeJS.ProcessEnv {
    if (!this.#options.ownClock) return {};
    const library = FAKETIME.find(existsSync);
    if (library === undefined) {
      throw new LabError("faketime_missing", "there is no libfaketime: run sh load/setup.sh load");
    }
    mkdirSync(this.#options.folder, { recursive: true });
    if (!existsSync(this.#clockFile(name))) this.setClock(name, 0);
    return {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: this.#clockFile(name),
      FAKETIME_CACHE_DURATION: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
  }

  #listenOf(node: NodeName): { readonly fastagi: string; readonly http: string } {
    const { fastagi, http, secondFastagi, secondHttp } = this.#at;
    const [agi, web] = node === "one" ? [fastagi, http] : [secondFastagi, secondHttp];
    if (this.#options.apart === null) return { fastagi: agi, http: web };
    const { there } = endsOf(node, "switch");
    return { fastagi: moved(agi, there), http: moved(web, there) };
  }

  #placeOf(node: NodeName): FloorPlace {
    const { ports, recording, lines, slotsUrl, recordsUrl, apart } = this.#options;
    const { amiLine, redisLine, recordsLine, stepLine, ami } = this.#at;
    const dialled = this.names.map((name) => this.#listenOf(name).fastagi);
    const place = { ports, recording, node, ...this.#listenOf(node) };
    if (apart !== null) {
      const here = endsOf(node, "switch").here;
      return {
        ...place,
        addresses: dialled,
        ami: moved(ami, here),
        slots: moved(slotsUrl, endsOf(node, "redis").here),
        records: moved(recordsUrl, here),
        networks: APART_NETWORKS,
      };
    }
    return {
      ...place,
      addresses: lines.includes("steps") ? [stepLine] : dialled,
      ami: lines.includes("ami") ? amiLine : ami,
      slots: lines.includes("redis") ? `redis://${redisLine}/0` : slotsUrl,
      records: lines.includes("records") ? recordsUrl.replace(/127\.0\.0\.1:\d+/, recordsLine) : recordsUrl,
    };
  }
}

const moved = (address: string, to: string): string => address.replace("127.0.0.1", to);
