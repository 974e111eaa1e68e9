import { partFile, type RecordingPart, recordingParts } from "../recording/recording-file.ts";
import type {
  CallFacts,
  RecordedCall,
  RecordingGap,
  RecordingMark,
  StepNote,
  StepRecording,
} from "./record.ts";

/** One file that a step of the call named. */
export type RecordedFile = {
  readonly file: string;
  readonly part: RecordingPart;
  readonly recording: StepRecording;
  /** False where the steps do not agree, so that nobody knows which of the files was written. */
  readonly sure: boolean;
};

/**
 * Every file that may have been written. All steps name the same, unless the configuration came to another format, or to
 * files of both sides, while the call was on: then what runs already goes on as it was begun.
 */
export function recordedFiles(steps: readonly StepNote[]): readonly RecordedFile[] {
  const wanted = steps.flatMap(({ recording }) => (recording === undefined ? [] : [recording]));
  const names = [...new Set(wanted.map(({ file }) => file))];
  return names.flatMap((name) => {
    const same = wanted.filter(({ file }) => file === name);
    const withLegs = same.filter(({ legs }) => legs === true);
    const recording = withLegs.at(-1) ?? same.at(-1);
    if (recording === undefined) return [];
    const parts = withLegs.length > 0 ? recordingParts : (["mixed"] as const);
    return parts.map((part) => {
      const sure = names.length === 1 && (part === "mixed" || withLegs.length === same.length);
      return { file: partFile(name, part), part, recording, sure };
    });
  });
}

/** What was to be recorded of the call, by the last step that says so; null where none wanted anything. */
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

/** True where who was about to be recorded hung up during the notice: nothing was recorded, and a caller was not handed over. */
export function brokeOffNotice({ marks = [] }: CallFacts): boolean {
  return marks.some(({ what }) => what === "unnoticed");
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
