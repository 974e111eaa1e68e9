/** Why the records cannot be had, in words that say what mends it; the same for calls and for recordings. */
import { accessSync, constants } from "node:fs";
import { RecordError } from "../calls/record-port.ts";
import { messageOf } from "../platform/errors.ts";

/**
 * Whether the file is there and this user may read it, or `write` it. Throws RecordError: `records_absent`,
 * `records_unreadable`.
 */
export function expectFile(file: string, { write = false }: { readonly write?: boolean } = {}): void {
  try {
    accessSync(file, write ? constants.R_OK | constants.W_OK : constants.R_OK);
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === "ENOENT" || code === "ENOTDIR") throw absent(file, error);
    const what = write ? "changed" : "read";
    const todo = write ? "be the node's user" : "be the node's user or a member of its group";
    throw new RecordError(
      "records_unreadable",
      `${file} may not be ${what} by you (${String(code)}): ${todo}`,
      error,
    );
  }
}

/** What the database threw. `file` is null where it is a server. */
export function unreadable(error: unknown, file: string | null): RecordError {
  const where = file ?? "the records database";
  const text = messageOf(error);
  if ((error as { code?: unknown }).code === "ER_NO_SUCH_TABLE" || /no such table/.test(text))
    return absent(where, error);
  return new RecordError("records_unreadable", `${where} cannot be read: ${text}${todo(text, file)}`, error);
}

const REFUSED = "compare user and password in `records`, and what the database grants to that user";

function todo(text: string, file: string | null): string {
  if (file === null) return / denied /.test(text) ? `; ${REFUSED}` : "; is it running?";
  if (/malformed/.test(text)) return "; `sqlite3 FILE .recover` gets out of it what can be read";
  // While nobody has it open, SQLite makes two files beside it, even to read.
  if (!/readonly database|unable to open/.test(text)) return "";
  return "; while no node runs only its user, who may write in that folder, can read it";
}

function absent(where: string, cause: unknown): RecordError {
  return new RecordError(
    "records_absent",
    `there are no call records at ${where} yet: start \`signalbox serve\`, or name its --var`,
    cause,
  );
}
