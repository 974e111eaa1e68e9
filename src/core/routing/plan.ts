import type { Menu } from "../menu/menu.ts";
import type { Hours } from "../schedule/hours.ts";
import type { TargetSpec } from "./targets/index.ts";

/** Where in a tenant's file a target stands: `routes.main.open`, `menus.welcome.choices.1`. */
export type TargetPath = string & { readonly __brand: "TargetPath" };

/** A prompt resolved to what `Playback` takes: `signalbox/apex/welcome`, no extension. */
export type SoundFile = string & { readonly __brand: "SoundFile" };

/** Everything a tenant's calls can reach, by name. Plain data: it crosses a worker boundary. */
export type RoutingPlan = {
  readonly targets: ReadonlyMap<TargetPath, TargetSpec>;
  readonly menus: ReadonlyMap<string, Menu<TargetPath>>;
  readonly hours: ReadonlyMap<string, Hours>;
  /** Prompt name, or `language/name` for a translation, → file. A prompt without a file is absent. */
  readonly sounds: ReadonlyMap<string, SoundFile>;
};

/** The path of a named route's target. */
export function routePath(name: string): TargetPath {
  return `routes.${name}` as TargetPath;
}
