/**
 * What Asterisk needs to be told, written from one snapshot: trunks, the manager account, the call detail records and the dialplan, one folder
 * per switch, to be included from the operator's own files. Texts in, texts out; it writes no file, reads no clock,
 * and gives the same bytes for the same snapshot.
 */
import type { Snapshot, Switch } from "../../core/snapshot/snapshot.ts";
import { renderCdr } from "./cdr.ts";
import { renderDialplan } from "./dialplan.ts";
import { renderManager } from "./manager.ts";
import { ownTrunks, renderPjsip, renderSip } from "./trunks.ts";

/** File name → text. */
export type RenderedFiles = Readonly<Record<string, string>>;

/** What `${…}` in these files stands for is the caller's concern: secrets arrive resolved in the snapshot. */
export function renderSwitch(snapshot: Snapshot, target: Switch, template: string): RenderedFiles {
  const trunks = ownTrunks(snapshot);
  const own: Record<string, string> =
    target.technology === "sip"
      ? { "sip_signalbox.conf": renderSip(trunks) }
      : { "pjsip_signalbox.conf": renderPjsip(trunks) };
  return {
    ...own,
    "manager_signalbox.conf": renderManager(target, snapshot.system),
    "cdr_custom_signalbox.conf": renderCdr(target),
    "extensions_signalbox.conf": renderDialplan(snapshot, target, template),
  };
}
