/**
 * Every client against everything of every other client's that a configuration can name. Whatever one of them writes
 * down of another's is an error of `check`, and nothing of it ever becomes a running configuration.
 */
import { describe, expect, test } from "vitest";
import { loadConfiguration } from "../../src/config/load.ts";
import { writeConfiguration } from "../unit/config/written.ts";

const CLIENTS = ["apex", "beta", "gamma", "delta"] as const;
type Client = (typeof CLIENTS)[number];

const numberOf = (client: Client, last: string) => `+1212555${CLIENTS.indexOf(client)}${last}`;

/** Everything that a client has, by its own name. */
function file(client: Client, more: { readonly [key: string]: string } = {}): string {
  const index = CLIENTS.indexOf(client);
  const keys: Record<string, string> = {
    tenant: client,
    timezone: "UTC",
    accountcodes: `[${client}-acct]`,
    trunks: `{strategy: hybrid, dedicated: [${client}_sip]}`,
    caller_ids: `["${numberOf(client, "100")}"]`,
    outbound_prefixes: `["8${index}"]`,
    ingroups: `[${client.toUpperCase()}_IN]`,
    queues: `[${client}-queue]`,
    user_groups: `[${client.toUpperCase()}]`,
    campaigns: `[${client.toUpperCase()}OUT]`,
    dids: `{"${numberOf(client, "200")}": {route: main}}`,
    routes: `{main: {dial: "PJSIP/${client}100", no_answer: {goto: {context: ${client}-desk, extension: s}}}}`,
    ...more,
  };
  return Object.entries(keys)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join("");
}

const SYSTEM = `asterisk: [{server: ast1, ami: "127.0.0.1:5038", username: signalbox, secret: x}]\nvicidial: {}\n`;

const TRUNKS = `trunks:
  pool_a: {address: "127.0.0.3:5060", shared: true, channels: 100}
${CLIENTS.map((name, at) => `  ${name}_sip: {address: "127.0.1.${at + 1}:5060", tenant: ${name}, channels: 5}\n`).join("")}overflow: [pool_a]
`;

/** What `check` says where `own` has written this down. */
function errorsOf(own: Client, more: { readonly [key: string]: string }): readonly string[] {
  const tenants = CLIENTS.map((client) => [
    `tenants/${client}.yaml`,
    file(client, client === own ? more : {}),
  ]);
  const written = writeConfiguration({
    "signalbox.yaml": SYSTEM,
    "trunks.yaml": TRUNKS,
    ...Object.fromEntries(tenants),
  });
  try {
    const { snapshot, errors } = loadConfiguration(written.directory, { env: {}, purpose: "render" });
    if (errors.length > 0) expect(snapshot).toBeNull();
    return errors.map(({ message }) => message);
  } finally {
    written.remove();
  }
}

/** Each kind of thing of `other`'s, as `own` would have to write it. */
const KINDS: Readonly<Record<string, (other: Client) => { readonly [key: string]: string }>> = {
  trunk: (other) => ({ trunks: `{strategy: hybrid, dedicated: [${other}_sip]}` }),
  emergency_trunk: (other) => ({ emergency: `{trunks: [${other}_sip]}` }),
  prefix: (other) => ({ outbound_prefixes: `["8${CLIENTS.indexOf(other)}"]` }),
  longer_prefix: (other) => ({ outbound_prefixes: `["8${CLIENTS.indexOf(other)}7"]` }),
  account_code: (other) => ({ accountcodes: `[${other}-acct]` }),
  name_as_account_code: (other) => ({ accountcodes: `[${other}]` }),
  caller_id: (other) => ({ caller_ids: `["${numberOf(other, "100")}"]` }),
  number_as_caller_id: (other) => ({ caller_ids: `["${numberOf(other, "200")}"]` }),
  emergency_caller_id: (other) => ({ emergency: `{caller_id: "${numberOf(other, "100")}"}` }),
  number: (other) => ({ dids: `{"${numberOf(other, "200")}": {route: main}}` }),
  ingroup: (other) => ({ ingroups: `[${other.toUpperCase()}_IN]` }),
  ingroup_as_target: (other) => ({ routes: `{main: {ingroup: ${other.toUpperCase()}_IN}}` }),
  queue: (other) => ({ queues: `[${other}-queue]` }),
  queue_as_target: (other) => ({ routes: `{main: {queue: ${other}-queue}}` }),
  mailbox: (other) => ({ routes: `{main: {voicemail: "100@${other}"}}` }),
  mailbox_context: (other) => ({ routes: `{main: {goto: {context: ${other}, extension: "100"}}}` }),
  prompt: (other) => ({ routes: `{main: {announce: ${other}/welcome}}` }),
  phone: (other) => ({ routes: `{main: {dial: "PJSIP/${other}100"}}` }),
  phone_by_another_extension: (other) => ({ routes: `{main: {dial: "PJSIP/5@${other}100"}}` }),
  trunk_as_phone: (other) => ({ routes: `{main: {dial: "PJSIP/${other}_sip"}}` }),
  place: (other) => ({ routes: `{main: {goto: {context: ${other}-desk, extension: s}}}` }),
  user_group: (other) => ({ user_groups: `[${other}]` }),
  campaign: (other) => ({ campaigns: `[${other}out]` }),
  campaign_held_to_no_window: (other) => ({
    calling_window: `{from: "08:00", to: "21:00", except_campaigns: [${other}out]}`,
  }),
};

test("what_is_their_own_is_no_error", () => {
  expect(errorsOf("apex", {})).toEqual([]);
});

describe.each(Object.entries(KINDS))("another client's %s", (_, write) => {
  const pairs = CLIENTS.flatMap((own) =>
    CLIENTS.filter((other) => other !== own).map((other) => [own, other] as const),
  );

  test.each(pairs)("%s naming that of %s", (own, other) => {
    expect(errorsOf(own, write(other)).length).toBeGreaterThan(0);
  });
});
