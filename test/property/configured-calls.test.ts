/**
 * Configurations as nobody has written them, of several clients in several countries, and calls to and from them: each is
 * valid, and whatever a caller, a carrier or a phone does, the call ends somewhere that is its own client's.
 */
import fc from "fast-check";
import { type CountryCode, getExampleNumber, type PhoneNumber } from "libphonenumber-js/max";
import { describe, expect, test } from "vitest";
import examples from "../../node_modules/libphonenumber-js/examples.mobile.json" with { type: "json" };
import { DoNotCallBook } from "../../src/calls/do-not-call.ts";
import { numberSources } from "../../src/commands/do-not-call-lists.ts";
import { loadConfiguration } from "../../src/config/load.ts";
import { calmConditions } from "../../src/core/snapshot/conditions.ts";
import type { Snapshot, Tenant } from "../../src/core/snapshot/snapshot.ts";
import type { TenantId } from "../../src/core/tenant/tenant-id.ts";
import { emergencyVerdict, readEmergency } from "../../src/simulate/emergency.ts";
import { nothingInUse } from "../../src/simulate/in-use.ts";
import { inboundOffer, outboundOffer } from "../../src/simulate/offers.ts";
import { type Simulation, simulate } from "../../src/simulate/simulate.ts";
import { dialWords, queueWords } from "../../src/simulate/words.ts";
import { at } from "../builders.ts";
import { type Written, writeConfiguration } from "../unit/config/written.ts";

const CLIENTS = ["apex", "beta", "gamma"] as const;
const HELP = ["911", "112", "999", "000", "110", "119"];

/** With a clock of its own, some of them odd, and their own way of dialling. */
const HOMES: readonly (readonly [country: CountryCode, zone: string])[] = [
  ["US", "America/New_York"],
  ["GB", "Europe/London"],
  ["DE", "Europe/Berlin"],
  ["IT", "Europe/Rome"],
  ["BR", "America/Sao_Paulo"],
  ["MX", "America/Mexico_City"],
  ["AR", "America/Argentina/Buenos_Aires"],
  ["RU", "Asia/Yekaterinburg"],
  ["AU", "Australia/Lord_Howe"],
  ["IN", "Asia/Kolkata"],
  ["KI", "Pacific/Kiritimati"],
  ["EG", "Africa/Cairo"],
  ["HU", "Europe/Budapest"],
  ["JP", "Asia/Tokyo"],
];
type Home = (typeof HOMES)[number];

/** The country's example of a mobile number with other digits at its end. */
function numberOf(country: CountryCode, last: number): PhoneNumber {
  const example = getExampleNumber(country, examples as Parameters<typeof getExampleNumber>[1]);
  if (example === undefined) throw new Error(`no example for ${country}`);
  const digits = `${example.nationalNumber.slice(0, -2)}${String(last).padStart(2, "0")}`;
  return Object.assign(Object.create(Object.getPrototypeOf(example)), example, {
    nationalNumber: digits,
    number: `+${example.countryCallingCode}${digits}`,
  });
}

const PROMPTS = ["closed", "goodbye", "please-call-back", "all-agents-busy"];
const prompt = fc.constantFrom(...PROMPTS);

/** Targets of one client; `routes` are those that stand above, so that no chain is endless. */
function targetOf(client: string, routes: readonly string[], depth: number): fc.Arbitrary<object> {
  const ends: fc.Arbitrary<object>[] = [
    fc.constantFrom("busy", "congestion", "normal", "21").map((hangup) => ({ hangup })),
    fc.constantFrom("100", "200").map((voicemail) => ({ voicemail })),
    fc.constant({ ingroup: `${client.toUpperCase()}_IN` }),
    fc.constant({ goto: { context: `${client}-desk`, extension: "s" } }),
    prompt.map((announce) => ({ announce })),
    ...(routes.length === 0 ? [] : [fc.constantFrom(...routes).map((route) => ({ route }))]),
  ];
  if (depth === 0) return fc.oneof(...ends);
  const next = targetOf(client, routes, depth - 1);
  const maybe = fc.option(next, { nil: undefined });
  return fc.oneof(
    ...ends,
    fc.tuple(prompt, next).map(([announce, then]) => ({ announce, then })),
    fc.tuple(maybe, maybe).map(([no_answer, busy]) => ({ dial: `PJSIP/${client}1`, no_answer, busy })),
    maybe.map((timeout) => ({ queue: `${client}-queue`, wait_seconds: 20, timeout })),
    fc
      .tuple(next, next, maybe)
      .map(([open, closed, holiday]) => ({ hours: "office", open, closed, holiday })),
    fc.constant({ menu: "top" }),
  );
}

