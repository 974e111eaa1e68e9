import type { ChannelList, ListedChannel, SwitchEyes } from "../calls/switch-eyes-port.ts";
import { SignalboxError } from "../platform/errors.ts";
import { AmiError, type createAmiConnection } from "./connection.ts";
import { readBoot, readEvent } from "./events.ts";

type Connection = ReturnType<typeof createAmiConnection>;

/** Asks the switches over their manager sessions; a session that is down is an error, never an empty answer. */
export function createSwitchEyes(connectionOf: (server: string) => Connection | null): SwitchEyes {
  const session = (server: string): Connection => {
    const connection = connectionOf(server);
    if (connection !== null) return connection;
    throw new SignalboxError(
      "switch_unknown",
      `no manager session to ${server}: it is not in signalbox.yaml`,
    );
  };
  return {
    async boot(server) {
      const boot = readBoot(await session(server).action("CoreStatus"), () => {});
      if (boot !== null) return boot;
      throw new SignalboxError("switch_unreadable", `${server} does not say when it was started`);
    },
    list: async (server) => readList(await session(server).list("CoreShowChannels")),
    // Asterisk looks for the name and then for the uniqueid (16 and 22). The name that an event gave along with a
    // uniqueid would be asked in vain where the event was forged.
    async lives(server, uniqueid) {
      try {
        const { events } = await session(server).list("Status", { Channel: uniqueid });
        if (events.length > 0) return true;
      } catch (error) {
        if (isNoSuchChannel(error)) return false;
        throw error;
      }
      // The connection may have ended between the answer and what it announced.
      throw new SignalboxError("switch_unreadable", `${server} does not say whether ${uniqueid} lives`);
    },
  };
}

/** Only these words free a slot. Another refusal (a right that is missing, say) proves nothing. */
function isNoSuchChannel(error: unknown): boolean {
  return error instanceof AmiError && error.code === "ami_refused" && /no such channel/i.test(error.message);
}

/** A row that cannot be read makes the list incomplete: what it stands for must not be taken for gone. */
function readList({ events, complete }: Awaited<ReturnType<Connection["list"]>>): ChannelList {
  let lacks = complete ? "" : "broke off, or is not as long as the switch says";
  const channels: ListedChannel[] = [];
  for (const row of events) {
    const event = readEvent(row, (_name, why) => {
      lacks = `has a channel that cannot be read: ${why}`;
    });
    if (event?.type === "listed_channel") channels.push(event);
    else lacks ||= `has a ${row.name} among its channels`;
  }
  return { channels, complete: lacks === "", lacks };
}
