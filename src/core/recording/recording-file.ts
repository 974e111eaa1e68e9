/** The three ways to keep a call: both sides in one file, what the recorded leg said, and what it heard. */
export const recordingParts = ["mixed", "said", "heard"] as const;
export type RecordingPart = (typeof recordingParts)[number];

/** A day's folder below the client's own, and a name without a folder in it. */
const SHAPE = /^[0-9]{4}\/[0-9]{2}\/[0-9]{2}\/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,149}\.(wav|WAV|gsm)$/;

/** True for the name of a file that a call of this tenant can have been recorded to. */
export function isRecordingFile(file: string, tenant: string): boolean {
  return file.startsWith(`${tenant}/`) && SHAPE.test(file.slice(tenant.length + 1));
}

/** The file of one part, from that of the whole: `x/1.wav` → `x/1-said.wav`. All extensions have three letters. */
export function partFile(file: string, part: RecordingPart): string {
  return part === "mixed" ? file : `${file.slice(0, -4)}-${part}${file.slice(-4)}`;
}
