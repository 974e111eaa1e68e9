// What the rendered dialplan of many numbers costs a real Asterisk: its size and the time of `dialplan reload`.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startAsterisk } from "../lab/asterisk.ts";
import type { AsteriskVersion } from "../lab/find-asterisk.ts";
import { freePort } from "../lab/ports.ts";

export type DialplanFigures = {
  readonly asterisk: string;
  readonly megabytes: number;
  readonly extensions: number;
  /** Of `dialplan reload`, several times. */
  readonly reloadMs: readonly number[];
};

export async function dialplanReload(
  version: AsteriskVersion,
  rendered: string,
  place: { readonly folder: string; readonly ports: readonly [number, number]; readonly rounds: number },
): Promise<DialplanFigures> {
  const text = readFileSync(join(rendered, "extensions_signalbox.conf"), "utf8");
  const [from, to] = place.ports;
  const asterisk = await startAsterisk({
    version,
    folder: place.folder,
    files: { "extensions_signalbox.conf": text },
    sip: `127.0.0.1:${await freePort(from, to, ["udp"])}`,
    ami: `127.0.0.1:${await freePort(from, to, ["tcp"])}`,
    rtpStart: to - 20,
    rtpEnd: to,
  });
  try {
    const reloadMs: number[] = [];
    for (let round = 0; round < place.rounds; round++) {
      const start = performance.now();
      await asterisk.cli("dialplan reload");
      reloadMs.push(performance.now() - start);
    }
    return {
      asterisk: asterisk.version,
      megabytes: text.length / 1e6,
      extensions: text.match(/^exten =>/gm)?.length ?? 0,
      reloadMs,
    };
  } finally {
    await asterisk.stop();
  }
}
