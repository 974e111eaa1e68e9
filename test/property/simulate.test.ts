import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { loadConfiguration } from "../../src/config/load.ts";
import type { E164 } from "../../src/core/number/e164.ts";
import { calmConditions } from "../../src/core/snapshot/conditions.ts";
import { explore, type Place } from "../../src/simulate/explore/tree.ts";
import { nothingInUse } from "../../src/simulate/in-use.ts";
import { inboundOffer, outboundOffer } from "../../src/simulate/offers.ts";
import { type Simulation, simulate } from "../../src/simulate/simulate.ts";
import { shownText } from "../../src/simulate/text.ts";
import { dialWords, queueWords } from "../../src/simulate/words.ts";
import { at } from "../builders.ts";

const loaded = loadConfiguration(join(import.meta.dirname, "../../config"), { env: {}, purpose: "simulate" });
const { snapshot } = loaded;
if (snapshot === null) throw new Error(JSON.stringify(loaded.errors));

const script = fc.record({
  digits: fc.array(fc.stringMatching(/^[0-9*#]{0,4}$/), { maxLength: 12 }),
  dials: fc.array(fc.constantFrom(...Object.keys(dialWords)), { maxLength: 4 }),
  queues: fc.array(fc.constantFrom(...Object.keys(queueWords)), { maxLength: 2 }),
});
const moment = fc.integer({ min: at("2026-01-01T00:00:00Z"), max: at("2027-01-01T00:00:00Z") });

async function inbound(did: string, from: string, now: number, played: object): Promise<Simulation> {
  const world = { snapshot: notNull(snapshot), conditions: calmConditions, now };
  const offer = inboundOffer({ did, from, trunk: null, server: "ast1" }, world);
  if ("problem" in offer) throw new Error(offer.problem);
  return simulate(offer, {
    moment: world,
    script: { digits: [], dials: [], queues: [], ...played },
    inUse: nothingInUse,
    doNotCall: { listed: () => null },
    spend: () => ({ within: true }),
  });
}

function notNull<Value>(value: Value | null): Value {
  if (value === null) throw new Error("is null");
  return value;
}

function titlesIn(place: Place): string[] {
  return [place.title, ...place.ways.flatMap(({ to }) => titlesIn(to))];
}

test("whatever_a_caller_does_he_ends_where_the_tree_of_the_number_shows", async () => {
  const dids = [...snapshot.dids.keys()];
  const run = async (did: E164, now: number, played: object) => {
    const { verdict } = await inbound(did, "+13125550123", now, played);
    if (verdict.outcome === "refused") return expect(verdict.reason).toBe("too_many_steps");
    expect(titlesIn(notNull(explore(snapshot, did)))).toContain(shownText(notNull(verdict.target)));
  };
  await fc.assert(fc.asyncProperty(fc.constantFrom(...dids), moment, script, run), { numRuns: 300 });
});

test("no_text_of_a_caller_or_a_carrier_throws", async () => {
  const text = fc.oneof(fc.string({ unit: "binary", maxLength: 60 }), fc.stringMatching(/^[+*#0-9]{0,40}$/));
  const run = async (did: string, from: string, now: number) => {
    const { verdict } = await inbound(did, from, now, {});
    expect(verdict.outcome === "refused").toBe(verdict.reason !== null);
    expect(verdict.trace.length).toBeGreaterThan(0);
  };
  await fc.assert(fc.asyncProperty(text, text, moment, run), { numRuns: 300 });
});

test("an_outbound_call_is_placed_or_refused_and_shows_only_the_client's_own_number", async () => {
  const tenants = [...snapshot.tenants.values()];
  const text = fc.oneof(fc.stringMatching(/^\+?1?[2-9][0-9]{9}$/), fc.string({ maxLength: 30 }));
  const run = async (index: number, to: string, callerId: string, now: number) => {
    const tenant = notNull(tenants[index % tenants.length] ?? null);
    const world = { snapshot, conditions: calmConditions, now };
    const offer = outboundOffer({ tenant: tenant.id, to, callerId, campaign: null, server: "ast1" }, world);
    const { verdict } = await simulate(offer, {
      moment: world,
      script: { digits: [], dials: [], queues: [] },
      inUse: nothingInUse,
      doNotCall: { listed: () => null },
      spend: () => ({ within: true }),
    });
    expect(["routed", "refused"]).toContain(verdict.outcome);
    if (verdict.outcome === "routed") {
      expect([...tenant.callerIds, ...tenant.dids.keys()]).toContain(verdict.caller_id);
      const foreign = verdict.attempts.filter(({ trunk }) => {
        const owner = snapshot.trunks.get(trunk)?.tenant ?? null;
        return owner !== null && owner !== tenant.id;
      });
      expect(foreign).toEqual([]);
    }
  };
  await fc.assert(fc.asyncProperty(fc.nat(), text, text, moment, run), { numRuns: 300 });
});
