import { trunksText } from "../reports/live-text.ts";
import type { Common, Io } from "./io.ts";
import { askLive } from "./top.ts";

export type TrunksOptions = Common & { readonly json?: boolean };

/** How every trunk does at this moment, as the running node has learnt it. */
export async function trunks({ variables, json }: TrunksOptions, io: Io): Promise<number> {
  const { trunks: listed } = await askLive(variables);
  io.out(json === true ? `${JSON.stringify(listed, null, 2)}\n` : trunksText(listed));
  return 0;
}
