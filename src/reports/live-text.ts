import type { Explanation, Prospect, TrunkProspect } from "./explain.ts";
import type { LiveView, SlotView, SwitchView, TenantView, TrunkView } from "./live.ts";
import { bar, type Column, textTable } from "./table.ts";

/** Marks up whole lines: colour on a terminal, nothing elsewhere. */
export type LinePaint = {
  readonly dim: (text: string) => string;
  readonly bad: (text: string) => string;
};

export const plainLines: LinePaint = { dim: (text) => text, bad: (text) => text };

const BAR_WIDTH = 16;

function count<Row>(title: string, value: (row: Row) => number | null): Column<Row> {
  return { title, cell: (row) => String(value(row) ?? "-"), right: true };
}

const tenantColumns: readonly Column<TenantView>[] = [
  { title: "client", cell: ({ tenant }) => tenant },
  count("in", (row) => row.in),
  count("out", (row) => row.out),
  count("used", (row) => row.total),
  count("cap", (row) => row.cap),
  { title: "", cell: ({ total, cap }) => (cap === null ? "" : bar(Math.min(total, cap), cap, BAR_WIDTH)) },
  count("reserve", (row) => row.reserve),
  count("peak today", (row) => row.peak_today),
  count("refused", (row) => row.refused_today),
  { title: "", cell: tenantNote },
];

function tenantNote({ suspended, configured, mode, total, cap }: TenantView): string {
  if (!configured) return "not configured any more";
  if (suspended) return "suspended";
  const full = cap !== null && total >= cap ? "full" : "";
  return mode === "watch" ? [full, "watch only"].filter(Boolean).join(", ") : full;
}

const trunkColumns: readonly Column<TrunkView>[] = [
  { title: "trunk", cell: ({ trunk }) => trunk },
  { title: "for", cell: ({ tenant }) => tenant ?? "shared" },
  count("used", (row) => row.used),
  count("channels", (row) => row.channels),
  { title: "", cell: ({ used, channels }) => bar(Math.min(used, channels), channels, BAR_WIDTH) },
  { title: "health", cell: ({ health }) => health },
];

/** What is missing from the numbers of a view, and what they are good for. */
const OWN_COUNT =
  "used, in and out are this node's own count; what other nodes let in lately, and what was up before it saw the switch, may be missing";

/** Everything at one look: what `top` shows, line by line. */
export function topLines(view: LiveView, paint: LinePaint = plainLines): string[] {
  const { tenants, trunks, switches, slot_store: store } = view;
  const [tenantHead = "", ...tenantRows] = textTable(tenantColumns, tenants);
  const [trunkHead = "", ...trunkRows] = textTable(trunkColumns, trunks);
  return [
    `signalbox ${view.node}  ${view.at.slice(0, 19)}Z  revision ${view.revision}`,
    ...(store.state === "ready" ? [] : [paint.bad(`slots are ${store.state}: ${store.why}`)]),
    ...(view.own_count ? [paint.bad(OWN_COUNT)] : []),
    ...switches.map((each) => switchLine(each, paint)),
    ...nobodysLines(view, paint),
    "",
    paint.dim(tenantHead),
    ...tenantRows.map((line, index) => (isTroubled(tenants[index]) ? paint.bad(line) : line)),
    "",
    paint.dim(trunkHead),
    ...trunkRows.map((line, index) => (trunks[index]?.health === "ok" ? line : paint.bad(line))),
  ];
}

function isTroubled(tenant: TenantView | undefined): boolean {
  return tenant !== undefined && tenantNote(tenant).startsWith("full");
}

function switchLine({ server, up, why, listening, drift, swept_at }: SwitchView, paint: LinePaint): string {
  if (!up) return paint.bad(`switch ${server}: ${why}`);
  if (!listening) return `switch ${server}: up; another node keeps its slots`;
  if (swept_at === null) return paint.bad(`switch ${server}: up; its channels were not looked at yet`);
  return `switch ${server}: up; ${drift === 0 ? "slots as on the switch" : `${drift} slots differed at the last look`}`;
}

function nobodysLines({ unattributed, refused_legs }: LiveView, paint: LinePaint): string[] {
  const lines = [];
  if (unattributed > 0) lines.push(paint.bad(`${unattributed} trunk legs of no known client`));
  if (refused_legs > 0) lines.push(`${refused_legs} refused legs still hear why`);
  return lines;
}

