/** Folds a decided step into what is known of a call. Apart from fold.ts: who only reads calls needs nothing of a step. */
import { unknownLeg } from "./fold.ts";
import { mergeFacts } from "./merge.ts";
import type { CallFacts, LegNote, LegTrunk } from "./record.ts";
import { noteOf, type SeenStep } from "./step-note.ts";

/** Adds a decided step. `facts` is null for a call that nothing is known of; `trunk` is that of the asking channel. */
export function foldStep(
  facts: CallFacts | null,
  step: SeenStep,
  { boot, trunk }: { readonly boot: string; readonly trunk: LegTrunk | null },
): CallFacts {
  const { event, at, decision } = step;
  // A trunk leg that asks for a call out was transferred: it is on the call that it came with, or was dialled by.
  const isOut = (event.type === "offer" ? event.direction : step.state?.direction) === "outbound";
  const entry: LegNote = {
    ...unknownLeg(event.uniqueid),
    channel: event.channel,
    trunk: isOut ? null : trunk,
    upAt: event.type === "offer" ? at : null,
    answeredAt: event.type === "offer" && event.sentFrom?.isUp === true ? at : null,
    seenAt: at,
  };
  const { call } = decision;
  const told = { call, server: event.server, boot, steps: [noteOf(step)], legs: [entry], lostAt: null };
  return facts === null ? told : mergeFacts(facts, { ...facts, ...told });
}
