/** V8 copies anything shorter by itself. */
const SHORTEST_SLICE = 13;

/**
 * The same text with memory of its own. What is cut out of a longer text keeps all of that for as long as it is kept:
 * a channel's name, remembered for ten minutes, would keep the whole message that it came in.
 */
export function ownText(text: string): string {
  return text.length < SHORTEST_SLICE ? text : ` ${text}`.slice(1);
}
