import { hostname } from "node:os";
import type { Switch, System, Vicidial } from "../../core/snapshot/snapshot.ts";
import { networkCauses } from "../../core/trunk/failover.ts";
import type { Trunk } from "../../core/trunk/trunk.ts";
import type { ListedFiles } from "../listed-files.ts";
import { SYSTEM_FILE, TRUNKS_FILE } from "../read.ts";
import type { RawSystem, RawTrunk, RawTrunks } from "../schema/system.ts";
import type { RawVicidial } from "../schema/vicidial.ts";
import type { Secrets } from "../secrets.ts";

type SystemPlace = {
  readonly secrets: Secrets;
  readonly files: ListedFiles;
};

const LOOPBACK = ["127.0.0.0/8"];

export function compileSystem(raw: RawSystem, { secrets, files }: SystemPlace): System {
  const country = raw.country ?? "US";
  const listen = raw.fastagi?.listen ?? "127.0.0.1:4573";
  return {
    node: raw.node ?? hostname(),
    country,
    emergencyNumbers: raw.emergency_numbers ?? ["911", "112", "933", "988"],
    switches: (raw.asterisk ?? []).map((each, index): Switch => {
      return {
        server: each.server,
        ami: each.ami,
        username: each.username,
        secret: secrets.fill(each.secret, SYSTEM_FILE, ["asterisk", index, "secret"]),
        version: String(each.version ?? 22),
        technology: each.technology ?? "pjsip",
        addresses: each.addresses ?? ["127.0.0.1"],
        cdr: each.cdr ?? null,
      };
    }),
    fastagi: { listen, allow: raw.fastagi?.allow ?? LOOPBACK, addresses: raw.fastagi?.addresses ?? [listen] },
    http: { listen: raw.http?.listen ?? "127.0.0.1:8573" },
    slots: secrets.fillUrl(raw.slots ?? "memory", SYSTEM_FILE, ["slots"]),
    records: secrets.fillUrl(raw.records ?? "sqlite:signalbox.db", SYSTEM_FILE, ["records"]),
    recordingsDirectory: raw.recordings?.directory ?? "recordings",
    recordingsPause: raw.recordings?.pause ?? false,
    doNotCall:
      raw.do_not_call === undefined
        ? null
        : files.numberFile(raw.do_not_call.file, country, {
            file: SYSTEM_FILE,
            path: ["do_not_call", "file"],
          }),
    whenSlotsUnreachable: {
      inbound: raw.when_slots_unreachable?.inbound ?? "allow",
      outbound: raw.when_slots_unreachable?.outbound ?? "refuse",
    },
    vicidial: raw.vicidial === undefined ? null : compileVicidial(raw.vicidial, secrets),
  };
}

function compileVicidial(raw: RawVicidial, secrets: Secrets): Vicidial {
  const { database } = raw;
  return {
    database:
      database === undefined ? null : secrets.fillUrl(database, SYSTEM_FILE, ["vicidial", "database"]),
    lookUpAll: raw.look_up === "always",
    doNotCall: raw.do_not_call ?? false,
    passUnknownDids: raw.pass_unknown_dids ?? false,
    failOpen: raw.fail_open ?? false,
    fastagi: raw.fastagi ?? "127.0.0.1:4577",
    dialPrefix: raw.dial_prefix ?? null,
  };
}

/** Longer than carriers that work take until the far phone rings, and half of what SIP itself waits for a dead one. */
const SILENT_SECONDS = 15;

/** No list of numbers that people dial is so bad: a hundred dead ends for one answer, and three times that in a row. */
const LEAST_ANSWERS = 0.01;

export function compileTrunks(raw: RawTrunks, country: string, secrets: Secrets): Map<string, Trunk> {
  return new Map(
    Object.entries(raw.trunks).map(([name, each]) => [name, compileTrunk(name, each, country, secrets)]),
  );
}

function compileTrunk(name: string, raw: RawTrunk, country: string, secrets: Secrets): Trunk {
  const filled = (text: string, key: string) =>
    secrets.fill(text, TRUNKS_FILE, ["trunks", name, "auth", key]);
  return {
    name,
    address: raw.address ?? null,
    endpoint: raw.endpoint ?? name,
    existing: raw.endpoint !== undefined,
    tenant: raw.tenant ?? null,
    shared: raw.shared ?? false,
    channels: raw.channels,
    callsPerSecond: raw.calls_per_second ?? null,
    costPerMinute: raw.cost_per_minute ?? null,
    billingIncrement: raw.billing_increment ?? null,
    formerly: raw.formerly ?? [],
    weight: raw.weight ?? 1,
    match: raw.match ?? [],
    auth:
      raw.auth === undefined
        ? null
        : {
            username: filled(raw.auth.username, "username"),
            password: filled(raw.auth.password, "password"),
          },
    register: raw.register ?? false,
    codecs: raw.codecs ?? ["ulaw", "alaw"],
    country: raw.country ?? country,
    sendAs: raw.send_as ?? "e164",
    strip: raw.strip ?? 0,
    prefix: raw.prefix ?? "",
    emergencyPrefix: raw.emergency_prefix ?? "",
    didPrefix: raw.did_prefix ?? "",
    failoverCauses: raw.failover_causes ?? networkCauses,
    silentSeconds: raw.silent_seconds ?? SILENT_SECONDS,
    leastAnswers: raw.least_answer_ratio ?? LEAST_ANSWERS,
    assertedIdentity: raw.asserted_identity ?? true,
    privacy: raw.privacy ?? "caller",
    internal: raw.internal ?? false,
    qualifySeconds: raw.qualify_seconds ?? 0,
  };
}
