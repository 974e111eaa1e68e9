/**
 * A number from 0 up to 1 that looks drawn and is not: the same text always gives the same one. It lets equal trunks
 * and caller IDs share the calls while a decision stays a function of its inputs. FNV-1a, then the mixing steps of
 * MurmurHash3, without which texts that differ only in their last digits would come out alike.
 */
export function draw(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x1_0000_0000;
}
