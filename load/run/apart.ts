// Nodes in networks of their own, with one cable to the switch and another to Redis, so that either can be pulled: real
// loss of a network, where nothing is refused and nothing is answered. Takes root; what it adds goes when it stops.
import { LabError } from "../lab/lab-error.ts";
import { type Child, runCommand, startChild } from "../lab/processes.ts";
import type { NodeName } from "./floor-configuration.ts";

export type Cable = "switch" | "redis";

const NODES: readonly NodeName[] = ["one", "two"];
const CABLES: readonly Cable[] = ["switch", "redis"];

/** All networks in use here. */
export const APART_NETWORKS = ["127.0.0.0/8", "10.77.0.0/16"] as const;

/** The two ends of a cable: the side of the switch and Redis, and the side of the node. */
export function endsOf(node: NodeName, cable: Cable): { readonly here: string; readonly there: string } {
  const net = `10.77.${NODES.indexOf(node) * 2 + CABLES.indexOf(cable) + 1}`;
  return { here: `${net}.1`, there: `${net}.2` };
}

export function assertRoot(what: string): void {
  if (process.getuid?.() === 0) return;
  throw new LabError("needs_root", `${what} needs root: run this as root, or leave it out`);
}

export class Apart {
  readonly #holders = new Map<NodeName, Child>();

  /** Throws LabError `needs_root`, or `network_refused` with what the system said. */
  static async start(): Promise<Apart> {
    assertRoot("a network of its own for each node");
    const apart = new Apart();
    try {
      for (const node of NODES) await apart.#add(node);
      return apart;
    } catch (error) {
      await apart.stop();
      throw error;
    }
  }

  /** What runs a command inside the node's network. */
  through(node: NodeName): readonly string[] {
    return ["nsenter", "--target", String(this.#pidOf(node)), "--net", "--"];
  }

  /** Pulls a cable: packets vanish, both ways. */
  pull(node: NodeName, cable: Cable): Promise<void> {
    return ip(["link", "set", nameOf(node, cable), "down"]);
  }

  plug(node: NodeName, cable: Cable): Promise<void> {
    return ip(["link", "set", nameOf(node, cable), "up"]);
  }

  async stop(): Promise<void> {
    // With its network the node's end of a cable goes, and the other end with it.
    await Promise.all([...this.#holders.values()].map((holder) => holder.stop()));
  }

  #pidOf(node: NodeName): number {
    const holder = this.#holders.get(node);
    if (holder === undefined) throw new LabError("part_missing", `node ${node} has no network of its own`);
    return holder.pid;
  }

  async #add(node: NodeName): Promise<void> {
    const args = ["--net", "sh", "-c", "echo ready; exec sleep 86400"];
    const holder = await startChild({ name: `network ${node}`, command: "unshare", args });
    this.#holders.set(node, holder);
    await holder.waitForLine(/^ready$/, 5000);
    const inside = (words: readonly string[]) => run([...this.through(node), "ip", ...words]);
    await inside(["link", "set", "lo", "up"]);
    for (const cable of CABLES) {
      const { here, there } = endsOf(node, cable);
      const name = nameOf(node, cable);
      await ip(["link", "add", name, "type", "veth", "peer", "name", cable, "netns", String(holder.pid)]);
      await ip(["addr", "add", `${here}/30`, "dev", name]);
      await ip(["link", "set", name, "up"]);
      await inside(["addr", "add", `${there}/30`, "dev", cable]);
      await inside(["link", "set", cable, "up"]);
    }
  }
}

const nameOf = (node: NodeName, cable: Cable): string => `sb-${node}-${cable}`;

const ip = (words: readonly string[]): Promise<void> => run(["ip", ...words]);

async function run([command = "", ...args]: readonly string[]): Promise<void> {
  const { code, stderr } = await runCommand(command, args);
  if (code === 0) return;
  throw new LabError("network_refused", `${command} ${args.join(" ")} was refused: ${stderr.trim()}`);
}
