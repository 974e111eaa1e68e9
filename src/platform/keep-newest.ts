/** Forgets what a map or a set was given first while it holds more than `most`. */
export function keepNewest<Key>(
  known: Pick<Map<Key, unknown>, "size" | "keys" | "delete">,
  most: number,
): void {
  if (known.size <= most) return;
  for (const oldest of known.keys()) {
    known.delete(oldest);
    if (known.size <= most) return;
  }
}
