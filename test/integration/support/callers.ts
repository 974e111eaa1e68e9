// People who call, each with a number of their own so that a test finds its calls among all others.
import type { Scenario } from "../../../load/sipp-runner.ts";
import {
  callee,
  caller,
  expectOk,
  refusedCaller,
  type SippResult,
  type SippRun,
  startSipp,
} from "../../../load/sipp-runner.ts";
import { AT } from "./configuration.ts";
import type { Arrival } from "./destinations.ts";
import type { TestWorld } from "./test-world.ts";

let people = 0;

/** A number in New York that nobody else in this process calls from. */
export function somebody(): string {
  people += 1;
  return `+1646555${String(people).padStart(4, "0")}`;
}

/** Calls `did`, is answered, stays a moment, and where it arrived. */
export async function callAndArrive(
  world: TestWorld,
  did: string,
  options: { readonly from?: string; readonly localIp?: string; readonly holdMs?: number } = {},
): Promise<Arrival> {
  const { from = somebody(), localIp = AT.apexCarrier.ip, holdMs = 300 } = options;
  expectOk(await world.call(did, caller({ from, holdMs }), { localIp }));
  return world.arrivals.first(from);
}

/** Calls `did` and is refused with `code`. */
export async function callRefused(world: TestWorld, did: string, code: number): Promise<SippResult> {
  return expectOk(await world.call(did, refusedCaller(code, { from: somebody() })));
}

/** A phone or a carrier that takes calls at its fixed address while `use` runs, and what it saw. */
export async function during(
  place: { readonly ip: string; readonly port: number },
  scenario: Scenario,
  use: () => Promise<void>,
): Promise<SippResult> {
  const agent: SippRun = startSipp({ scenario, localIp: place.ip, localPort: place.port });
  try {
    await agent.ready;
    await use();
  } catch (error) {
    await agent.stop(0);
    throw error;
  }
  return agent.stop();
}

/** Answers after `ringMs` and stays until the caller goes. */
export function answeringPhone(ringMs = 200): Scenario {
  return callee({ ringMs });
}
