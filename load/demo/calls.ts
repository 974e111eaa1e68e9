// The calls of the demo: who dials what, and what has to come of it. A call that goes another way makes the demo fail,
// so what it prints is checked and not just shown.
import { callee, caller, type SippRun, startSipp } from "../sipp-runner.ts";
import type { Stage } from "./stage.ts";

/** Where the carriers of config/trunks.yaml live on this machine, and the agents' phones. */
export const CARRIERS = { apexSip: "127.0.0.2", poolA: "127.0.0.3", poolB: "127.0.0.4" } as const;
export const PHONES: Readonly<Record<string, string>> = {
  "100": "127.0.0.10:5060",
  "102": "127.0.0.11:5060",
  "200": "127.0.0.12:5060",
};

/** Far enough from every opening time to be the same all year: a Monday noon and a Sunday night in New York. */
export const OPEN = "2026-11-23T12:00";

/** Phones and carriers that take calls for as long as the demo runs. */
export async function answerPhones(): Promise<readonly SippRun[]> {
  const answering = [...Object.values(PHONES).map((address) => ({ address, ringMs: 800 }))];
  const agents = [...answering, { address: `${CARRIERS.apexSip}:5060`, ringMs: 200 }].map(
    ({ address, ringMs }) => {
      const [localIp = "", port = ""] = address.split(":");
      return startSipp({
        name: `answers at ${address}`,
        scenario: callee({ ringMs }),
        localIp,
        localPort: Number(port),
      });
    },
  );
  await Promise.all(agents.map((agent) => agent.ready));
  return agents;
}

export async function inboundCalls(stage: Stage): Promise<void> {
  stage.heading("Whose number is it, and where does the call go");
  await stage.call({
    title: "A ringing phone: Apex' front desk",
    from: CARRIERS.apexSip,
    dialled: "+12125550101",
    simulate: ["--trunk", "apex_sip"],
    stamped: "apex",
    legs: 2,
  });
  await stage.call({
    title: "An announcement and then a phone: Apex' billing, dialled with ten digits",
    from: CARRIERS.poolA,
    dialled: "2125550103",
    simulate: ["--trunk", "pool_a"],
    scenario: caller({ holdMs: 9000 }),
    stamped: "apex",
    legs: 2,
  });
  await stage.call({
    title: "A hand-over to an in-group, with the stamp on the channel",
    from: CARRIERS.apexSip,
    dialled: "12125550102",
    simulate: ["--trunk", "apex_sip"],
    stamped: "apex",
    legs: 1,
  });
  await stage.call({
    title: "A number of nobody: refused, and given to no client",
    from: CARRIERS.poolA,
    dialled: "+19995550199",
    simulate: ["--trunk", "pool_a"],
    stamped: null,
    legs: 1,
    refused: 404,
  });
}

export async function emergencyCall(stage: Stage): Promise<void> {
  stage.heading("Emergency numbers are static dialplan: no step, no cap, no rule");
  await stage.call({
    title: "911 from a phone of Apex, over Apex' emergency trunk",
    from: addressOf("100"),
    dialled: "911",
    simulate: null,
    stamped: "apex",
    legs: 2,
  });
}

export async function callsWithoutSignalbox(stage: Stage): Promise<void> {
  stage.heading("Signalbox is killed: every number still has its static way");
  await stage.call({
    title: "Apex' claims line: the number's own fallback, an in-group",
    from: CARRIERS.apexSip,
    dialled: "+12125550100",
    simulate: null,
    stamped: "apex",
    legs: 1,
  });
  await stage.call({
    title: "911 from a phone of Apex, with Signalbox dead",
    from: addressOf("100"),
    dialled: "911",
    simulate: null,
    stamped: "apex",
    legs: 2,
  });
}

function addressOf(phone: string): string {
  return (PHONES[phone] ?? "").split(":")[0] ?? "";
}
