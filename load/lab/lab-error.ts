/** What went wrong in the lab. `code` is stable (port_taken, asterisk_missing …); the message says what to do. */
export class LabError extends Error {
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "LabError";
    this.code = code;
  }
}
