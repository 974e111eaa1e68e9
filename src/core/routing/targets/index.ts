import { type AnnounceSpec, announce } from "./announce.ts";
import { type DialSpec, dial } from "./dial.ts";
import { type ForwardSpec, forward } from "./forward.ts";
import { type GotoSpec, goTo } from "./goto.ts";
import { type HangupSpec, hangup } from "./hangup.ts";
import { type HoursSpec, hours } from "./hours.ts";
import { type IngroupSpec, ingroup } from "./ingroup.ts";
import { type MenuSpec, menu } from "./menu.ts";
import { type QueueSpec, queue } from "./queue.ts";
import { type RouteSpec, route } from "./route.ts";
import { type VoicemailSpec, voicemail } from "./voicemail.ts";

/** Every kind of target. Schema, documentation, simulator labels and the contract test derive from this list. */
export const targetTypes = [
  announce,
  dial,
  forward,
  goTo,
  hangup,
  hours,
  ingroup,
  menu,
  queue,
  route,
  voicemail,
] as const;

/** One target, compiled: its type and what that type needs. */
export type TargetSpec =
  | AnnounceSpec
  | DialSpec
  | ForwardSpec
  | GotoSpec
  | HangupSpec
  | HoursSpec
  | IngroupSpec
  | MenuSpec
  | QueueSpec
  | RouteSpec
  | VoicemailSpec;

export type TargetTypeName = TargetSpec["type"];
