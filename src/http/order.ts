/** How long a text of an order may be, and whether blanks around it count. */
export type TextRule = { readonly least: number; readonly most: number; readonly trimmed?: boolean };

/** Reads an order that is an object of texts, these and no others; null for anything else. */
export function readOrder<Key extends string>(
  body: unknown,
  rules: Readonly<Record<Key, TextRule>>,
): Readonly<Record<Key, string>> | null {
  if (typeof body !== "object" || body === null) return null;
  if (Object.keys(body).some((key) => !Object.hasOwn(rules, key))) return null;
  const read: Partial<Record<Key, string>> = {};
  for (const [key, { least, most, trimmed = false }] of Object.entries(rules) as [Key, TextRule][]) {
    const given: unknown = Object.hasOwn(body, key) ? (body as Record<string, unknown>)[key] : undefined;
    if (typeof given !== "string") return null;
    const text = trimmed ? given.trim() : given;
    if (text.length < least || text.length > most) return null;
    read[key] = text;
  }
  return read as Record<Key, string>;
}
