import type { Draft } from "./draft.ts";

/** Everything that no single file can be judged for alone. */
export function checkDraft(draft: Draft): void {
  for (const check of checks) check(draft);
}

const checks: readonly ((draft: Draft) => void)[] = [];
