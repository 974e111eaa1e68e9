/**
 * One line of an Asterisk configuration file for a value that somebody chose freely: `password=…`. A semicolon would
 * begin a comment (`;--` one over many lines), and after `=` a `>` would be read as part of `=>`. The value is one
 * line already: secrets and the schema see to that.
 */
export function setting(key: string, value: string): string {
  const escaped = value.replaceAll(";", "\\;");
  return `${key}=${escaped.startsWith(">") ? " " : ""}${escaped}`;
}

/** A name as the user part of a SIP URI: what would end that part, an `@` say, is percent-encoded. */
export function uriUser(name: string): string {
  return encodeURIComponent(name).replaceAll(/%(24|26|2B|2C|2F|3B|3D|3F)/g, decodeURIComponent);
}
