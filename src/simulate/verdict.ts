import type { Offer } from "../core/callflow/call-event.ts";
import type { Decision } from "../core/callflow/decision.ts";
import { trunkOf } from "../core/callflow/inbound.ts";
import type { Moment } from "../core/callflow/moment.ts";
import type { RefusalReason } from "../core/callflow/refusal.ts";
import type { TraceLine } from "../core/callflow/trace.ts";
import { readCaller } from "../core/number/caller.ts";
import { readDid } from "../core/number/did.ts";
import { parseNumber } from "../core/number/e164.ts";
import type { OpenState } from "../core/schedule/hours.ts";
import type { TenantId } from "../core/tenant/tenant-id.ts";
import type { SimulatedStep } from "./simulate.ts";

/** What `simulate --json` prints. */
export type Verdict = {
  /** Null for a call that is nobody's. */
  readonly tenant: string | null;
  /** `ended`: announced or hung up by configuration. */
  readonly outcome: "routed" | "refused" | "ended";
  readonly reason: RefusalReason | null;
  /** What a refused caller gets; null when he is routed somewhere all the same. `announce` names a prompt. */
  readonly treatment: { readonly cause: number; readonly announce: string | null } | null;
  /** Of the last opening hours that the call went through. */
  readonly schedule: OpenState | null;
  readonly target: Readonly<Record<string, unknown>> | null;
  /** E.164: the number dialled, on an inbound call the DID; null for what is no number. */
  readonly number: string | null;
  /** What the called party sees; null when withheld or unknown. */
  readonly caller_id: string | null;
  /** On trunks, in order: those made, then those that would follow if each failed. */
  readonly attempts: readonly { readonly trunk: string; readonly dial: string }[];
  readonly recording: { readonly path: string; readonly format: string } | null;
  readonly trace: readonly TraceLine[];
};

type Ran = {
  readonly offer: Offer;
  readonly moment: Moment;
  readonly steps: readonly SimulatedStep[];
  readonly further: readonly Decision[];
};

export function judge({ offer, moment, steps, further }: Ran): Verdict {
  const decisions = steps.map(({ decision }) => decision);
  const last = decisions.at(-1);
  // A call once refused stays so, whatever it is let hear afterwards.
  const refusal = firstOf(decisions, (each) => each.refusal);
  const hungUp = last?.instruction.do === "hangup" ? last.instruction : null;
  const tenant = firstOf(decisions, (each) => each.stamp?.tenant ?? each.state?.tenant ?? null);
  const dialled = lastOf(decisions, (each) => each.dialled);
  return {
    tenant,
    outcome: refusal !== null ? "refused" : hungUp !== null ? "ended" : "routed",
    reason: refusal?.reason ?? null,
    treatment:
      refusal === null || hungUp === null
        ? null
        : { cause: hungUp.cause, announce: announced(decisions, moment) },
    schedule: lastOf(decisions, (each) => each.schedule),
    target: lastOf(decisions, (each) => each.target?.shown ?? null),
    ...numbersOf(offer, moment, { tenant, dialled }),
    attempts: [...decisions, ...further].flatMap(({ instruction }) =>
      instruction.do === "dial" && instruction.trunk !== null
        ? [{ trunk: instruction.trunk, dial: instruction.dial }]
        : [],
    ),
    recording: recordingOf(decisions, moment),
    trace: decisions.flatMap(({ trace }) => trace),
  };
}

function recordingOf(decisions: readonly Decision[], { snapshot }: Moment): Verdict["recording"] {
  const found = firstOf(decisions, (each) => each.recording);
  if (found === null) return null;
  return { path: `${snapshot.system.recordingsDirectory}/${found.file}`, format: found.format };
}

function numbersOf(
  offer: Offer,
  { snapshot }: Moment,
  { tenant, dialled }: { readonly tenant: TenantId | null; readonly dialled: Decision["dialled"] },
): Pick<Verdict, "number" | "caller_id"> {
  const owner = tenant === null ? undefined : snapshot.tenants.get(tenant);
  const country = owner?.country ?? snapshot.system.country;
  if (offer.direction === "outbound") {
    return {
      number: dialled?.number ?? parseNumber(offer.dialled, country),
      caller_id: dialled?.callerId ?? null,
    };
  }
  const trunk = trunkOf(offer.channel, { snapshot });
  const spelling = { country: trunk?.country ?? snapshot.system.country, prefix: trunk?.didPrefix ?? "" };
  const caller = readCaller(offer.callerNumber, trunk?.country ?? country);
  return {
    number: readDid(offer.dialled, spelling, (did) => snapshot.dids.has(did)).did,
    caller_id: dialled?.callerId ?? (caller.kind === "number" ? caller.number : null),
  };
}

/** The prompt a refused caller heard last, by the name it has in the configuration. */
function announced(decisions: readonly Decision[], { snapshot }: Moment): string | null {
  const file = lastOf(decisions, ({ instruction }) =>
    instruction.do === "hangup"
      ? instruction.announce
      : instruction.do === "play"
        ? (instruction.files.at(-1) ?? null)
        : null,
  );
  if (file === null) return null;
  for (const tenant of snapshot.tenants.values()) {
    for (const [prompt, sound] of tenant.plan.sounds) {
      if (sound === file) return prompt.split("/").at(-1) ?? prompt;
    }
  }
  return file.split("/").at(-1) ?? file;
}

function firstOf<Each, Found>(list: readonly Each[], look: (each: Each) => Found | null): Found | null {
  for (const each of list) {
    const found = look(each);
    if (found !== null) return found;
  }
  return null;
}

function lastOf<Each, Found>(list: readonly Each[], look: (each: Each) => Found | null): Found | null {
  return firstOf([...list].reverse(), look);
}
