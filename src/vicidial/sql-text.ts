/** A value as MySQL and MariaDB read it back, for statements that a person looks at and runs. */
export function sqlText(value: string | number): string {
  if (typeof value === "number") return String(value);
  const escaped = value.replace(/[\\']/g, "\\$&").replaceAll("\n", "\\n");
  return `'${escaped}'`;
}

/** `INSERT` of one row, its columns in the order given. */
export function insertRow(table: string, row: Readonly<Record<string, string | number>>): string {
  const columns = Object.keys(row).join(", ");
  const values = Object.values(row).map(sqlText).join(", ");
  return `INSERT INTO ${table} (${columns}) VALUES (${values});`;
}
