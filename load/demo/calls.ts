// The calls of the demo: who dials what, and what has to come of it. A call that goes another way makes the demo fail,
// so what it prints is checked and not just shown.
import {
  callee,
  caller,
  refusingCallee,
  type Scenario,
  type SippRun,
  startSipp,
  typist,
} from "../sipp-runner.ts";
import type { DemoCall, Stage } from "./stage.ts";

/** Where the carriers of config/trunks.yaml live on this machine, and the agents' phones. */
export const CARRIERS = { apexSip: "127.0.0.2", poolA: "127.0.0.3", poolB: "127.0.0.4" } as const;
/** Stands in config/dnc/apex.txt. */
const LISTED = "2125550170";
export const PHONES: Readonly<Record<string, string>> = {
  "100": "127.0.0.10:5060",
  "102": "127.0.0.11:5060",
  "200": "127.0.0.12:5060",
};

/** Phones and carriers that take calls for as long as the demo runs. */
export async function answerPhones(): Promise<readonly SippRun[]> {
  const agents = [
    ...Object.values(PHONES).map((address) => agentAt(address, callee({ ringMs: 800 }))),
    agentAt(`${CARRIERS.apexSip}:5060`, callee({ ringMs: 200 })),
    agentAt(`${CARRIERS.poolA}:5060`, refusingCallee(503)),
    agentAt(`${CARRIERS.poolB}:5060`, callee({ ringMs: 200 })),
  ];
  await Promise.all(agents.map((agent) => agent.ready));
  return agents;
}

function agentAt(address: string, scenario: Scenario): SippRun {
  const [localIp = "", port = ""] = address.split(":");
  return startSipp({ name: `${scenario.name} at ${address}`, scenario, localIp, localPort: Number(port) });
}

/** A call that a carrier brings; `digits`: what the caller types, as `simulate` takes it. */
function inbound(
  carrier: "apexSip" | "poolA",
  dialled: string,
  digits?: string,
): Pick<DemoCall, "from" | "dialled" | "simulate"> {
  const trunk = carrier === "apexSip" ? "apex_sip" : "pool_a";
  const typed = digits === undefined ? [] : ["--digits", digits];
  return {
    from: CARRIERS[carrier],
    dialled,
    simulate: ["inbound", "--did", dialled, "--trunk", trunk, ...typed],
  };
}

export async function inboundCalls(stage: Stage): Promise<void> {
  stage.heading("Whose number is it, and where does the call go");
  await stage.call({
    title: "A ringing phone: Apex' front desk",
    ...inbound("apexSip", "+12125550101"),
    stamped: "apex",
    legs: 2,
  });
  await stage.call({
    title: "An announcement and then a phone: Apex' billing, dialled with ten digits",
    ...inbound("poolA", "2125550103"),
    scenario: caller({ holdMs: 9000 }),
    stamped: "apex",
    legs: 2,
  });
  await stage.call({
    title: "A hand-over to an in-group, with the stamp on the channel",
    ...inbound("apexSip", "12125550102"),
    stamped: "apex",
    legs: 1,
  });
  await stage.call({
    title: "A number of nobody: refused, and given to no client",
    ...inbound("poolA", "+19995550199"),
    stamped: null,
    legs: 1,
    refused: 404,
  });
}

/** The line is opened and closed by hand in the configuration, so that the demo is the same at any hour. */
export async function menuCalls(stage: Stage): Promise<void> {
  stage.heading("A client's menu, open and after hours; the configuration is reloaded in between");
  await stage.reconfigure("tenants/apex.yaml", "Apex opens by hand", (text) => withOverride(text, "open"));
  await stage.call({
    title: "The caller presses 2 while the welcome is still playing",
    ...inbound("apexSip", "+12125550100", "2"),
    scenario: typist([1500, "2"], { holdMs: 8000 }),
    stamped: "apex",
    legs: 2,
  });
  await stage.call({
    title: "A wrong key, and then the right one",
    ...inbound("apexSip", "+12125550100", "7,1"),
    scenario: typist([1500, "7", 1500, "1"], { holdMs: 1500 }),
    stamped: "apex",
    legs: 1,
  });
  await stage.reconfigure("tenants/apex.yaml", "Apex closes by hand", (text) => withOverride(text, "closed"));
  await stage.call({
    title: "The same number after hours: the night menu, and 1 for a message",
    ...inbound("apexSip", "+12125550100", "1"),
    scenario: typist([1500, "1"], { holdMs: 3000 }),
    stamped: "apex",
    legs: 1,
  });
}

function withOverride(text: string, state: "open" | "closed"): string {
  const without = text.replace(/^ {4}override: .*\n/m, "");
  return without.replace(/^( {2}office:\n)/m, `$1    override: {state: ${state}}\n`);
}

