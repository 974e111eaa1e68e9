import type { Logger } from "pino";

export type DialplanWatch = {
  /** Told of every request; null from a dialplan that says none. */
  readonly saw: (server: string, revision: string | null) => void;
  /** Server → whether it asked last from a dialplan that `render` would write again; servers that asked only. */
  readonly current: () => ReadonlyMap<string, boolean>;
};

/** More different revisions than operators have; beyond it something is inventing them. */
const MOST_REMEMBERED = 200;

/**
 * Notices switches that run on a dialplan rendered from an older configuration, and warns once of each such dialplan,
 * whose revision is also that of the trunks beside it.
 * A change of the configuration that changes nothing in the dialplan or the trunks goes unnoticed.
 */
export function createDialplanWatch(
  rendered: () => ReadonlyMap<string, string>,
  log: Pick<Logger, "warn">,
): DialplanWatch {
  const last = new Map<string, string>();
  const warned = new Set<string>();
  return {
    saw(server, revision) {
      if (revision === null) return;
      last.set(server, revision);
      const wanted = rendered().get(server);
      if (wanted === undefined || wanted === revision) return;
      const key = `${server} ${revision}`;
      if (warned.has(key) || warned.size >= MOST_REMEMBERED) return;
      warned.add(key);
      log.warn(
        { event: "switch.old_dialplan", server, revision: revision.slice(0, 40), wanted },
        `${server} runs on files of an older configuration: run \`signalbox render\`, reload its dialplan and its trunks`,
      );
    },
    current: () => {
      const now = rendered();
      const known = [...last].filter(([server]) => now.has(server));
      return new Map(known.map(([server, revision]) => [server, revision === now.get(server)] as const));
    },
  };
}
