/**
 * What the dialplan can perform: the instruction set of the small machine in dialplan/. `play`, `collect`, `dial`
 * and `queue` come back with an `Outcome` for the next step; the others end Signalbox's part in the call.
 */
export type Instruction =
  | Play
  | Collect
  | Dial
  | Queue
  | {
      readonly do: "voicemail";
      readonly mailbox: string;
      readonly context: string;
      readonly greeting: Greeting;
    }
  | { readonly do: "goto"; readonly context: string; readonly extension: string; readonly priority: number }
  | Hangup;

export type Play = { readonly do: "play"; readonly files: readonly string[] };

export type Collect = {
  readonly do: "collect";
  /** Played in order; a key press ends the playing. */
  readonly files: readonly string[];
  readonly firstDigitSeconds: number;
  readonly nextDigitSeconds: number;
  /** After these key sequences another digit is awaited; after any other the answer is complete. */
  readonly prefixes: readonly string[];
  /** Set: up to so many keys, whatever they are; `#` ends them early and is none of them. Null: by `prefixes`. */
  readonly digits: number | null;
};

export type Dial = {
  readonly do: "dial";
  /** One channel string as Dial() takes it, never two joined by `&`. */
  readonly dial: string;
  readonly ringSeconds: number;
  /** Legs on a trunk get carrier options (no transfer by the carrier, limits); phones do not. */
  readonly trunk: string | null;
  /** Number to show to who is dialled, null to leave the caller's. The name is left alone in any case. */
  readonly callerId: string | null;
  /** The most seconds the dialled leg may last; set on that leg, since the dialling channel may leave it. */
  readonly limitSeconds: number | null;
  /** How the carrier is to be dealt with; null for a phone. */
  readonly carrier: CarrierManners | null;
};

export type CarrierManners = {
  /** Without ringing or any other sound from it for so long it has failed; null: as long as the call may ring. */
  readonly silentSeconds: number | null;
  /** Whether who is called may see the number; null: as the caller wants it. */
  readonly shown: boolean | null;
  /** The leg carries headers that name the client and the call. */
  readonly stamped: boolean;
};

export type Queue = { readonly do: "queue"; readonly queue: string; readonly waitSeconds: number | null };

export type Greeting = "unavailable" | "busy" | "none";

export type Hangup = {
  readonly do: "hangup";
  /** Q.850; what the carrier sees as a SIP code. */
  readonly cause: number;
  /** Played first: as early media when the call is not answered, so that a refused caller pays nothing. */
  readonly announce: string | null;
};

/** What came of an instruction that returns. */
export type Outcome =
  | { readonly type: "played" }
  | { readonly type: "digits"; readonly digits: string }
  | { readonly type: "silence" }
  | {
      readonly type: "dialled";
      readonly status: DialStatus;
      readonly cause: number | null;
      /** True when the switch saw neither ringing nor anything else, false when it did; absent where it cannot tell. */
      readonly silent?: boolean;
    }
  | {
      readonly type: "queued";
      readonly status: string;
      /** Of the caller as he came into the queue, the first is 1; absent where the switch did not tell. */
      readonly place?: number;
    };

export type DialStatus =
  | "ANSWER"
  | "BUSY"
  | "NOANSWER"
  | "CANCEL"
  | "CONGESTION"
  | "CHANUNAVAIL"
  | "DONTCALL"
  | "TORTURE"
  | "INVALIDARGS";