/** Twenty callers at once against a cap of eight; the neighbour's call passes all the while. */
export async function burst(stage: Stage): Promise<void> {
  stage.heading(
    "One client's spike: a cap of 8 channels, 20 callers at once, and a neighbour who notices nothing",
  );
  await stage.reconfigure("tenants/greensolar.yaml", "GreenSolar gets a cap of 8 channels", (text) =>
    text
      .replace(/^ {2}channels: .*$/m, "  channels: 8")
      .replace(/^ {2}inbound: .*$/m, "  inbound: 8")
      .replace(/^ {2}reserved: .*$/m, "  reserved: 8")
      .replace(/^ {2}calls_per_second: .*$/m, "  calls_per_second: 100"),
  );
  await stage.burst({
    from: CARRIERS.poolA,
    dialled: "+13035550111",
    callers: 20,
    admitted: 8,
    refusedWith: 486,
    tenant: "greensolar",
    neighbour: { from: CARRIERS.apexSip, dialled: "+12125550101" },
  });
}

/** Agents call out: each client by its own rules, over its own trunks first. */
export async function outboundCalls(stage: Stage): Promise<void> {
  stage.heading("Agents call out: whose call, may it be dialled, as whom, on which trunk");
  const apex = { from: addressOf("100"), stamped: "apex" } as const;
  const greensolar = { from: addressOf("200"), stamped: "greensolar" } as const;
  await stage.call({
    ...apex,
    title: "Apex dials: its own trunk first; a caller ID that is not Apex' is replaced",
    dialled: "3055550123",
    simulate: ["outbound", "--tenant", "apex", "--to", "3055550123", "--caller-id", "+13035550110"],
    legs: 2,
  });
  await stage.reconfigure("trunks.yaml", "Apex' own trunk has a single channel now", (text) =>
    text.replace(/(apex_sip: .*channels: )[0-9]+/, "$11"),
  );
  const inUse = ["--in-use", "trunk:apex_sip=1"];
  await stage.during({ from: CARRIERS.apexSip, dialled: "+12125550102" }, () =>
    stage.call({
      ...apex,
      title: "That channel is taken: the call goes on to the shared pool, where the first carrier fails",
      dialled: "3055550123",
      simulate: ["outbound", "--tenant", "apex", "--to", "3055550123", ...inUse],
      legs: 4,
    }),
  );
  await stage.call({
    ...apex,
    title: "A number on Apex' do-not-call list",
    dialled: LISTED,
    simulate: ["outbound", "--tenant", "apex", "--to", LISTED],
    legs: 1,
    refused: 403,
  });
  await stage.reconfigure(
    "tenants/greensolar.yaml",
    "It is night for everyone GreenSolar could call",
    (text) => text.replace(/^calling_window: .*$/m, `calling_window: ${windowElsewhere(new Date())}`),
  );
  await stage.call({
    ...greensolar,
    title: "Outside the calling window of the number that is called",
    dialled: "3055550123",
    simulate: ["outbound", "--tenant", "greensolar", "--to", "3055550123"],
    legs: 1,
    refused: 403,
  });
}

/** An hour of the day that it is not now anywhere in the zones of North America. */
function windowElsewhere(now: Date): string {
  const hour = (now.getUTCHours() + 6) % 23;
  const two = (value: number): string => String(value).padStart(2, "0");
  return `{from: "${two(hour)}:00", to: "${two(hour + 1)}:00", zone: callee}`;
}

/** A client at its cap: no call of its goes out any more, except for help. */
export async function emergencyCalls(stage: Stage): Promise<void> {
  stage.heading("Emergency numbers are static dialplan: no step, no cap, no rule");
  let before = "";
  await stage.reconfigure("tenants/apex.yaml", "Apex has a cap of a single channel now", (text) => {
    before = text;
    return text
      .replace(/^ {2}channels: .*$/m, "  channels: 1")
      .replace(/^ {2}inbound: .*$/m, "  inbound: 1")
      .replace(/^ {2}outbound: .*$/m, "  outbound: 1")
      .replace(/^ {2}reserved: .*$/m, "  reserved: 1");
  });
  const apex = { from: addressOf("100"), stamped: "apex" } as const;
  const held = { from: CARRIERS.apexSip, dialled: "+12125550102" };
  await stage.during(held, () =>
    stage.call({
      ...apex,
      title: "A call comes in, and Apex is at its cap: nothing goes out",
      dialled: "3055550123",
      simulate: ["outbound", "--tenant", "apex", "--to", "3055550123", "--in-use", "apex=1"],
      legs: 2,
      refused: 503,
    }),
  );
  await stage.during(held, () =>
    stage.call({
      ...apex,
      title: "But 911 does, at the cap too, over Apex' emergency trunk",
      dialled: "911",
      simulate: null,
      legs: 3,
    }),
  );
  await stage.reconfigure("tenants/apex.yaml", "Apex has its own cap again", () => before);
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
