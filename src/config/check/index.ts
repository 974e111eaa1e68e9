import { checkCapacity } from "./capacity.ts";
import { checkChains } from "./chains.ts";
import type { Draft } from "./draft.ts";
import { checkEmergencyNumbers } from "./emergency-numbers.ts";
import { checkIdleSettings } from "./idle-settings.ts";
import { checkMenuChoices } from "./menu-choices.ts";
import { checkNetworks } from "./networks.ts";
import { checkNumbers } from "./numbers.ts";
import { checkOddities } from "./oddities.ts";
import { checkOwners } from "./owners.ts";
import { checkPlaces } from "./places.ts";
import { checkPrompts } from "./prompts.ts";
import { checkReferences } from "./references.ts";
import { checkSwitches } from "./switches.ts";
import { checkTrunkPolicies } from "./trunk-policies.ts";
import { checkTrunks } from "./trunks.ts";
import { checkVicidial } from "./vicidial.ts";
import { checkWeeks } from "./weeks.ts";

const checks: readonly ((draft: Draft) => void)[] = [
  checkSwitches,
  checkTrunks,
  checkNetworks,
  checkTrunkPolicies,
  checkReferences,
  checkChains,
  checkMenuChoices,
  checkPrompts,
  checkOwners,
  checkPlaces,
  checkCapacity,
  checkNumbers,
  checkEmergencyNumbers,
  checkOddities,
  checkWeeks,
  checkVicidial,
  // The last, since it asks what the others have found.
  checkIdleSettings,
];

/** Everything that no key can be judged for alone: names, owners, chains of targets, sums. */
export function checkDraft(draft: Draft): void {
  for (const check of checks) check(draft);
}
