// A manager session of the test's own: what Asterisk says of every leg, from its side.
import { pino } from "pino";
import { waitFor } from "../../../load/lab/ports.ts";
import { type AmiMessage, createAmiConnection } from "../../../src/ami/connection.ts";

const USER = "observer";
const SECRET = "only-on-the-loopback";

/** For manager_lab.conf: an account that sees calls, with every variable of the stamp on every event. */
export const OBSERVER_ACCOUNT = `[general](+)
channelvars=SB_CALL,SB_DIRECTION,SB_TENANT,SB_DID,SB_TRUNK

[${USER}]
secret=${SECRET}
deny=0.0.0.0/0.0.0.0
permit=127.0.0.1/255.255.255.255
read=call,system
write=reporting,call
`;

/** What identifies a leg's client: its account code and the inherited variables. */
export type Stamp = {
  readonly account: string;
  readonly tenant: string;
  readonly call: string;
  readonly direction: string;
  readonly did: string;
  readonly trunk: string;
};

export type LegEvent = { readonly channel: string; readonly stamp: Stamp };

export type Observer = {
  /** Every message since the start. */
  readonly messages: readonly AmiMessage[];
  /** The dialled legs at the moment they began to ring. */
  dialled(): readonly LegEvent[];
  ended(): readonly (LegEvent & { readonly cause: string })[];
  /** What CoreShowChannels lists now. */
  live(): Promise<readonly LegEvent[]>;
  /** Resolves when no channel is left; after `withinMs` it names those that are, hangs them up and rejects. */
  silence(withinMs?: number): Promise<void>;
  stop(): Promise<void>;
};

export async function observe(address: string): Promise<Observer> {
  const messages: AmiMessage[] = [];
  const connection = createAmiConnection({
    server: "ast1",
    address,
    username: USER,
    secret: SECRET,
    log: pino({ level: "silent" }),
    onState: () => {},
    onEvent: (message) => {
      if (message.name === "DialBegin" || message.name === "Hangup") messages.push(message);
    },
  });
  connection.start();
  await waitFor("the observer's manager session", () => connection.up || undefined, 15_000);
  const live = async (): Promise<LegEvent[]> =>
    (await connection.list("CoreShowChannels")).events.map((message) => ({
      channel: message.fields.get("Channel") ?? "",
      stamp: stampOf(message.fields.get("AccountCode"), message.variables),
    }));
  return {
    messages,
    live,
    dialled: () =>
      messages
        .filter(({ name }) => name === "DialBegin")
        .map(({ fields, destVariables }) => ({
          channel: fields.get("DestChannel") ?? "",
          stamp: stampOf(fields.get("DestAccountCode"), destVariables),
        })),
    ended: () =>
      messages
        .filter(({ name }) => name === "Hangup")
        .map(({ fields, variables }) => ({
          channel: fields.get("Channel") ?? "",
          stamp: stampOf(fields.get("AccountCode"), variables),
          cause: fields.get("Cause") ?? "",
        })),
    silence: async (withinMs = 8000) => {
      const ended = async () => (await live()).length === 0 || undefined;
      await waitFor("the end of every channel", ended, withinMs, 100).catch(async (error) => {
        // What one test leaves behind is its own failure, and not the next one's.
        const left = (await live()).map(({ channel }) => channel);
        for (const channel of left) await connection.action("Hangup", { Channel: channel }).catch(() => null);
        throw new Error(`still up: ${left.join(", ")}`, { cause: error });
      });
    },
    stop: () => connection.stop(),
  };
}

function stampOf(account: string | undefined, variables: ReadonlyMap<string, string>): Stamp {
  const of = (name: string): string => variables.get(name) ?? "";
  return {
    account: account ?? "",
    tenant: of("SB_TENANT"),
    call: of("SB_CALL"),
    direction: of("SB_DIRECTION"),
    did: of("SB_DID"),
    trunk: of("SB_TRUNK"),
  };
}
