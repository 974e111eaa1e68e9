import type { CallCode } from "../core/callflow/call-code.ts";
import type { VicidialAnswer } from "../core/callflow/commands.ts";

/** The port of VICIdial's tables, as far as a call that is being decided needs them. Nothing is ever written. */
export type VicidialDirectory = {
  /**
   * What the tables say of a call code. MUST answer within 50 ms, whatever the database does, and never reject: a
   * database that is slow, gone or overloaded is `signs: null`, and keeps no other call waiting.
   */
  readonly signsOf: (code: CallCode) => Promise<VicidialAnswer>;
};

/**
 * One of VICIdial's do-not-call tables: null for `vicidial_dnc`, else the part of `vicidial_campaign_dnc` of some
 * campaigns, named or by the user group that they are in.
 */
export type VicidialList = {
  readonly of: { readonly campaigns: readonly string[]; readonly userGroups: readonly string[] } | null;
};

/** What is cheap to ask of a list and changes with most of its changes. */
export type ListSize = { readonly count: number; readonly last: string };

/** The numbers of a list that begin alike: two lists of the same content have the same marks. */
export type ListPart = { readonly beginning: string; readonly count: number; readonly mark: string };

/** The port of VICIdial's do-not-call tables. Every function rejects when the database cannot be asked. */
export type VicidialLists = {
  readonly size: (list: VicidialList) => Promise<ListSize>;
  /** Costs the database one pass over the list. */
  readonly parts: (list: VicidialList) => Promise<readonly ListPart[]>;
  /** The numbers of one part, as VICIdial writes them, some thousand at a time. */
  readonly numbers: (list: VicidialList, beginning: string) => AsyncIterable<readonly string[]>;
};
