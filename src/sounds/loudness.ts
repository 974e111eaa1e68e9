/** In dB below full scale: 0 is the loudest there is, -Infinity is digital silence. */
export type Loudness = {
  readonly peakDb: number;
  readonly rmsDb: number;
  /** Samples in runs at full scale: what was louder was cut off. */
  readonly clipped: number;
};

const FULL_SCALE = 32_768;
/** A wave that only touches full scale is not cut off; one that stays there is. */
const CLIPPED_RUN = 3;

export function loudnessOf(samples: Int16Array): Loudness {
  let [peak, squares, clipped, run] = [0, 0, 0, 0];
  for (const sample of samples) {
    const size = Math.abs(sample);
    if (size > peak) peak = size;
    squares += size * size;
    run = size >= FULL_SCALE - 1 ? run + 1 : 0;
    if (run === CLIPPED_RUN) clipped += CLIPPED_RUN;
    else if (run > CLIPPED_RUN) clipped++;
  }
  const rms = samples.length === 0 ? 0 : Math.sqrt(squares / samples.length);
  return { peakDb: decibels(peak), rmsDb: decibels(rms), clipped };
}

function decibels(size: number): number {
  return 20 * Math.log10(size / FULL_SCALE);
}
