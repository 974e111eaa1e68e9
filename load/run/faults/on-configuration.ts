// The configuration changes under the calls that it began: what they stand in, go over or belong to is there no more.
import { existsSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openRecords } from "../../../src/records/open.ts";
import { waitFor } from "../../lab/ports.ts";
import { type SippRun, typist } from "../../sipp-runner.ts";
import type { Floor } from "../floor.ts";
import { callerOf, NUMBERS, OUTSIDE } from "../floor-configuration.ts";
import { quiet } from "../people.ts";
import { callersWell } from "../profile.ts";
import type { Fault } from "./fault.ts";
import { direct } from "./floors.ts";

const IN_FORCE_MS = 20_000;

/** File of the configuration → its new text, null for none. */
type Edit = Readonly<Record<string, string | null>>;

/** Changes files and waits until the node has put them in force; gives what undoes it. */
async function change(floor: Floor, edit: Edit): Promise<() => Promise<void>> {
  const before = new Map<string, string | null>();
  for (const [name, text] of Object.entries(edit)) {
    const file = join(floor.config, name);
    before.set(name, existsSync(file) ? readFileSync(file, "utf8") : null);
    if (text === null) rmSync(file);
    else writeFileSync(file, text);
  }
  await inForce(floor);
  return async () => {
    await change(floor, Object.fromEntries(before));
  };
}

async function inForce(floor: Floor): Promise<void> {
  const { child, log } = floor.nodes.node("one");
  const count = () => log().filter(({ event }) => event === "configuration.in_force").length;
  const had = count();
  child.kill("SIGHUP");
  await waitFor("the configuration to be in force", () => count() > had || undefined, IN_FORCE_MS, 50);
}

const textOf = (floor: Floor, name: string): string => readFileSync(join(floor.config, name), "utf8");

/** Calls out of one client that are on now, and end by themselves. */
async function callsOut(floor: Floor, calls: number, holdMs: number): Promise<SippRun> {
  const before = (await floor.look()).legs;
  const run = floor.callers(quiet(holdMs), {
    ...{ service: OUTSIDE, localIp: callerOf("accept").ip, calls, rate: 20 },
  });
  await waitFor("them to be up", async () => (await floor.look()).legs >= before + calls || undefined, 8000);
  return run;
}

/** How many answered calls are recorded as this client's. */
async function recordsOf(floor: Floor, tenant: string): Promise<number> {
  const reader = await openRecords(floor.records, floor.variables);
  try {
    const calls = await reader.calls({ limit: 1_000_000 });
    return calls.filter((call) => call.tenant === tenant && call.outcome === "answered").length;
  } finally {
    await reader.close();
  }
}

const withoutTrunk = (floor: Floor): string =>
  textOf(floor, "trunks.yaml").replace(/^ {2}t_accept: .*\n/m, "");

async function clientGone(floor: Floor, edit: (floor: Floor) => Edit): Promise<readonly string[]> {
  floor.placed.doubt("c_accept");
  const had = await recordsOf(floor, "c_accept");
  const run = await callsOut(floor, 4, 8000);
  const back = await change(floor, edit(floor));
  const well = callersWell(await run.done);
  const all = async () => ((await recordsOf(floor, "c_accept")) >= had + 4 ? true : undefined);
  const late = await waitFor("their records", all, 8000, 200).then(
    () => [],
    async () => [`records: ${(await recordsOf(floor, "c_accept")) - had} of 4 calls are their client's`],
  );
  await back();
  return [...well, ...late];
}

const WELCOME = /^menus:\n {2}welcome:\n(?: {4}.*\n)+/m;

export const onConfiguration: readonly Fault[] = [
  {
    name: "client-gone",
    says: "a client and its trunk leave the configuration while its calls are on, which end meanwhile",
    floor: direct,
    seconds: 14,
    strike: (floor) =>
      clientGone(floor, (here) => ({
        "tenants/c_accept.yaml": null,
        "trunks.yaml": withoutTrunk(here),
      })),
  },
  {
    name: "client-renamed",
    says: "a client gets another name and keeps its account code, while its calls are on",
    floor: direct,
    seconds: 14,
    strike: (floor) =>
      clientGone(floor, (here) => ({
        "tenants/c_accept.yaml": null,
        "tenants/renamed.yaml": textOf(here, "tenants/c_accept.yaml").replace(
          /^tenant: c_accept$/m,
          "tenant: renamed\naccountcodes: [c_accept]",
        ),
        "trunks.yaml": textOf(here, "trunks.yaml").replace("tenant: c_accept", "tenant: renamed"),
      })),
  },
  {
    name: "menu-gone",
    says: "the menu that callers are in leaves the configuration",
    floor: direct,
    seconds: 12,
    strike: async (floor) => {
      const callers = floor.callers(typist([4000, "1"], { from: "14155550001", holdMs: 2000 }), {
        ...{ service: NUMBERS.menu, calls: 6, rate: 20 },
      });
      await sleep(700);
      const text = textOf(floor, "tenants/apex.yaml");
      const edit = text
        .replace(WELCOME, "")
        .replace("welcome: {menu: welcome}", "welcome: {ingroup: APEX_MAIN}");
      const back = await change(floor, { "tenants/apex.yaml": edit });
      const well = callersWell(await callers.done);
      await back();
      return well;
    },
  },
  {
    name: "caps-lowered",
    says: "the caps are lowered below what is up, then raised again",
    floor: direct,
    refuses: true,
    seconds: 10,
    strike: async (floor) => {
      const text = textOf(floor, "tenants/apex.yaml");
      const low = text.replace(/^limits: .*$/m, "limits: {channels: 1, calls_per_second: 1}");
      const back = await change(floor, { "tenants/apex.yaml": low });
      await sleep(4000);
      await back();
      return [];
    },
  },
  {
    name: "configuration-swapped",
    says: "the folder of the configuration is replaced by a link to another one, as deployments do",
    floor: direct,
    seconds: 10,
    strike: async (floor) => {
      const place = `${floor.config}-first`;
      renameSync(floor.config, place);
      symlinkSync(place, floor.config);
      const back = await change(floor, {
        "tenants/apex.yaml": textOf(floor, "tenants/apex.yaml").replace("channels: 1500", "channels: 1400"),
      });
      await sleep(2000);
      await back();
      rmSync(floor.config);
      renameSync(place, floor.config);
      return [];
    },
  },
];
