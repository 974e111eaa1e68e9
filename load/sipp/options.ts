import type { Scenario } from "./scenario.ts";

/** One SIPp agent. Times are milliseconds unless the name says otherwise. */
export interface SippOptions {
  /** A composed scenario, or the path of a SIPp XML file. */
  readonly scenario: Scenario | string;
  /** Used in messages and folder names. Default: the scenario's name. */
  readonly name?: string;
  /** `host:port` to call. Callees need none. */
  readonly remote?: string;
  /** Default 127.0.0.1; 127.0.0.2, 127.0.0.3 … stand for different carriers. */
  readonly localIp?: string;
  /** Default: a free one. */
  readonly localPort?: number;
  /** Default: a free one. The next three ports belong to it too. */
  readonly mediaPort?: number;
  /** The number to dial, `[service]` in scenarios. */
  readonly service?: string;
  /** Stop after this many calls. Without it a callee runs until `stop()`; a caller places one call. */
  readonly calls?: number;
  /** New calls per second. Default 10. */
  readonly rate?: number;
  /** At most this many calls at once. Default: as many as `calls`. */
  readonly limit?: number;
  /** `[name]` in an XML scenario becomes the value. */
  readonly keys?: Readonly<Record<string, string>>;
  /** One row per call, in order and again from the start: `[field0]`, `[field1]` … */
  readonly rows?: readonly (readonly string[])[];
  /** A message that takes longer fails its call. Default 40 s. */
  readonly receiveTimeoutMs?: number;
  /** The whole run takes at most this long; longer is a failure. Default: none. */
  readonly deadlineMs?: number;
  /** Keep every SIP message for `result.messages`. Default true; turn it off for load. */
  readonly traceMessages?: boolean;
  /** Send received audio back. */
  readonly echoAudio?: boolean;
  /** Parent of the artefact folder. Default: the system's temporary folder. */
  readonly artefacts?: string;
  /** Keep the artefacts of a successful run too. */
  readonly keep?: boolean;
  /** The program. Default `sipp`, looked up in PATH. */
  readonly program?: string;
  /** Further arguments for SIPp, as they are. */
  readonly extra?: readonly string[];
}

export type SippErrorCode =
  | "SIPP_MISSING"
  | "SIPP_NEEDS_ROOT"
  | "SIPP_SCENARIO_MISSING"
  | "SIPP_OPTIONS"
  | "SIPP_PORT_IN_USE"
  | "SIPP_ENDED"
  | "SIPP_FAILED";

/** Something the reader has to mend; `message` says what. */
export class SippError extends Error {
  readonly code: SippErrorCode;

  constructor(code: SippErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SippError";
    this.code = code;
  }
}
