import { endOfChoice } from "../../core/menu/menu.ts";
import type { Draft } from "./draft.ts";

/** A menu with so many long choices that `#` has to end them cannot have `#` as a choice too. */
export function checkMenuChoices({ tenants, report }: Draft): void {
  for (const { file, tenant } of tenants) {
    for (const [name, menu] of tenant.plan.menus) {
      const choices = [...menu.choices.keys()];
      if (endOfChoice(choices).digits === null) continue;
      for (const choice of choices.filter((each) => each.includes("#"))) {
        report.error(
          file,
          ["menus", name, "choices", choice],
          "can never be chosen: with this many long choices, # is what ends one; take # out or make the choices fewer",
        );
      }
    }
  }
}
