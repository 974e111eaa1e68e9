import { trunksText } from "../reports/live-text.ts";
import type { Common, Io } from "./io.ts";
import { tellOwnCount } from "./own-count.ts";
import { askLive } from "./top.ts";

export type TrunksOptions = Common & { readonly json?: boolean };

/** How every trunk does at this moment, as the running node has learnt it. */
export async function trunks({ variables, json }: TrunksOptions, io: Io): Promise<number> {
  const view = await askLive(variables);
  const listed = view.trunks;
  io.out(json === true ? `${JSON.stringify(listed, null, 2)}\n` : trunksText(listed));
  return tellOwnCount(view, io);
}
