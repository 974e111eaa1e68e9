// What tests of a scripted VICIdial say and ask again and again: call codes, what VICIdial learned of a call, trunk legs.
import { waitFor } from "../../../load/lab/ports.ts";
import { VICI_CARRIERS } from "./vicidial-configuration.ts";
import type { ViciWorld } from "./vicidial-world.ts";

/** Dialled with a client's own prefix, or with the one that all campaigns share. */
export const APEX = "7116465550123";
export const BETA = "7216465550123";
export const GAMMA = "7316465550123";
export const SHARED = "916465550123";
/** The conference that the agent sits in. */
export const HOLD = "8600051";

let serial = 0;
/** A call code that no other call has. */
export function codeFor(letter: string, lead = 1): string {
  serial += 1;
  const digits = String(lead).padStart(10, "0");
  if (letter === "DC") return `DC${String(serial).padStart(6, "0")}W${digits}W`;
  return `${letter}1${String(serial).padStart(8, "0")}${digits}`;
}

/** What VICIdial learned of a call. The half that has dialled nothing runs into `h` as well, without a status. */
export function storyOf(vici: ViciWorld, code: string): string[] {
  return vici.callLog
    .of(code)
    .filter(({ what, status }) => what === "begun" || status !== "")
    .map(({ what, status, cause }) => [what, status, cause].join(" ").trim());
}

/** Trunk and account code of each trunk leg, in order. */
export async function legsNow(vici: ViciWorld): Promise<string[]> {
  return (await vici.look()).legs.map(({ trunk, account }) => `${trunk} ${account}`).sort();
}

/** Ends every trunk leg, and waits until nothing is counted any more. */
export async function hangUpTrunks(vici: ViciWorld): Promise<void> {
  for (const name of Object.keys(VICI_CARRIERS))
    await vici.manager.action("Hangup", { Channel: `/^PJSIP/${name}-.*$/` }).catch(() => undefined);
  await vici.agree(0);
}

/** After a test that has failed: its legs would be counted in the next one, and in its own second try. */
export async function leaveNothing(vici: ViciWorld): Promise<void> {
  if ((await vici.look()).legs.length > 0) await hangUpTrunks(vici);
}

/**
 * Places a call that only the tables can place, until `legs` are counted. On a starved machine their answer may come
 * after the 50 ms that a call waits; such a call is refused, and its code known when it is dialled again.
 */
export async function placeByTables(vici: ViciWorld, legs: number, dial: () => Promise<void>): Promise<void> {
  const late = (): number =>
    vici
      .node()
      .log()
      .filter(({ msg }) => typeof msg === "string" && msg.endsWith("VICIdial's database gave no answer"))
      .length;
  for (let before = late(), left = 3; ; before = late(), left--) {
    await dial();
    await waitFor(
      "a slot or a late answer",
      async () => (late() > before || (await vici.look()).legs.length >= legs ? true : undefined),
      10_000,
    );
    if (late() === before || left === 0) break;
  }
  await vici.agree(legs);
}

/**
 * The trunk leg of an automatic call, at the moment at which a dialler looks for an agent: its own half of the call has
 * got to 8368. Before the leg is in its bridge nothing comes of a redirect, and VICIdial's own scripts take longer.
 */
export function answeredLeg(vici: ViciWorld, code: string): Promise<string> {
  return waitFor(
    `the trunk leg of ${code}`,
    async () => {
      const { events } = await vici.manager.list("CoreShowChannels");
      const own = events
        .map(({ fields }) => fields)
        .filter((fields) => [fields.get("CallerIDName"), fields.get("ConnectedLineName")].includes(code));
      const waits = own.some(
        (fields) => fields.get("Exten") === "8368" && fields.get("Application") === "Wait",
      );
      const leg = own.find(
        (fields) =>
          fields.get("Channel")?.startsWith("PJSIP/") &&
          fields.get("ChannelStateDesc") === "Up" &&
          fields.get("BridgeId") !== "",
      );
      return waits ? leg?.get("Channel") : undefined;
    },
    10_000,
  );
}

/** Resolves when Asterisk's log has this text. */
export async function logged(vici: ViciWorld, text: string, withinMs = 5000): Promise<void> {
  await waitFor(text, () => (vici.asteriskLog().includes(text) ? true : undefined), withinMs);
}
