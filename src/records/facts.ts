import type { CallFacts } from "../core/record/record.ts";

/** What a row keeps of a call, from its JSON. */
export function readFacts(text: string): CallFacts {
  return JSON.parse(text) as CallFacts;
}
