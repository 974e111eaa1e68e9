// The report of a run as one file that opens anywhere: tables and charts drawn here, nothing fetched from elsewhere.
import type { ProfileResult } from "./profile.ts";
import type { Sample } from "./watch.ts";

export type Report = {
  readonly profile: string;
  readonly began: string;
  readonly machine: string;
  readonly result: ProfileResult;
  readonly samples: readonly Sample[];
};

const WIDTH = 760;
const HEIGHT = 160;
const LEFT = 48;

const CHARTS: readonly (readonly [title: string, field: keyof Sample, per: "value" | "second"])[] = [
  ["Trunk legs", "channels", "value"],
  ["Decisions a second", "decided", "second"],
  ["Refusals a second", "refused", "second"],
  ["Drift between store and switch", "drift", "value"],
  ["Records not yet stored", "pendingRecords", "value"],
  ["Signalbox: share of a core", "nodeCpu", "value"],
  ["Signalbox: MB", "nodeMb", "value"],
  ["Asterisk: share of a core", "asteriskCpu", "value"],
  ["Asterisk: MB", "asteriskMb", "value"],
];

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:820px;margin:2em auto;padding:0 1em;color:#1b1f24;background:#fff}
table{border-collapse:collapse;margin:1em 0}td{padding:.2em 1em .2em 0;border-bottom:1px solid #d8dee4;vertical-align:top}
h2{font-size:1em;margin:1.6em 0 .2em}.good{color:#116329}.bad{color:#a40e26}svg{display:block}text{font-size:11px;fill:#59636e}
@media (prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}.good{color:#3fb950}.bad{color:#ff7b72}td{border-color:#30363d}}`;

export function htmlReport({ profile, began, machine, result, samples }: Report): string {
  const verdict =
    result.broken.length === 0
      ? '<p class="good">Every invariant held.</p>'
      : `<p class="bad">Broken:</p><ul class="bad">${result.broken.map((text) => `<li>${safe(text)}</li>`).join("")}</ul>`;
  const rows = result.rows.map(([what, value]) => `<tr><td>${safe(what)}</td><td>${safe(value)}</td></tr>`);
  const charts = CHARTS.map(([title, field, per]) => chart(title, pointsOf(samples, field, per)));
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Signalbox: ${safe(profile)}</title><style>${STYLE}</style>
<h1>Load run: ${safe(profile)}</h1><p>${safe(began)}, ${safe(machine)}</p>${verdict}
<table>${rows.join("\n")}</table>
${charts.join("\n")}</html>\n`;
}

type Point = { readonly x: number; readonly y: number };

function pointsOf(samples: readonly Sample[], field: keyof Sample, per: "value" | "second"): Point[] {
  return samples.flatMap((sample, nth) => {
    const value = sample[field];
    if (value === null) return [];
    if (per === "value") return [{ x: sample.at, y: value }];
    const before = samples[nth - 1];
    const since = before === undefined ? null : before[field];
    if (before === undefined || since === null || since > value || sample.at === before.at) return [];
    return [{ x: sample.at, y: (value - since) / (sample.at - before.at) }];
  });
}

function chart(title: string, points: readonly Point[]): string {
  if (points.length < 2) return "";
  const top = niceAbove(Math.max(...points.map(({ y }) => y)));
  const last = Math.max(1, ...points.map(({ x }) => x));
  const at = ({ x, y }: Point) =>
    `${(LEFT + (x / last) * (WIDTH - LEFT - 8)).toFixed(1)},${(HEIGHT - 20 - (y / top) * (HEIGHT - 32)).toFixed(1)}`;
  const line = points.map(at).join(" ");
  const label = (y: number) => {
    const height = HEIGHT - 20 - (y / top) * (HEIGHT - 32);
    return `<line x1="${LEFT}" x2="${WIDTH - 8}" y1="${height}" y2="${height}" stroke="#8b949e" stroke-opacity=".3"/><text x="${LEFT - 6}" y="${height + 4}" text-anchor="end">${y}</text>`;
  };
  return `<h2>${safe(title)}</h2><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${safe(title)}">${[0, top / 2, top].map(label).join("")}<polyline points="${line}" fill="none" stroke="#0969da" stroke-width="1.5"/><text x="${LEFT}" y="${HEIGHT - 4}">0 s</text><text x="${WIDTH - 8}" y="${HEIGHT - 4}" text-anchor="end">${last} s</text></svg>`;
}

/** 1, 2 or 5 times a power of ten, not below `value`. */
function niceAbove(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((each) => each * power >= value) ?? 10;
  return step * power;
}

function safe(text: string): string {
  const names: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (sign) => names[sign] ?? sign);
}
