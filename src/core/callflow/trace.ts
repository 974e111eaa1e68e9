/** One line of why: which rule spoke, and what it said. The simulator prints it and the call record keeps it. */
export type TraceLine = { readonly rule: string; readonly says: string };

/** The trace of one step as it grows. */
export class Notes {
  readonly lines: TraceLine[] = [];

  add(rule: string, says: string): void {
    this.lines.push({ rule, says });
  }
}
