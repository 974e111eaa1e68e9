/** A clock that is only slewed, as NTP does it, moves by far less between two questions. */
const SMALLEST_MS = 1000;

/**
 * Tells how far the machine's clock was set since it was last asked, in milliseconds; 0 when it only went on. `wall`
 * and `elapsed` are the machine's, unless a test has its own.
 */
export function createClockSteps(
  wall: () => number = Date.now,
  elapsed: () => number = () => performance.now(),
): () => number {
  let offset = wall() - elapsed();
  return () => {
    const now = wall() - elapsed();
    const by = now - offset;
    offset = now;
    return Math.abs(by) < SMALLEST_MS ? 0 : Math.round(by);
  };
}
