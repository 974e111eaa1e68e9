import type { CallEvent, Offer } from "../callflow/call-event.ts";
import type { CallState } from "../callflow/call-state.ts";
import type { Decision } from "../callflow/decision.ts";
import { callerText, readCaller } from "../number/caller.ts";
import type { Outcome } from "../routing/instruction.ts";
import type { Snapshot, Tenant } from "../snapshot/snapshot.ts";
import type { TenantId } from "../tenant/tenant-id.ts";
import { endpointOfChannel } from "../trunk/trunk.ts";
import type { MenuChoice, StepBack, StepDial, StepNote } from "./record.ts";

/** A decided step as calls/ports has it; `at` is epoch milliseconds. */
export type SeenStep = {
  readonly event: CallEvent;
  readonly state: CallState | null;
  readonly decision: Decision;
  readonly snapshot: Snapshot;
  readonly at: number;
  readonly revision: string;
};

/** What a record keeps of a step. */
export function noteOf({ event, state, decision, snapshot, at, revision }: SeenStep): StepNote {
  const after = decision.state ?? state;
  const tenant = decision.stamp?.tenant ?? after?.tenant ?? null;
  const offer = event.type === "offer" ? event : null;
  const { instruction } = decision;
  return {
    at,
    uniqueid: event.uniqueid,
    turn: state === null ? "offer" : `${state.steps}/${state.dialling?.tried.length ?? 0}`,
    direction: offer?.direction ?? after?.direction ?? "inbound",
    tenant,
    zone: tenant === null ? null : (snapshot.tenants.get(tenant)?.timezone ?? null),
    did: decision.stamp?.did ?? textOrNull(after?.did),
    caller: after?.caller ?? (offer === null ? "" : callerOf(offer, tenant, snapshot)),
    dialled: offer?.dialled ?? null,
    back: event.type === "return" ? backOf(event.outcome) : null,
    choice: event.type === "return" && state !== null ? choiceOf(event.outcome, state, snapshot) : null,
    does: instruction.do,
    cause: instruction.do === "hangup" ? instruction.cause : null,
    dial: dialOf(decision),
    queue: instruction.do === "queue" ? instruction.queue : null,
    ended: decision.ended,
    schedule: decision.schedule,
    target: decision.target?.shown ?? null,
    refusal: decision.refusal,
    revision,
    trace: decision.trace,
    ...(offer?.sentFrom === undefined ? {} : { sentFrom: offer.sentFrom.call }),
    ...placedOf(decision),
    ...recordingOf(decision, tenant === null ? undefined : snapshot.tenants.get(tenant)),
    ...limitsOf(offer === null || tenant === null ? undefined : snapshot.tenants.get(tenant)),
  };
}

/** A call that has no state which names the caller, or had no step: he is read as the step has read him, or would have. */
export function callerOf(
  { direction, channel, callerNumber }: Pick<Offer, "direction" | "channel" | "callerNumber">,
  tenant: TenantId | null,
  snapshot: Snapshot,
): string {
  const trunk = snapshot.trunkByEndpoint.get(endpointOfChannel(channel) ?? "") ?? "";
  const here = direction === "inbound" ? snapshot.trunks.get(trunk)?.country : undefined;
  const country =
    here ?? snapshot.tenants.get(tenant ?? ("" as TenantId))?.country ?? snapshot.system.country;
  return callerText(readCaller(callerNumber, country));
}

function limitsOf(tenant: Tenant | undefined): Pick<StepNote, "limits"> {
  if (tenant === undefined) return {};
  return { limits: { cap: tenant.limits.channels, reserved: tenant.limits.reserved } };
}

function placedOf({ placedBy }: Decision): Pick<StepNote, "campaign" | "agent"> {
  const { campaign = null, agent = null } = placedBy ?? {};
  return { ...(campaign === null ? {} : { campaign }), ...(agent === null ? {} : { agent }) };
}

function recordingOf({ recording }: Decision, tenant: Tenant | undefined): Pick<StepNote, "recording"> {
  if (recording === null) return {};
  return { recording: { ...recording, keepDays: tenant?.recording.keepDays ?? null } };
}

function backOf(outcome: Outcome): StepBack {
  switch (outcome.type) {
    case "dialled":
      return { type: "dialled", status: outcome.status, cause: outcome.cause };
    case "queued":
      return { type: "queued", status: outcome.status, cause: null };
    default:
      return { type: outcome.type, status: null, cause: null };
  }
}

/** Digits are kept only when the menu that asked for them has that very choice; anything else may be a PIN. */
function choiceOf(outcome: Outcome, state: CallState, snapshot: Snapshot): MenuChoice | null {
  if (outcome.type !== "digits") return null;
  const plan = snapshot.tenants.get(state.tenant)?.plan;
  const spec = plan?.targets.get(state.at);
  if (spec?.type !== "menu") return null;
  const known = plan?.menus.get(spec.menu)?.choices.has(outcome.digits) === true;
  return known ? { menu: spec.menu, key: outcome.digits } : null;
}

function dialOf({ instruction, dialled }: Decision): StepDial | null {
  if (instruction.do !== "dial") return null;
  const { dial, trunk, callerId } = instruction;
  const sent = trunk === null ? null : dialled;
  return { dial, trunk, number: sent?.number ?? null, callerId: callerId ?? sent?.callerId ?? null };
}

function textOrNull(text: string | undefined): string | null {
  return text === undefined || text === "" ? null : text;
}
