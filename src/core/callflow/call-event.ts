import type { Outcome } from "../routing/instruction.ts";
import type { CallId } from "../tenant/stamp.ts";

/** A call that has just come up on a switch. Every text in it may have been written by the caller. */
export type Offer = {
  readonly type: "offer";
  readonly direction: "inbound" | "outbound";
  /** The switch, already checked against where the connection came from. */
  readonly server: string;
  readonly uniqueid: string;
  /** `PJSIP/apex_sip-00000012` */
  readonly channel: string;
  /** As dialled. */
  readonly dialled: string;
  readonly callerNumber: string;
  /** The caller wants his number withheld, and it came along all the same: by ISDN, IAX or from a carrier that is trusted. */
  readonly withheld?: boolean;
  /** The caller ID's name; a dialler puts its own mark there. */
  readonly callerName: string;
  readonly accountcode: string;
  /** `tenant=` of the AGI address, outbound only. */
  readonly tenantHint: string | null;
  /** The dialler's campaign as the dialplan names it (`SB_CAMPAIGN`), outbound only. */
  readonly campaign: string | null;
  /**
   * The call that this channel was dialled in, and whether it had been answered there, where a phone has sent it on to a
   * number of the house. Absent for one that came by itself.
   */
  readonly sentFrom?: { readonly call: CallId; readonly isUp: boolean };
};

/** A call that comes back from an instruction. */
export type Return = {
  readonly type: "return";
  readonly server: string;
  readonly uniqueid: string;
  readonly channel: string;
  /** As when it came up. */
  readonly withheld?: boolean;
  readonly outcome: Outcome;
};

export type CallEvent = Offer | Return;
