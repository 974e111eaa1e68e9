import { createRequire } from "node:module";
import type { Logger } from "pino";
import type { DoNotCallLists } from "../calls/do-not-call-port.ts";
import { eitherList, VicidialNumbers, type VicidialSource } from "../calls/do-not-call-vicidial.ts";
import type { VicidialDirectory } from "../calls/vicidial-port.ts";
import type { VicidialSign } from "../core/callflow/commands.ts";
import type { Snapshot, Tenant } from "../core/snapshot/snapshot.ts";
import { vicidialName } from "../core/snapshot/vicidial-name.ts";

export type VicidialKeeping = {
  readonly directory: VicidialDirectory;
  /** `files`, and VICIdial's tables besides where the configuration wants them. */
  readonly lists: (files: DoNotCallLists) => DoNotCallLists;
  stop(): void;
};

const REFRESH_MS = 60_000;
/** After a failure: as long as a list has never been read, it stops every call that it holds for. */
const AGAIN_MS = 5000;
/** A pass over ten million numbers takes some seconds. */
const STATEMENT_SECONDS = 60;

/** What a running node has to do with VICIdial's database, whichever the configuration in force names. */
export function keepVicidial(snapshot: () => Snapshot, log: Logger): VicidialKeeping {
  let link: Link | null = null;
  const current = (): Link | null => {
    const url = snapshot().system.vicidial?.database ?? null;
    if (link?.url === url || (link === null && url === null)) return link;
    link?.stop();
    link = url === null ? null : openLink(url, snapshot, log);
    return link;
  };
  current();
  return {
    directory: { signsOf: async (code) => (await current()?.directory.signsOf(code)) ?? { signs: null } },
    lists: (files) => eitherList(files, { listed: (...call) => current()?.numbers.listed(...call) ?? null }),
    stop: () => link?.stop(),
  };
}

type Link = {
  readonly url: string;
  readonly directory: VicidialDirectory;
  readonly numbers: DoNotCallLists;
  readonly stop: () => void;
};

/** Read with the first database that is named: a node without one has no use for it. */
function reading(): typeof import("../vicidial/reading.ts") {
  return createRequire(import.meta.url)("../vicidial/reading.ts");
}

function openLink(url: string, snapshot: () => Snapshot, log: Logger): Link {
  const { VicidialBook, createVicidialLists, openVicidial } = reading();
  const directory = new VicidialBook({ url, log, leads: (sign) => leadsToClient(sign, snapshot()) });
  const database = openVicidial({ url, connections: 1, statementSeconds: STATEMENT_SECONDS });
  const sources = remembered(snapshot, vicidialSources);
  const numbers = new VicidialNumbers(createVicidialLists(database), sources, log);
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const again = (): void => {
    void directory.warm();
    void numbers.refresh().then((done) => {
      if (stopped) return;
      timer = setTimeout(again, done.size < sources().length ? AGAIN_MS : REFRESH_MS);
      timer.unref();
    });
  };
  again();
  return {
    url,
    directory,
    numbers,
    stop() {
      stopped = true;
      clearTimeout(timer);
      directory.close();
      database.abandon();
    },
  };
}

/** The tables that hold for somebody's calls, by the configuration in force. */
export function vicidialSources({ system, tenants }: Snapshot): readonly VicidialSource[] {
  if (system.vicidial?.doNotCall !== true) return [];
  const own = [...tenants.values()].flatMap(({ id, country, vicidial }) =>
    vicidial.campaigns.length + vicidial.userGroups.length === 0
      ? []
      : [{ tenant: id, country, of: vicidial }],
  );
  const everyones = { tenant: null, country: system.country, of: null };
  return [everyones, ...abroadSources(system.country, [...tenants.values()]), ...own];
}

/** `vicidial_dnc` once more for the clients of each other country, as its numbers are dialled there. */
function abroadSources(home: string, tenants: readonly Tenant[]): VicidialSource[] {
  const countries = new Set(tenants.map(({ country }) => country).filter((country) => country !== home));
  return [...countries].map((country) => {
    const here = tenants.filter((tenant) => tenant.country === country);
    return { tenant: null, tenants: new Set(here.map(({ id }) => id)), country, of: null };
  });
}

/** The same value for as long as the snapshot is the same. */
function remembered<T>(snapshot: () => Snapshot, derive: (from: Snapshot) => T): () => T {
  let last: { readonly from: Snapshot; readonly value: T } | null = null;
  return () => {
    const from = snapshot();
    if (last?.from !== from) last = { from, value: derive(from) };
    return last.value;
  };
}

function leadsToClient({ campaign, userGroup }: VicidialSign, snapshot: Snapshot): boolean {
  return (
    snapshot.tenantByCampaign.has(vicidialName(campaign)) ||
    snapshot.tenantByUserGroup.has(vicidialName(userGroup ?? ""))
  );
}
