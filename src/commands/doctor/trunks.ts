import { type AmiConnection, AmiError } from "../../ami/connection.ts";
import type { Snapshot } from "../../core/snapshot/snapshot.ts";
import { type Finding, ill, well } from "./finding.ts";
import { type Look, linesOf } from "./switch.ts";

/** Where a carrier's calls enter. */
const ENTRANCE = "signalbox-inbound";

/** Lines that send a call to another context; what they say is held against the entrance's name. */
const SENDS_ON = new Set(["Goto", "GotoIf", "GotoIfTime", "Gosub", "GosubIf"]);

/** Whoever no other endpoint is matched to: with it anybody may place calls. */
const ANYBODY = "anonymous";

/** How a channel driver tells of those whom it exchanges calls with. */
type Peers = {
  readonly word: string;
  readonly mend: string;
  readonly names: () => Promise<readonly string[]>;
  /** Where calls from one enter; empty for one that there is not. */
  readonly contextOf: (name: string) => Promise<string>;
};

/** Trunks of the configuration that the switch has not got, and endpoints that enter our contexts and are no trunk. */
export async function lookAtTrunks({ ami, target }: Look, { trunks }: Snapshot): Promise<Finding[]> {
  const { server } = target;
  const peers = target.technology === "sip" ? chanSipPeers(ami) : pjsipEndpoints(ami);
  const names = await peers.names();
  const wanted = new Set([...trunks.values()].map((trunk) => trunk.endpoint));
  const missing: string[] = [];
  for (const name of wanted) if ((await peers.contextOf(name)) === "") missing.push(name);
  const others = [...new Set(names)].filter((name) => !wanted.has(name));
  const strays = await straysOf(ami, peers, others);
  return [
    ...missing.map((name) => ill("trunks", server, `the switch has no ${peers.word} ${name}`, peers.mend)),
    ...strays.map((name) => strayOf(server, peers.word, name)),
    ...(missing.length + strays.length === 0
      ? [well("trunks", server, `all ${wanted.size} trunks are there, and nothing else enters`)]
      : []),
  ];
}

function strayOf(server: string, word: string, name: string): Finding {
  const says = `calls of ${word} ${name} enter ${ENTRANCE}, but it is no trunk`;
  return name === ANYBODY
    ? ill(
        "trunks",
        server,
        `${says}: anybody may place calls`,
        `take the ${word} away, or send its calls elsewhere`,
      )
    : ill(
        "trunks",
        server,
        says,
        "add it to trunks.yaml, or send its calls elsewhere: its legs count on nobody",
      );
}

/**
 * Endpoints by their device states, so those with an AOR: one without has none, and is only seen by a channel that is up.
 * PJSIPShowEndpoints would name all, and asks for the right to shut the switch down.
 */
function pjsipEndpoints(ami: AmiConnection): Peers {
  return {
    word: "endpoint",
    mend: "include pjsip_signalbox.conf and `module reload res_pjsip.so`, or name the endpoint that there is in trunks.yaml",
    names: async () => {
      const [states, channels] = [
        await ami.list("DeviceStateList", {}, "DeviceStateListComplete"),
        await ami.list("CoreShowChannels"),
      ];
      const named = (text: string | undefined, pattern: RegExp) => pattern.exec(text ?? "")?.[1] ?? [];
      return [
        ...states.events.flatMap(({ fields }) => named(fields.get("Device"), /^PJSIP\/(.+)$/)),
        ...channels.events.flatMap(({ fields }) => named(fields.get("Channel"), /^PJSIP\/(.+)-[0-9a-f]+$/)),
        ANYBODY,
      ];
    },
    contextOf: async (name) => {
      const { fields } = await ami.action("Getvar", { Variable: `PJSIP_ENDPOINT(${name},context)` });
      return fields.get("Value") ?? "";
    },
  };
}

function chanSipPeers(ami: AmiConnection): Peers {
  return {
    word: "peer",
    mend: "include sip_signalbox.conf and `sip reload`, or name the peer that there is in trunks.yaml",
    names: async () => {
      const { events } = await ami.list("SIPpeers", {}, "PeerlistComplete");
      return events.flatMap(({ fields }) => fields.get("ObjectName") ?? []);
    },
    contextOf: async (name) => {
      try {
        const { fields } = await ami.action("SIPshowpeer", { Peer: name });
        return fields.get("Context") ?? "";
      } catch (error) {
        const says = error instanceof AmiError ? (error.response?.fields.get("Message") ?? "") : "";
        if (/not found/i.test(says)) return "";
        throw error;
      }
    },
  };
}

/**
 * Phones go out through us as well, so only who comes in as carriers do is a stray: by our own context, or by one of the
 * operator's that includes it or sends calls there.
 */
async function straysOf(ami: AmiConnection, peers: Peers, names: readonly string[]): Promise<string[]> {
  const leads = new Map([[ENTRANCE, true]]);
  const strays: string[] = [];
  for (const name of names) {
    const context = await peers.contextOf(name);
    if (context !== "" && (await leadsIn(ami, context, leads))) strays.push(name);
  }
  return strays;
}

/** `leads` has what is known of contexts; one that is being looked at leads nowhere new. */
async function leadsIn(ami: AmiConnection, context: string, leads: Map<string, boolean>): Promise<boolean> {
  const known = leads.get(context);
  if (known !== undefined) return known;
  leads.set(context, false);
  const lines = await linesOf(ami, context);
  let found = lines.some(
    ({ fields }) =>
      SENDS_ON.has(fields.get("Application") ?? "") &&
      new RegExp(`(^|[?:])\\s*${ENTRANCE},`).test(fields.get("AppData") ?? ""),
  );
  for (const { fields } of lines) {
    const included = fields.get("IncludeContext")?.split(",")[0];
    if (!found && included !== undefined) found = await leadsIn(ami, included, leads);
  }
  leads.set(context, found);
  return found;
}
