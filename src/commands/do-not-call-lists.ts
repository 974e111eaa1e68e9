import type { NumberSource } from "../calls/do-not-call.ts";
import type { Snapshot } from "../core/snapshot/snapshot.ts";

/** Every do-not-call list that a configuration names: everyone's, and those of single clients. */
export function numberSources({ system, tenants }: Snapshot): readonly NumberSource[] {
  const own = [...tenants.values()].flatMap(({ id, country, outbound }) =>
    outbound.doNotCall === null ? [] : [{ tenant: id, country, file: outbound.doNotCall.file }],
  );
  if (system.doNotCall === null) return own;
  return [{ tenant: null, country: system.country, file: system.doNotCall.file }, ...own];
}
