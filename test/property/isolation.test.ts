/**
 * Every client against everything of every other client's that an outbound call can name: its trunk, its dialled
 * prefix, its account code, its caller ID, its number as a destination. Nothing may cross: a call is its client's on
 * its client's or shared trunks with its client's number, or it is refused.
 */
import { describe, expect, test } from "vitest";
import type { Offer } from "../../src/core/callflow/call-event.ts";
import { begin } from "../../src/core/callflow/callflow.ts";
import type { TargetSpec } from "../../src/core/routing/targets/index.ts";
import type { Snapshot, Tenant } from "../../src/core/snapshot/snapshot.ts";
import { trunkWith, type WrittenTenant } from "../builders.ts";
import { inboundOffer, momentWith } from "../driving.ts";
import { asked, call, drive, fullOn, outboundSnapshot, policy } from "../outbound-builders.ts";

const CLIENTS = ["apex", "beta", "gamma", "delta"] as const;
type Client = (typeof CLIENTS)[number];

const strategies = ["hybrid", "dedicated", "shared", "hybrid"] as const;
const forwardTarget: TargetSpec = {
  type: "forward",
  number: "+16465550123",
  ringSeconds: 30,
  noAnswer: null,
  busy: null,
};

/** Each client also lists the trunks of all others as its own, which `check` refuses and nothing here relies on. */
function snapshotOf(): Snapshot {
  const tenants = Object.fromEntries(
    CLIENTS.map((client, index): [string, WrittenTenant] => [
      client,
      {
        accountcodes: [`${client}-acct`],
        outboundPrefixes: [`8${index + 1}`],
        callerIds: [`+1212555020${index}` as Tenant["callerIds"][number]],
        dids: { [`+1212555030${index}`]: "main" },
        plan: { targets: { "routes.main": forwardTarget } },
        trunks: {
          strategy: strategies[index] ?? "hybrid",
          dedicated: [`${client}_sip`, ...CLIENTS.map((other) => `${other}_sip`)],
        },
        outbound: policy,
      },
    ]),
  );
  return outboundSnapshot(tenants, {
    trunks: [
      ...CLIENTS.map((client) => trunkWith(`${client}_sip`, { tenant: client, shared: false })),
      trunkWith("pool"),
    ],
    overflow: [["pool"], CLIENTS.map((client) => `${client}_sip`)],
  });
}

const snapshot = snapshotOf();
const moment = momentWith(snapshot);
const pairs = CLIENTS.flatMap((own) =>
  CLIENTS.filter((other) => other !== own).map((other) => [own, other] as const),
);

function tenantOf(client: Client): Tenant {
  const tenant = snapshot.tenants.get(client as Tenant["id"]);
  if (tenant === undefined) throw new Error(`no client ${client}`);
  return tenant;
}

const callerIdOf = (client: Client): string => tenantOf(client).callerIds[0] ?? "";
const didOf = (client: Client): string => [...tenantOf(client).dids.keys()][0] ?? "";
const prefixOf = (client: Client): string => tenantOf(client).outboundPrefixes[0] ?? "";

/** Everything about the call is `own`'s, or the call is not made. */
function staysWith(own: Client, offer: Partial<Offer>): void {
  const result = call(offer, {}, moment);
  const { stamp, dialled, instruction } = result.decision;
  expect(stamp?.tenant).toBe(own);
  for (const trunk of asked(result)) expect([`${own}_sip`, "pool"]).toContain(trunk);
  for (const command of result.commands)
    if (command.type === "acquire") expect(command.request.tenant).toBe(own);
  if (dialled?.callerId !== undefined) expect(dialled?.callerId).toBe(callerIdOf(own));
  if (instruction.do === "dial") expect(instruction.callerId).toBe(callerIdOf(own));
}

describe.each(pairs)("%s against %s", (own, other) => {
  test("its_trunks_are_never_used_even_with_no_room_left_of_its_own", () => {
    const full = fullOn({ [`${own}_sip`]: "no_trunk", pool: "no_trunk" });
    const result = call({ accountcode: own }, full, moment);
    expect(asked(result)).not.toContain(`${other}_sip`);
    expect(result.decision.refusal?.reason).toBe("no_trunk");
  });

  test.each(["accountcode", "tenantHint"] as const)("its_prefix_contradicts_%s", (sign) => {
    const who = { accountcode: "", tenantHint: null, [sign]: own };
    const { decision } = call({ ...who, dialled: `${prefixOf(other)}16465550123` }, {}, moment);
    expect(decision).toMatchObject({ stamp: null, refusal: { reason: "tenant_conflict" } });
  });

  test.each([other, `${other}-acct`])("its_account_code_contradicts_the_prefix: %s", (accountcode) => {
    const { decision } = call({ accountcode, dialled: `${prefixOf(own)}16465550123` }, {}, moment);
    expect(decision).toMatchObject({ stamp: null, refusal: { reason: "tenant_conflict" } });
  });

  test("its_account_code_contradicts_the_address", () => {
    const { decision, commands } = call({ accountcode: `${other}-acct`, tenantHint: own }, {}, moment);
    expect(decision).toMatchObject({ stamp: null, refusal: { reason: "tenant_conflict" } });
    expect(commands).toEqual([]);
  });

  test("its_caller_id_is_never_sent", () => {
    staysWith(own, { accountcode: own, callerNumber: callerIdOf(other) });
    staysWith(own, { accountcode: `${own}-acct`, callerNumber: callerIdOf(other).slice(2) });
  });

  test("its_number_is_never_sent", () => staysWith(own, { accountcode: own, callerNumber: didOf(other) }));

  test("calling_its_number_stays_the_callers_call", () =>
    staysWith(own, { accountcode: own, dialled: didOf(other).slice(2) }));

  test("its_trunk_leg_cannot_be_taken_over", () => {
    const channel = `PJSIP/${other}_sip-00000001`;
    const { decision } = call({ channel, accountcode: other, tenantHint: own }, {}, moment);
    expect(decision.refusal?.reason).toBe("tenant_conflict");
  });

  test("a_forward_leaves_on_its_own_trunks_with_its_own_number", () => {
    const offer = inboundOffer({
      dialled: didOf(own),
      channel: "PJSIP/pool-00000001",
      callerNumber: callerIdOf(other),
    });
    const result = drive(begin(offer, moment), fullOn({ [`${own}_sip`]: "no_trunk" }));
    expect(asked(result)).not.toContain(`${other}_sip`);
    const { callerId } = result.decision.dialled ?? {};
    expect(callerId).toBe(didOf(own));
  });
});
