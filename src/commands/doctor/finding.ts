/** One thing that the doctor looked at. */
export type Finding = {
  /** Fixed name, for scripts: `ami_rights`, `clock` … */
  readonly check: string;
  /** The switch it is about, null for this machine. */
  readonly server: string | null;
  /** `unknown`: it could not be looked at, and why stands in `says`. */
  readonly state: "well" | "ill" | "unknown";
  readonly says: string;
  /** What to do about it; empty when well. */
  readonly mend: string;
};

export function well(check: string, server: string | null, says: string): Finding {
  return { check, server, state: "well", says, mend: "" };
}

export function ill(check: string, server: string | null, says: string, mend: string): Finding {
  return { check, server, state: "ill", says, mend };
}

export function unknown(check: string, server: string | null, says: string, mend: string): Finding {
  return { check, server, state: "unknown", says, mend };
}
