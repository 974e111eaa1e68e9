/** Two that met in one row: one of them is told to try again. */
const AGAIN: ReadonlySet<unknown> = new Set([
  "ER_LOCK_DEADLOCK",
  "ER_LOCK_WAIT_TIMEOUT",
  "ER_DUP_ENTRY",
  "records_stored_twice",
]);
const MOST = 5;

/** Does a transaction, and again when another was in its way. */
export async function triedAgain<T>(transact: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transact();
    } catch (error) {
      if (attempt >= MOST || !AGAIN.has((error as { code?: unknown }).code)) throw error;
    }
  }
}