const TIMES = ["00:00", "06:30", "09:00", "12:00", "17:45", "23:15"];
const hoursOf = ([country]: Home) =>
  fc
    .record({
      days: fc.constantFrom("daily", "mon-fri", "sat-mon", "wed"),
      range: fc.tuple(fc.constantFrom(...TIMES), fc.constantFrom(...TIMES)).filter(([a, b]) => a !== b),
      holidays: fc.boolean(),
      exception: fc.constantFrom("closed", ["00:00-24:00"], ["22:00-02:00"]),
    })
    .map(({ days, range, holidays, exception }) => ({
      weekly: { [days]: [range.join("-")] },
      ...(holidays && country !== "KI" ? { holidays: { country } } : {}),
      exceptions: { "2028-02-29": exception },
    }));

type Client = {
  readonly name: (typeof CLIENTS)[number];
  readonly home: Home;
  readonly blocked: readonly PhoneNumber[];
  readonly unwanted: readonly PhoneNumber[];
  readonly yaml: object;
};

function clientOf(name: (typeof CLIENTS)[number], index: number): fc.Arbitrary<Client> {
  return fc.constantFrom(...HOMES).chain((home) => {
    const [country, timezone] = home;
    const own = [0, 1, 2].map((each) => numberOf(country, 10 * index + each).number);
    const [blocked, unwanted] = [60, 80].map((from) =>
      [0, 1].map((each) => numberOf(country, from + 10 * (index % 2) + each)),
    );
    return fc
      .record({
        first: targetOf(name, [], 2),
        second: targetOf(name, ["first"], 2),
        main: targetOf(name, ["first", "second"], 3),
        choices: fc.dictionary(fc.stringMatching(/^[0-9*#]{1,2}$/), targetOf(name, ["first"], 1), {
          maxKeys: 4,
        }),
        office: hoursOf(home),
        strategy: fc.constantFrom("hybrid", "dedicated", "shared"),
        then: fc.constantFrom({ hangup: "busy" }, { announce: "goodbye" }),
        spelling: fc.nat(),
        inbound: fc.constantFrom(undefined, 2),
      })
      .map(({ first, second, main, choices, office, strategy, then, spelling, inbound }) => ({
        name,
        home,
        blocked: blocked ?? [],
        unwanted: unwanted ?? [],
        yaml: {
          tenant: name,
          timezone,
          country,
          accountcodes: [`${name}-acct`],
          trunks: { strategy, ...(strategy === "shared" ? {} : { dedicated: [`${name}_sip`] }) },
          caller_ids: [own[2]],
          outbound_prefixes: [`88${index}`],
          limits: {
            channels: 4,
            inbound,
            when_full: { inbound: { announce: "all-agents-busy", then: "busy" } },
          },
          dids: {
            [own[0] ?? ""]: { route: "main", fallback: { announce: "closed" } },
            [own[1] ?? ""]: { route: "second" },
          },
          hours: { office },
          routes: { first, second, main },
          menus: { top: { prompt: "closed", choices, exhausted: { hangup: "normal" } } },
          blocked_callers: {
            numbers: (blocked ?? []).map((number) => digitsOf(spelt(number, home, spelling))),
            then,
          },
          do_not_call: { file: `dnc/${name}.txt` },
          destinations: { allow: ["+1", "+2", "+3", "+4", "+5", "+6", "+7", "+8", "+9"] },
          ingroups: [`${name.toUpperCase()}_IN`],
          queues: [`${name}-queue`],
          recording: { inbound: "all", outbound: "all" },
        },
      }));
  });
}

const digitsOf = (text: string): string => text.replace(/[^+0-9]/g, "");

/** As people and carriers of `home` write it. */
function spellings(number: PhoneNumber, [country]: Home): string[] {
  const { countryCallingCode: code, nationalNumber } = number;
  const near = number.country === country;
  return [
    number.number,
    number.formatInternational(),
    `00${code}${nationalNumber}`,
    number.format("IDD", { fromCountry: country }) ?? number.number,
    ...(near ? [number.formatNational(), nationalNumber, `${code}${nationalNumber}`] : []),
  ];
}

function spelt(number: PhoneNumber, home: Home, which: number): string {
  const all = spellings(number, home);
  return all[which % all.length] ?? number.number;
}

const configured = fc
  .tuple(fc.tuple(...CLIENTS.map(clientOf)), fc.array(fc.nat(), { minLength: 6, maxLength: 6 }))
  .map(([clients, which]) => {
    const trunks = {
      pool_a: { address: "127.0.0.3:5060", shared: true, channels: 8 },
      pool_b: {
        address: "127.0.0.4:5060",
        shared: true,
        channels: 8,
        prefix: "9",
        did_prefix: "*7",
        send_as: "national",
      },
      ...Object.fromEntries(
        clients.map(({ name, home: [country] }, index) => [
          `${name}_sip`,
          {
            address: `127.0.1.${index + 1}:5060`,
            tenant: name,
            channels: 5,
            country,
            send_as: "international",
          },
        ]),
      ),
    };
    const files = {
      "signalbox.yaml": JSON.stringify({
        asterisk: [{ server: "ast1", ami: "127.0.0.1:5038", username: "signalbox", secret: "x" }],
        emergency_numbers: HELP,
      }),
      "trunks.yaml": JSON.stringify({ trunks, overflow: ["pool_a", "pool_b"] }),
      ...Object.fromEntries(
        clients.flatMap(({ name, home, unwanted, yaml }, index) => [
          [`tenants/${name}.yaml`, JSON.stringify(yaml)],
          [
            `dnc/${name}.txt`,
            `${unwanted.map((number) => spelt(number, home, which[index] ?? 0)).join("\n")}\n`,
          ],
        ]),
      ),
    };
    return { clients, files };
  });

/** Loads it as `check` does; it is valid. */
function load(files: Readonly<Record<string, string>>): {
  readonly snapshot: Snapshot;
  readonly written: Written;
} {
  const written = writeConfiguration(files);
  const { snapshot, errors } = loadConfiguration(written.directory, { env: {}, purpose: "check" });
  expect(errors).toEqual([]);
  if (snapshot === null) throw new Error("there is no error and no configuration");
  return { snapshot, written };
}

const script = fc.record({
  digits: fc.array(fc.stringMatching(/^[0-9*#]{0,3}$/), { maxLength: 8 }),
  dials: fc.array(fc.constantFrom(...Object.keys(dialWords)), { maxLength: 4 }),
  queues: fc.array(fc.constantFrom(...Object.keys(queueWords)), { maxLength: 2 }),
});
const moment = fc.integer({ min: at("2028-02-27T00:00:00Z"), max: at("2028-11-07T00:00:00Z") });

type World = {
  readonly snapshot: Snapshot;
  readonly now: number;
  readonly book: DoNotCallBook;
  readonly played: object;
};

function run(
  offer: Parameters<typeof simulate>[0],
  { snapshot, now, book, played }: World,
): Promise<Simulation> {
  return simulate(offer, {
    moment: { snapshot, conditions: calmConditions, now },
    script: { digits: [], dials: [], queues: [], ...played },
    inUse: nothingInUse,
    doNotCall: book,
    spend: () => ({ within: true }),
  });
}

function tenantOf(snapshot: Snapshot, name: string): Tenant {
  const tenant = snapshot.tenants.get(name as TenantId);
  if (tenant === undefined) throw new Error(`no ${name}`);
  return tenant;
}

/** Wherever the call went, it was led by what is `own`'s or everybody's. */
function staysWith(own: Tenant, { steps, further, verdict }: Simulation, { trunks }: Snapshot): void {
  expect(verdict.tenant).toBe(own.id);
  expect(steps.length).toBeLessThanOrEqual(101);
  for (const { trunk } of verdict.attempts)
    expect([null, own.id]).toContain(trunks.get(trunk)?.tenant ?? null);
  if (verdict.recording !== null) expect(verdict.recording.path).toMatch(new RegExp(`/${own.id}/[0-9]{4}/`));
  for (const { instruction, dialled } of [...steps.map(({ decision }) => decision), ...further]) {
    if (dialled?.callerId) expect([...own.callerIds, ...own.dids.keys()]).toContain(dialled.callerId);
    switch (instruction.do) {
      case "play":
      case "collect":
        for (const file of instruction.files) expect(file).toMatch(/^signalbox\/shared\//);
        break;
      case "queue":
        expect(own.queues).toContain(instruction.queue);
        break;
      case "goto":
        if (instruction.context === "signalbox-ingroup")
          expect(own.ingroups).toContain(instruction.extension);
        else expect(instruction.context).toBe(`${own.id}-desk`);
        break;
      case "voicemail":
        expect(instruction.context).toBe(own.id);
        break;
      case "dial":
        if (instruction.trunk === null) expect(instruction.dial).toBe(`PJSIP/${own.id}1`);
        break;
      case "hangup":
        expect(instruction.cause).not.toBe(34);
    }
  }
}

describe("any configuration", () => {
  const call = fc.record({ client: fc.nat(2), which: fc.nat(), spelling: fc.nat(), now: moment, script });

  test("a_call_in_ends_with_its_client_and_a_listed_caller_never_gets_through", async () => {
    await fc.assert(
      fc.asyncProperty(
        configured,
        fc.array(call, { minLength: 8, maxLength: 8 }),
        async ({ clients, files }, calls) => {
          const { snapshot, written } = load(files);
          const book = new DoNotCallBook();
          for (const { client, which, spelling, now, script: played } of calls) {
            const { name, home, blocked } = clients[client] as Client;
            const own = tenantOf(snapshot, name);
            const did = numberOf(home[0], 10 * client + (which % 2));
            const listed = which % 3 === 0;
            const from = listed ? (blocked[which % 2] as PhoneNumber) : numberOf("US", 40);
            const inHome = own.trunks.strategy !== "shared" && spelling % 2 === 0;
            const trunk = inHome ? `${name}_sip` : spelling % 3 === 0 ? "pool_b" : "pool_a";
            const there: Home = inHome ? home : ["US", "UTC"];
            const put = trunk === "pool_b" ? "*7" : "";
            const dialled = `${put}${digitsOf(spelt(did, there, spelling))}`;
            const offered = { did: dialled, from: spelt(from, there, spelling), trunk, server: "ast1" };
            const offer = inboundOffer(offered, { snapshot, now });
            if ("problem" in offer) throw new Error(offer.problem);
            const simulation = await run(offer, { snapshot, now, book, played });
            staysWith(own, simulation, snapshot);
            if (listed) expect([offered, simulation.verdict.reason]).toEqual([offered, "caller_blocked"]);
            else
              expect(
                simulation.verdict.reason === null || simulation.verdict.reason === "too_many_steps",
              ).toBe(true);
          }
          written.remove();
        },
      ),
      { numRuns: 10 },
    );
  });

  test("a_call_out_leaves_by_its_client's_trunks_and_never_to_a_listed_number", async () => {
    await fc.assert(
      fc.asyncProperty(
        configured,
        fc.array(call, { minLength: 8, maxLength: 8 }),
        async ({ clients, files }, calls) => {
          const { snapshot, written } = load(files);
          const book = new DoNotCallBook();
          await book.load(numberSources(snapshot));
          for (const { client, which, spelling, now } of calls) {
            const { name, home, unwanted } = clients[client] as Client;
            const other = clients[(client + 1) % 3] as Client;
            const own = tenantOf(snapshot, name);
            const listed = which % 2 === 0;
            const to = listed ? (unwanted[which % 4 === 0 ? 0 : 1] as PhoneNumber) : numberOf(home[0], 45);
            const shows = [...tenantOf(snapshot, other.name).dids.keys()][0] ?? "";
            const dialled = digitsOf(spelt(to, home, spelling));
            const offer = outboundOffer(
              { tenant: name, to: dialled, callerId: shows, campaign: null, server: "ast1" },
              { snapshot, now },
            );
            const simulation = await run(offer, { snapshot, now, book, played: {} });
            staysWith(own, simulation, snapshot);
            const { reason, attempts } = simulation.verdict;
            expect([dialled, reason]).toEqual([dialled, listed ? "do_not_call" : null]);
            expect(attempts.length > 0).toBe(!listed);
          }
          written.remove();
        },
      ),
      { numRuns: 5 },
    );
  });

  test("help_is_always_reached_and_over_nobody_else's_trunk", () => {
    fc.assert(
      fc.property(configured, ({ clients, files }) => {
        const { snapshot, written } = load(files);
        for (const { name } of clients) {
          const own = tenantOf(snapshot, name);
          for (const dialled of HELP.flatMap((number) => [number, `${own.outboundPrefixes[0]}${number}`])) {
            const emergency = readEmergency(dialled, snapshot);
            if (emergency === null) throw new Error(`${dialled} is no emergency number`);
            const asked = { tenant: own, callerId: "100", server: "ast1" };
            const { outcome, attempts, caller_id } = emergencyVerdict(emergency, asked, snapshot);
            expect([dialled, outcome]).toEqual([dialled, "routed"]);
            expect(own.callerIds).toContain(caller_id);
            for (const { trunk, dial } of attempts) {
              expect([null, own.id]).toContain(snapshot.trunks.get(trunk)?.tenant ?? null);
              expect(HELP.some((number) => dial === `PJSIP/${number}@${trunk}`)).toBe(true);
            }
          }
        }
        written.remove();
      }),
      { numRuns: 8 },
    );
  });
});
