/** What tests of outbound calls share: three clients on five trunks, and a step driven through a scripted world. */
import { compileCallingWindow } from "../src/config/compile/calling-window.ts";
import { callingWindow, type RawCallingWindow } from "../src/config/schema/calling-window.ts";
import type { SlotAnswer, SlotRequest } from "../src/core/admission/admission.ts";
import type { CallCode } from "../src/core/callflow/call-code.ts";
import type { Offer } from "../src/core/callflow/call-event.ts";
import type { CallState } from "../src/core/callflow/call-state.ts";
import { advance, begin } from "../src/core/callflow/callflow.ts";
import type {
  Command,
  CommandAnswer,
  OverrideAnswer,
  OverrideRequest,
  PinAnswer,
  PinTry,
  SpendAnswer,
  SpendRequest,
  VicidialAnswer,
} from "../src/core/callflow/commands.ts";
import type { Decision, Step } from "../src/core/callflow/decision.ts";
import type { Moment } from "../src/core/callflow/moment.ts";
import type { E164 } from "../src/core/number/e164.ts";
import type { DialStatus } from "../src/core/routing/instruction.ts";
import type { CallingWindow } from "../src/core/schedule/calling-window.ts";
import type { OutboundPolicy, Snapshot } from "../src/core/snapshot/snapshot.ts";
import type { TenantId } from "../src/core/tenant/tenant-id.ts";
import { e164, snapshotWith, trunkWith, type WrittenSnapshot, type WrittenTenant } from "./builders.ts";
import { momentWith } from "./driving.ts";

export type World = {
  readonly slots?: (request: SlotRequest) => SlotAnswer;
  readonly listed?: (tenant: TenantId, number: E164) => "tenant" | "system" | null;
  readonly vicidial?: (code: CallCode) => VicidialAnswer;
  readonly spend?: (request: SpendRequest) => SpendAnswer;
  readonly pinTried?: (tried: PinTry) => PinAnswer;
  readonly setOverride?: (request: OverrideRequest) => OverrideAnswer;
};

export const granted: SlotAnswer = { granted: true, wouldRefuse: null };

export type Driven = { readonly decision: Decision; readonly commands: readonly Command[] };

/** Runs a step to its decision; everything has room, nothing is listed, nothing is spent unless the world says so. */
export function drive(step: Step, world: World = {}): Driven {
  const commands: Command[] = [];
  const answer = (command: Command): CommandAnswer => {
    commands.push(command);
    switch (command.type) {
      case "acquire":
        return world.slots?.(command.request) ?? granted;
      case "release":
        return null;
      case "do_not_call":
        return { listed: world.listed?.(command.tenant, command.number) ?? null };
      case "spend":
        return world.spend?.(command.request) ?? { within: true };
      case "vicidial_owner":
        return world.vicidial?.(command.code) ?? { signs: null };
      case "pin_tried":
        return world.pinTried?.(command) ?? { locked: false };
      case "set_override":
        return world.setOverride?.(command) ?? { kept: true };
    }
  };
  let turn = step.next();
  while (!turn.done) turn = step.next(answer(turn.value));
  return { decision: turn.value, commands };
}

/** A slot store in which these trunks, or these scopes of everybody, are full. */
export function fullOn(
  full: Readonly<Record<string, Exclude<SlotAnswer, { granted: true }>["scope"]>>,
): World {
  return {
    slots: ({ trunk }) => {
      const scope = full[trunk] ?? full["*"];
      return scope === undefined ? granted : { granted: false, scope };
    },
  };
}

export const policy: OutboundPolicy = {
  doNotCall: null,
  callingWindow: null,
  destinations: { allow: [], deny: [] },
  onForeignCallerId: "replace",
  callerIdChoice: "default",
  spending: null,
};

/** A calling window as it is written. */
export function windowOf(raw: RawCallingWindow): CallingWindow | null {
  return compileCallingWindow(callingWindow.parse(raw));
}

/** apex: hybrid on apex_sip, then the pool. beta: dedicated on beta_sip. gamma: the pool alone. */
export function outboundSnapshot(
  tenants: Readonly<Record<string, WrittenTenant>> = {},
  rest: Omit<WrittenSnapshot, "tenants"> = {},
): Snapshot {
  const apex: WrittenTenant = {
    callerIds: [e164("+12125550100"), e164("+12125550101"), e164("+13105550100")],
    trunks: { strategy: "hybrid", dedicated: ["apex_sip"] },
    outboundPrefixes: ["71"],
    accountcodes: ["apexacct"],
    outbound: policy,
  };
  const beta: WrittenTenant = {
    callerIds: [e164("+13125550200")],
    trunks: { strategy: "dedicated", dedicated: ["beta_sip"] },
    outboundPrefixes: ["72"],
    outbound: policy,
  };
  const gamma: WrittenTenant = {
    callerIds: [e164("+14155550300")],
    outboundPrefixes: ["73"],
    outbound: policy,
  };
  return snapshotWith({
    trunks: [
      trunkWith("apex_sip", { tenant: "apex", shared: false }),
      trunkWith("beta_sip", { tenant: "beta", shared: false }),
      trunkWith("pool_a"),
      trunkWith("pool_b", { sendAs: "international", prefix: "9" }),
      trunkWith("pool_c"),
    ],
    overflow: [["pool_a"], ["pool_b"], ["pool_c"]],
    ...rest,
    tenants: {
      ...tenants,
      apex: { ...apex, ...tenants.apex },
      beta: { ...beta, ...tenants.beta },
      gamma: { ...gamma, ...tenants.gamma },
    },
  });
}

/** An agent's phone of apex dials New York; nothing is said of the caller ID. */
export function outboundOffer(offer: Partial<Offer> = {}): Offer {
  return {
    type: "offer",
    direction: "outbound",
    server: "ast1",
    uniqueid: "1764000000.7",
    channel: "PJSIP/agent100-00000007",
    dialled: "6465550123",
    callerNumber: "",
    callerName: "",
    accountcode: "apex",
    tenantHint: null,
    campaign: null,
    ...offer,
  };
}

/** The step of one outbound call. */
export function call(
  offer: Partial<Offer> = {},
  world: World = {},
  moment: Moment = momentWith(outboundSnapshot()),
) {
  return drive(begin(outboundOffer(offer), moment), world);
}

/** The step after an attempt came back. */
export function comeBack(
  state: CallState | null,
  [status, cause]: readonly [DialStatus, number | null],
  moment: Moment,
  world: World = {},
): Driven {
  if (state === null) throw new Error("the call has no state to come back with");
  const { server, uniqueid, channel } = outboundOffer();
  const outcome = { type: "dialled", status, cause } as const;
  return drive(advance({ type: "return", server, uniqueid, channel, outcome }, state, moment), world);
}

/** Trunks that slots were asked for, in order. */
export function asked({ commands }: Driven): readonly string[] {
  return commands.flatMap((command) => (command.type === "acquire" ? [command.request.trunk] : []));
}
