import type { Snapshot, Switch } from "../../core/snapshot/snapshot.ts";
import { renderDialler } from "./dialler.ts";
import { renderEmergency } from "./emergency.ts";
import { renderFallbacks } from "./fallback.ts";
import { renderOutboundContexts } from "./outbound-contexts.ts";
import { contentRevision } from "./revision.ts";
import { trunksWithoutSecrets } from "./trunks.ts";

const AGI_MARK = ";{{agi}}\n";

/** The dialplan of one switch: the machine of dialplan/signalbox.conf, then what must work without Signalbox. */
export function renderDialplan(snapshot: Snapshot, target: Switch, template: string): string {
  if (!template.includes(AGI_MARK)) throw new Error("bug: dialplan/signalbox.conf has lost its {{agi}} line");
  const body = bodyOf(snapshot, target);
  const revision = revisionOf(snapshot, target, template + body);
  const machine = template.replace(AGI_MARK, agiLines(snapshot, target, revision));
  return [
    "; Signalbox: dialplan, for #include in extensions.conf. Written by `signalbox render`; do not edit.",
    `; server ${target.server}, revision ${revision}`,
    "",
    machine,
    body,
  ].join("\n");
}

/** The revision that `renderDialplan` writes: another one exactly when the dialplan or the trunks are others. */
export function dialplanRevision(snapshot: Snapshot, target: Switch, template: string): string {
  return revisionOf(snapshot, target, template + bodyOf(snapshot, target));
}

function bodyOf(snapshot: Snapshot, target: Switch): string {
  return [
    renderFallbacks(snapshot, target),
    renderOutboundContexts(snapshot),
    renderEmergency(snapshot, target),
    renderDialler(snapshot),
  ].join("\n");
}

/** The trunks belong to it since a switch says nothing else of what it was given, and dials an old address without a word. */
function revisionOf(snapshot: Snapshot, target: Switch, dialplan: string): string {
  const addresses = JSON.stringify(snapshot.system.fastagi.addresses);
  return contentRevision(dialplan + addresses + trunksWithoutSecrets(snapshot, target));
}

/**
 * What a step is told by arguments, each a line of its own to send. A call that came in has nothing to tell, but for a
 * channel that was dialled in another call, whose name it carries.
 */
const SENT_FROM = '${IF($["${SB_CALL}" = ""]?:,${FILTER(-A-Za-z0-9_.,${SB_CALL})},${CHANNEL(state)})}';
const BROUGHT = `\${IF($["\${SB_STEP}" = "inbound"]?${SENT_FROM}:,\${SB_STATE},\${SB_KIND},\${SB_RESULT},\${SB_Q850},\${FILTER(-A-Za-z0-9_,\${SB_CAMPAIGN})},\${SB_SILENT})}`;

/** One AGI() per node; the next one is asked at once when a node cannot be reached. */
function agiLines(snapshot: Snapshot, target: Switch, revision: string): string {
  const { addresses } = snapshot.system.fastagi;
  const query = `server=${target.server}&rev=${revision}`;
  const lines = addresses.flatMap((address) => [
    ` same => n,AGI(agi://${address}/\${SB_STEP}?${query}\${SB_QUERY}${BROUGHT})`,
    ' same => n,GotoIf($["${SB_ACTION}" != "" & "${TIMEOUT(absolute)}" = "0" & "${SB_LIMIT}${SB_ENDS}${SB_TRY}" = ""]?sb-do${SB_DO},${SB_ACTION},1)',
    ' same => n,GotoIf($["${SB_ACTION}" != ""]?decided)',
  ]);
  return `${lines.join("\n").replace(" same => n,", " same => n(ask),")}\n`;
}
