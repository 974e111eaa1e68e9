import type { CallFacts, RecordedCall, RecordingGap, RecordingMark, StepNote } from "./record.ts";

/** What was to be recorded of the call, null where no step wanted anything. Every step names the same file. */
export function recordedOf(facts: CallFacts, steps: readonly StepNote[]): RecordedCall | null {
  const recording = steps.findLast((step) => step.recording !== undefined)?.recording;
  if (recording === undefined) return null;
  const marks = facts.marks ?? [];
  return {
    ...recording,
    noticedAt: marks.find(({ what }) => what === "noticed")?.at ?? null,
    gaps: gapsOf(marks),
  };
}

/** A second pause within a pause changes nothing; what is not resumed lasts to the end. */
function gapsOf(marks: readonly RecordingMark[]): readonly RecordingGap[] {
  const gaps: RecordingGap[] = [];
  let from: number | null = null;
  for (const { at, what } of marks) {
    if (from === null && (what === "paused" || what === "stopped")) from = at;
    if (from === null || what !== "resumed") continue;
    gaps.push({ from, to: at });
    from = null;
  }
  return from === null ? gaps : [...gaps, { from, to: null }];
}
