import { expect, test } from "vitest";
import { createDecide } from "../../../src/calls/decide.ts";
import type { CallEvent } from "../../../src/core/callflow/call-event.ts";
import type { CallState } from "../../../src/core/callflow/call-state.ts";
import { calmConditions } from "../../../src/core/snapshot/conditions.ts";
import { createStepLog } from "../../../src/platform/log.ts";
import { at, menuWith, path, snapshotWith } from "../../builders.ts";
import { inboundOffer, returnWith, stateWith } from "../../driving.ts";

const snapshot = snapshotWith({
  tenants: {
    apex: {
      dids: { "+12125550100": "main" },
      plan: {
        targets: {
          "routes.main": { type: "menu", menu: "welcome" },
          "menus.welcome.choices.1": { type: "ingroup", ingroup: "APEX_INBOUND" },
          "menus.welcome.exhausted": { type: "hangup", cause: 17 },
        },
        menus: { welcome: menuWith({ choices: new Map([["1", path("menus.welcome.choices.1")]]) }) },
      },
    },
  },
});

test("a step that was decided while the clock was set is told of by the new clock", async () => {
  const noon = at("2026-11-23T12:00Z");
  const hour = 3_600_000;
  let set = 0;
  const told: number[] = [];
  const decide = createDecide({
    moment: { snapshot: () => snapshot, conditions: () => calmConditions, now: () => noon + set },
    commands: {
      perform: async () => {
        set = hour;
        return { granted: true, wouldRefuse: null };
      },
    },
    watchers: [{ decided: (step) => void told.push(step.at) }],
    log: createStepLog("info", { write: () => {} }),
  });
  await decide(inboundOffer(), null);
  expect(Math.abs((told[0] ?? 0) - noon - hour)).toBeLessThan(1000);
});

async function logged(event: CallEvent, state: CallState | null): Promise<Record<string, unknown>> {
  const lines: string[] = [];
  const decide = createDecide({
    moment: {
      snapshot: () => snapshot,
      conditions: () => calmConditions,
      now: () => at("2026-11-23T12:00Z"),
    },
    commands: { perform: () => ({ granted: true, wouldRefuse: null }) },
    watchers: [],
    log: createStepLog("info", { write: (line) => void lines.push(line) }),
  });
  await decide(event, state);
  return JSON.parse(lines.join(""));
}

const whose = { call: "ast1-1764000000.1", tenant: "apex", did: "+12125550100" };

test("the first step is logged with its call, tenant and number", async () => {
  expect(await logged(inboundOffer(), null)).toMatchObject({ ...whose, do: "collect" });
});

test("the step that hands the call over is logged with its tenant and number too", async () => {
  const event = returnWith({ type: "digits", digits: "1" });
  expect(await logged(event, stateWith())).toMatchObject({ ...whose, do: "goto" });
});

test("a call of nobody is logged with no tenant and no number", async () => {
  const event = inboundOffer({ dialled: "+13105550100" });
  expect(await logged(event, null)).toMatchObject({ tenant: null, did: null, reason: "unknown_did" });
});
