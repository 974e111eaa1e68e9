import { isE164 } from "../number/e164.ts";
import type { Tenant } from "../snapshot/snapshot.ts";
import { vicidialName } from "../snapshot/vicidial-name.ts";
import type { CallId, Direction } from "../tenant/stamp.ts";
import { draw } from "../trunk/draw.ts";

/** What is to be recorded of a call, and where it goes. */
export type Recording = {
  /** Below the directory of recordings: `apex/2026/11/23/ast1-1795304782.2.wav`; dates are UTC. */
  readonly file: string;
  readonly format: "wav" | "wav49" | "gsm";
  /** Played to whoever is about to be recorded, before it begins; null: nothing is announced. */
  readonly notice: string | null;
  /** True: what the recorded leg says and what it hears get files of their own besides. Absent: they do not. */
  readonly legs?: true;
};

/** Asterisk writes a wav49 file with this extension and would not find it by the other. */
const EXTENSION = { wav: "wav", wav49: "WAV", gsm: "gsm" } as const;

/**
 * Whether this call is recorded, and under which name. The same call always gets the same answer: a share of the calls
 * is drawn from the call id, and the date is that of the call's first channel, so a later step names the same file.
 */
export function planRecording(
  call: {
    readonly call: CallId;
    readonly direction: Direction;
    readonly did: string;
    /** The dialler's, of a call that goes out; null where none is known. */
    readonly campaign?: string | null;
  },
  tenant: Tenant,
  now: number,
): Recording | null {
  const { recording } = tenant;
  const own =
    call.direction === "inbound" ? didShare(call.did, tenant) : campaignShare(call.campaign, tenant);
  const share = own ?? recording[call.direction];
  if (draw(`${call.call} recording`) * 100 >= share) return null;
  const [year = "", month = "", day = ""] = dateOf(startOf(call.call) ?? now);
  return {
    file: `${tenant.id}/${year}/${month}/${day}/${call.call}.${EXTENSION[recording.format]}`,
    format: recording.format,
    notice: recording.notice,
    ...(recording.legs ? { legs: true as const } : {}),
  };
}

function campaignShare(campaign: string | null | undefined, { recording }: Tenant): number | null {
  if (campaign === null || campaign === undefined) return null;
  return recording.campaigns.get(vicidialName(campaign)) ?? null;
}

function didShare(did: string, { dids }: Tenant): number | null {
  return isE164(did) ? (dids.get(did)?.recording ?? null) : null;
}

/** A uniqueid begins with the second its channel came up. */
function startOf(call: CallId): number | null {
  const seconds = /-([0-9]{10})\.[0-9]+$/.exec(call)?.[1];
  return seconds === undefined ? null : Number(seconds) * 1000;
}

/** `2026-11-23` in its three parts. */
function dateOf(epochMs: number): readonly string[] {
  return new Date(epochMs).toISOString().slice(0, 10).split("-");
}