const slotColumns: readonly Column<SlotView>[] = [
  { title: "slot", cell: ({ id }) => id },
  { title: "age", cell: ({ age_seconds }) => durationText(age_seconds), right: true },
  { title: "client", cell: ({ tenant }) => tenant ?? "-" },
  { title: "direction", cell: ({ direction }) => direction ?? "-" },
  { title: "trunk", cell: ({ trunk }) => trunk },
  { title: "state", cell: slotState },
  { title: "leg", cell: ({ leg }) => leg ?? "-" },
  { title: "call", cell: ({ call }) => call ?? "-" },
  { title: "node", cell: ({ node }) => node },
];

function slotState({ state, adopted, flagged, lease_seconds }: SlotView): string {
  const marks = [
    state,
    ...(adopted ? ["found"] : []),
    ...(flagged === null ? [] : [`flagged ${flagged}`]),
    ...(lease_seconds === null ? ["switch unseen"] : []),
  ];
  return marks.join(", ");
}

export function slotsText(slots: readonly SlotView[]): string {
  const total = slots.length === 1 ? "1 slot" : `${slots.length} slots`;
  return `${[...(slots.length === 0 ? [] : textTable(slotColumns, slots)), total].join("\n")}\n`;
}

const allTrunkColumns: readonly Column<TrunkView>[] = [
  ...trunkColumns.filter(({ title }) => title !== ""),
  { title: "retry", cell: ({ retry_at }) => retry_at?.slice(11, 19) ?? "-" },
  {
    title: "answered",
    cell: ({ answer_ratio: ratio }) => (ratio === null ? "-" : `${Math.round(ratio * 100)}%`),
    right: true,
  },
  { title: "cost", cell: ({ cost_per_minute: cost }) => (cost === null ? "-" : String(cost)), right: true },
  count("failed in a row", (row) => row.failures_in_row),
  { title: "last failure (UTC)", cell: failureText },
];

function failureText({ last_failure: failure }: TrunkView): string {
  return failure === null ? "-" : `${failure.at.slice(0, 19).replace("T", " ")} ${failure.why}`;
}

export function trunksText(trunks: readonly TrunkView[]): string {
  return `${textTable(allTrunkColumns, trunks).join("\n")}\n`;
}

/** `75` → `1:15`, `3700` → `1:01:40`. */
export function durationText(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours === 0) return `${minutes}:${two(seconds % 60)}`;
  return `${hours}:${two(minutes)}:${two(seconds % 60)}`;
}

/** An explanation for people: each direction, each trunk, each scope with its numbers. */
export function explanationText(explanation: Explanation): string {
  const { tenant, at, mode, inbound, outbound } = explanation;
  const lines = [
    `${tenant} at ${at.slice(0, 19)}Z${mode === "watch" ? ", limits only watch" : ""}`,
    ...prospectLines("the next inbound call", inbound),
    ...prospectLines("the next outbound call", outbound),
  ];
  return `${lines.join("\n")}\n`;
}

function prospectLines(title: string, { admitted, reason, says, trunks }: Prospect): string[] {
  const verdict = admitted ? says : `refused, ${reason}: ${says}`;
  return ["", `${title}: ${verdict}`, ...trunks.flatMap(trunkLines)];
}

const scopeNames = {
  tenant: "client",
  direction: "direction",
  pool: "shared pool",
  trunk: "trunk",
  tenant_rate: "client's calls a second",
  trunk_rate: "trunk's calls a second",
} as const;

function trunkLines({ trunk, admitted, reason, skipped, scopes }: TrunkProspect): string[] {
  if (skipped !== null) return [`  ${trunk} ${skipped}`];
  const width = Math.max(0, ...scopes.map(({ of }) => scopeNames[of].length));
  const verdict = admitted ? "has room" : `${reason}`;
  return [
    `  ${trunk}: ${verdict}`,
    ...scopes.map(({ of, used, kept, limit, full }) => {
      const rate = of === "tenant_rate" || of === "trunk_rate";
      const numbers = rate ? `at most ${limit}` : `${used} of ${limit}`;
      const promised = kept === 0 ? "" : `, ${kept} kept for others`;
      return `    ${scopeNames[of].padEnd(width)}  ${numbers}${promised}${full ? "  full" : ""}`;
    }),
  ];
}
