// What happens while a run goes on, once a second: for the line on the terminal and for the charts of the report.
import type { Floor } from "./floor.ts";
import type { Part } from "./floor-options.ts";

export type Sample = {
  /** Seconds since the run began. */
  readonly at: number;
  readonly channels: number;
  readonly decided: number;
  readonly refused: number;
  readonly drift: number;
  readonly pendingRecords: number;
  /** Shares of one core, and MB; null while the part does not run. */
  readonly nodeCpu: number | null;
  readonly nodeMb: number | null;
  readonly asteriskCpu: number | null;
  readonly asteriskMb: number | null;
};

export type Watch = { readonly samples: readonly Sample[]; stop(): void };

const EVERY_MS = 1000;
/** With more legs a look is no small part of what the switch does. */
const MOST_LOOKED_AT = 300;
/** Where nobody looks at a terminal, a line now and then is enough. */
const SAY_EVERY = process.stderr.isTTY === true ? 1 : 10;

/** `floor` is the one there is at that moment, null between two. */
export function watchRun(floor: () => Floor | null, say: (line: string) => void): Watch {
  const samples: Sample[] = [];
  const began = performance.now();
  const cpu = { signalbox: cpuMeter(floor, "signalbox"), asterisk: cpuMeter(floor, "asterisk") };
  const look = async (): Promise<void> => {
    const text = (await floor()?.metrics()) ?? "";
    // What is wrong for a while is to be seen, whatever a profile does meanwhile.
    if (sum(text, "signalbox_channels") <= MOST_LOOKED_AT)
      await floor()
        ?.look()
        .catch(() => {});
    const [node, asterisk] = [cpu.signalbox(), cpu.asterisk()];
    const sample: Sample = {
      at: Math.round((performance.now() - began) / 1000),
      channels: sum(text, "signalbox_channels"),
      decided: sum(text, "signalbox_calls_total"),
      refused: sum(text, "signalbox_refusals_total"),
      drift: sum(text, "signalbox_slot_drift"),
      pendingRecords: sum(text, "signalbox_records_pending"),
      ...{ nodeCpu: node.share, nodeMb: node.mb, asteriskCpu: asterisk.share, asteriskMb: asterisk.mb },
    };
    samples.push(sample);
    if (samples.length % SAY_EVERY === 0) say(lineOf(sample));
  };
  const timer = setInterval(() => void look(), EVERY_MS);
  return { samples, stop: () => clearInterval(timer) };
}

function lineOf(sample: Sample): string {
  const share = (value: number | null) => (value === null ? "–" : `${Math.round(value * 100)} %`);
  return (
    `${sample.at} s: ${sample.channels} legs, ${sample.decided} decided, ${sample.refused} refused, drift ${sample.drift}, ` +
    `CPU Signalbox ${share(sample.nodeCpu)}, Asterisk ${share(sample.asteriskCpu)}, ${Math.round(sample.nodeMb ?? 0)} MB`
  );
}

function cpuMeter(floor: () => Floor | null, part: Part): () => { share: number | null; mb: number | null } {
  let before: { cpu: number; at: number } | null = null;
  return () => {
    const use = floor()?.use(part) ?? null;
    const at = performance.now();
    // A part that was started again begins at nothing.
    const known = before !== null && use !== null && use.cpu >= before.cpu ? before : null;
    const share = use === null || known === null ? null : ((use.cpu - known.cpu) * 1000) / (at - known.at);
    before = use === null ? null : { cpu: use.cpu, at };
    return { share, mb: use?.mb ?? null };
  };
}

/** A metric over all its labels. */
function sum(text: string, name: string): number {
  const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return lines.reduce((total, line) => total + Number(line.slice(line.lastIndexOf(" "))), 0);
}
