/**
 * A value as MySQL and MariaDB read it back, for statements that a person looks at and runs. Quotes are doubled, which
 * holds in every SQL mode; a backslash before them would end the text where NO_BACKSLASH_ESCAPES is set.
 */
export function sqlText(value: string | number): string {
  if (typeof value === "number") return String(value);
  const escaped = withoutControls(value).replaceAll("\\", "\\\\").replaceAll("'", "''");
  return `'${escaped}'`;
}

/** A line of comment: what is repeated from a table can never begin a line of its own. */
export function sqlComment(text: string): string {
  return `-- ${withoutControls(text)}`;
}

/** No name has control characters; in a terminal or in a statement they would do something. */
export function withoutControls(text: string): string {
  return text.replace(/\p{Cc}/gu, "?");
}

/** `INSERT` of one row, its columns in the order given. */
export function insertRow(table: string, row: Readonly<Record<string, string | number>>): string {
  const columns = Object.keys(row).join(", ");
  const values = Object.values(row).map(sqlText).join(", ");
  return `INSERT INTO ${table} (${columns}) VALUES (${values});`;
}
