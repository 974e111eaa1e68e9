// People who call out, what they hear, and which carriers got their calls.
import { expect } from "vitest";
import { waitFor } from "../../../load/lab/ports.ts";
import { caller, expectOk, refusedCaller, type Scenario } from "../../../load/sipp-runner.ts";
import { answering, type Seen, withCarriers } from "./carriers.ts";
import type { CarrierName, PhoneName } from "./outbound-configuration.ts";
import type { OutboundWorld } from "./outbound-world.ts";

export const CALLED = "+12125550142";

type Talk = NonNullable<Parameters<typeof caller>[0]>;

/** Is answered and stays a moment. */
export const talk = (options: Talk = {}): Scenario => caller({ from: "200", holdMs: 400, ...options });

/** Hears this refusal. */
export const refused = (code: number, from = "200"): Scenario => refusedCaller(code, { from });

/** Dials with every carrier there, is answered, and what the carriers saw. */
export function reaches(
  world: OutboundWorld,
  phone: PhoneName,
  number: string,
  options: Talk = {},
): Promise<Seen> {
  return withCarriers({ globex_sip: answering() }, async () => {
    expectOk(await world.dial(phone, number, talk(options)));
  });
}

/** Dials, is refused with `code` for `reason` ("": by the dialplan alone), and reaches no carrier. */
export async function isRefused(
  world: OutboundWorld,
  phone: PhoneName,
  number: string,
  code: number,
  reason: string,
  from?: string,
): Promise<void> {
  world.refusals();
  const seen = await withCarriers({ globex_sip: answering() }, async () => {
    expectOk(await world.dial(phone, number, refused(code, from)));
  });
  expect(seen).toEqual({});
  await hasRefused(world, reason === "" ? [] : [reason]);
}

/** The node has refused for these reasons since it was last asked; its log comes a moment after the phone has heard. */
export async function hasRefused(world: OutboundWorld, reasons: readonly string[]): Promise<void> {
  const told: string[] = [];
  await waitFor(
    `the refusal ${reasons.join(", ")}`,
    () => told.push(...world.refusals()) >= reasons.length || undefined,
    3000,
  );
  expect(told).toEqual(reasons);
}

/** Waits until one leg is on `trunk`, on the switch and in the slot store alike. */
export function legOn(
  world: OutboundWorld,
  trunk: CarrierName,
): Promise<Awaited<ReturnType<OutboundWorld["onTrunks"]>>> {
  return waitFor(
    `a leg on ${trunk}`,
    async () => {
      const bound = (await world.slots()).filter((slot) => slot.trunk === trunk && slot.state === "bound");
      const now = await world.onTrunks();
      return now.legs[trunk] === 1 && bound.length === 1 ? now : undefined;
    },
    5000,
  );
}
