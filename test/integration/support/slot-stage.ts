// One switch with carriers and phones that answer, and orders to it as an operator or a dialler gives them; after each
// step the three sides are held against one another.
import { waitFor } from "../../../load/lab/ports.ts";
import { callee, caller, type Scenario, type SippRun, startSipp } from "../../../load/sipp-runner.ts";
import type { AmiMessage } from "../../../src/ami/connection.ts";
import { type Agreement, liveDialogs, unlessAway } from "./slot-agreement.ts";
import { SLOTS_AT, type SlotWorld } from "./slot-world.ts";

export class Stage {
  readonly world: SlotWorld;
  /** Ends of trunk legs: carriers that are called, and carriers that call. */
  readonly #carriers = new Set<SippRun>();
  readonly #phones = new Set<SippRun>();

  constructor(world: SlotWorld) {
    this.world = world;
  }

  /** A carrier that takes calls. It sends media, so that Local channels are optimised away. */
  carrier(ip: string, scenario: Scenario = callee({ ringMs: 200 })): Promise<SippRun> {
    const run = startSipp({
      scenario,
      localIp: ip,
      localPort: SLOTS_AT.carrierPort,
      artefacts: this.world.folder,
    });
    this.#carriers.add(run);
    return run.ready.then(() => run);
  }

  phone(ip: string, scenario: Scenario = callee({ ringMs: 200 })): Promise<SippRun> {
    const run = startSipp({
      scenario,
      localIp: ip,
      localPort: SLOTS_AT.phonePort,
      artefacts: this.world.folder,
    });
    this.#phones.add(run);
    return run.ready.then(() => run);
  }

  /** A carrier delivers a call, and stays. */
  inbound(
    did: string,
    ip: string,
    scenario: Scenario = caller({ holdMs: 30_000 }),
    many: { readonly calls?: number; readonly rate?: number } = {},
  ): SippRun {
    const run = this.#call(did, ip, scenario, many);
    this.#carriers.add(run);
    return run;
  }

  /** A phone places a call, and stays. */
  outbound(
    number: string,
    scenario: Scenario = caller({ holdMs: 30_000 }),
    ip: string = SLOTS_AT.phone,
  ): SippRun {
    const run = this.#call(number, ip, scenario);
    this.#phones.add(run);
    return run;
  }

  #call(service: string, localIp: string, scenario: Scenario, many = {}): SippRun {
    const { sip } = SLOTS_AT.ast1;
    return startSipp({ scenario, service, localIp, remote: sip, artefacts: this.world.folder, ...many });
  }

  /** Resolves when carriers, switch and store all have exactly one leg for each of the tenants. */
  async holds(tenants: readonly string[], withinMs = 10_000): Promise<Agreement> {
    let last: Agreement | null = null;
    let carriers = 0;
    const check = async (): Promise<Agreement | undefined> => {
      last = await this.world.look().catch(unlessAway);
      if (last === null) return undefined;
      carriers = [...this.#carriers].reduce((sum, run) => sum + liveDialogs(run), 0);
      const owners = last.slots.map(({ tenant }) => tenant ?? "").sort();
      const right = JSON.stringify(owners) === JSON.stringify([...tenants].sort());
      return last.same && right && carriers === tenants.length ? last : undefined;
    };
    try {
      return await waitFor("three sides that agree", check, withinMs, 100);
    } catch (error) {
      const channels = (await this.channels()).map((each) => each.name).join(" ");
      const ends = [...this.#carriers].map((run) => `${run.folder} ${liveDialogs(run)}`).join();
      const what = `carriers ${carriers} (${ends}), wanted ${tenants.join()}: ${JSON.stringify(last)}; channels: ${channels}`;
      throw new Error(what, { cause: error });
    }
  }

  async channels(): Promise<{ readonly name: string; readonly state: string }[]> {
    const { events } = await this.world.manager().list("CoreShowChannels");
    return events.map(({ fields }) => ({
      name: fields.get("Channel") ?? "",
      state: fields.get("ChannelStateDesc") ?? "",
    }));
  }

  /** The channels whose names begin so, once there are `many` of them in this state. */
  async channelsOf(start: string, many = 1, state = "Up"): Promise<readonly string[]> {
    return waitFor(
      `${many} ${state} channels ${start}`,
      async () => {
        const found = (await this.channels()).filter(
          (each) => each.name.startsWith(start) && each.state === state,
        );
        return found.length === many ? found.map(({ name }) => name) : undefined;
      },
      6000,
      50,
    );
  }

  async channelOf(start: string, state = "Up"): Promise<string> {
    const [name = ""] = await this.channelsOf(start, 1, state);
    return name;
  }

  /** Resolves when all of these channels talk with one another: a channel is up a moment before it is in its bridge. */
  async together(...names: readonly string[]): Promise<void> {
    const inOneBridge = async (): Promise<true | undefined> => {
      const { events } = await this.world.manager().list("CoreShowChannels");
      const bridges = names.map(
        (name) => events.find(({ fields }) => fields.get("Channel") === name)?.fields.get("BridgeId") ?? "",
      );
      return bridges[0] !== "" && new Set(bridges).size === 1 ? true : undefined;
    };
    await waitFor(`${names.join(" and ")} in one bridge`, inOneBridge, 6000);
  }

  order(action: string, fields: Readonly<Record<string, string>>): Promise<AmiMessage> {
    return this.world.manager().action(action, fields);
  }

  hangUp(channel: string): Promise<unknown> {
    return this.world.switch().asterisk.cli(`channel request hangup ${channel}`);
  }

  /** Ends every call and every agent; nothing may be left on any side. */
  async clear(withinMs = 10_000): Promise<void> {
    await this.world.switch().asterisk.cli("channel request hangup all");
    try {
      await this.holds([], withinMs);
    } finally {
      await this.forget();
    }
  }

  /** Ends every agent: their calls are gone, and nobody could tell them. */
  async forget(): Promise<void> {
    await Promise.all([...this.#carriers, ...this.#phones].map((run) => run.stop(0)));
    this.#carriers.clear();
    this.#phones.clear();
  }
}
