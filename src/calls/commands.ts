/**
 * Does what a step asks for: slots, do-not-call lists, the day's spending, standing orders. Each answer comes from its
 * port as it is; what a port cannot say becomes the answer that lets nothing slip past a limit.
 */
import type { Logger } from "pino";
import type { SlotAnswer, SlotKey, SlotRequest } from "../core/admission/admission.ts";
import type { Command, CommandAnswer, SpendAnswer, SpendRequest } from "../core/callflow/commands.ts";
import { type Soon, soon } from "../platform/soon.ts";
import type { DoNotCallLists } from "./do-not-call-port.ts";
import type { CommandPorts } from "./ports.ts";
import type { AcquireContext, SlotStore, SlotVerdict } from "./slot-port.ts";
import type { SpendLedger } from "./spend-port.ts";
import { countPin, keepOverride } from "./standing-commands.ts";
import type { StandingOrders } from "./standing-port.ts";
import type { VicidialDirectory } from "./vicidial-port.ts";

export type CommandOptions = {
  readonly node: string;
  readonly slots: SlotStore;
  readonly doNotCall: DoNotCallLists;
  readonly spending: SpendLedger;
  readonly standing: StandingOrders;
  /** Absent where no VICIdial's database is configured; nothing is asked then. */
  readonly vicidial?: VicidialDirectory;
  /** Boot of a switch as far as it is known, "" if it is not. */
  readonly bootOf: (server: string) => string;
  /**
   * Asks the switch whether a leg has ended, and frees its slot if so. False when it lives or cannot be asked. A step
   * does not wait longer than a moment for it.
   */
  readonly freeIfGone: (leg: SlotKey) => Promise<boolean>;
  /** The last attempt of this channel has failed: what its leg held is nobody's any more, though its end is yet to come. */
  readonly settled: (asker: SlotKey) => void;
  readonly log: Logger;
};

/** What is left of a step's 200 ms after the store was asked. */
const ASK_SWITCH_MS = 50;

export function createCommands(options: CommandOptions): CommandPorts {
  const { slots, doNotCall } = options;
  return {
    perform(command: Command): Soon<CommandAnswer> {
      switch (command.type) {
        case "acquire":
          return acquire(command.request, options);
        case "release":
          options.settled(command.key);
          return slots.cancel(command.key).then(
            () => null,
            () => null, // its lease frees it
          );
        case "do_not_call":
          return { listed: doNotCall.listed(command.tenant, command.number) };
        case "spend":
          return spend(command.request, options);
        case "vicidial_owner":
          return options.vicidial?.signsOf(command.code) ?? { signs: null };
        case "pin_tried":
          return countPin(command, options.standing, options.log);
        case "set_override":
          return keepOverride(command, options.standing, options.log);
      }
    },
  };
}

function acquire(request: SlotRequest, options: CommandOptions): Soon<SlotAnswer> {
  const { slots, node, bootOf } = options;
  const context = { node, boot: bootOf(request.key.server) };
  return soon(slots.acquire(request, context), (verdict) => {
    const previous = verdict.granted ? null : verdict.previousLeg;
    if (previous === null) return answerOf(verdict, request, options);
    return acquireAgain(request, { verdict, previous, context }, options);
  });
}

type Refused = {
  readonly verdict: SlotVerdict;
  readonly previous: SlotKey;
  readonly context: AcquireContext;
};

/** A scope may be full only by the leg of the attempt that has just failed and whose Hangup is on its way. */
async function acquireAgain(
  request: SlotRequest,
  { verdict, previous, context }: Refused,
  options: CommandOptions,
): Promise<SlotAnswer> {
  const freed = await withinMoment(options.freeIfGone(previous));
  return answerOf(freed ? await options.slots.acquire(request, context) : verdict, request, options);
}

/** A switch that has fallen silent without a word would hold up the step for seconds. */
async function withinMoment(freed: Promise<boolean>): Promise<boolean> {
  const over = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => over.resolve(false), ASK_SWITCH_MS);
  const answer = await Promise.race([freed, over.promise]);
  clearTimeout(timer);
  return answer;
}

/** A leg keeps its tenant: where the store knows it as another's, this call does not go on as this one's. */
function answerOf(verdict: SlotVerdict, request: SlotRequest, { log }: CommandOptions): SlotAnswer {
  if (!verdict.granted || verdict.tenant === request.tenant) return verdict;
  const { call, tenant } = request;
  log.error(
    { event: "slot.other_tenant", call, tenant, holder: verdict.tenant },
    "the leg already counts for another client and is refused; see which transfer brought it here",
  );
  return { granted: false, scope: "no_trunk" };
}

/** A guard that cannot be asked guards all the same: the call is refused and the log says why. */
async function spend(request: SpendRequest, { spending, log }: CommandOptions): Promise<SpendAnswer> {
  try {
    return await spending.begin(request);
  } catch (error) {
    log.error({ event: "spending.unreachable", tenant: request.tenant, err: error });
    return { within: false, prefix: "", limit: "unknown" };
  }
}
