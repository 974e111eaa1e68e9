import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { SqliteAdapter, type SqliteDatabase, SqliteDialect, type SqliteStatement } from "kysely";

/** Statements kept prepared; a node has a few dozen, and batches of different sizes add to them. */
const MOST_PREPARED = 200;

/** kysely's SQLite dialect over the SQLite that Node brings along. */
export function sqliteDialect(database: DatabaseSync): SqliteDialect {
  return new WholeSteps({ database: new Adapter(database) });
}

/**
 * All steps of a migration in one transaction, which SQLite can and kysely leaves out: a node that is killed meanwhile
 * would leave tables of which the next one finds half.
 */
class WholeSteps extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalDdl();
  }
}

class TransactionalDdl extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class Adapter implements SqliteDatabase {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, SqliteStatement>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  prepare(text: string): SqliteStatement {
    const known = this.#prepared.get(text);
    if (known !== undefined) return known;
    // What SQLite has rolled back by itself, as on a full disk, would hide its reason behind a second error.
    if (text === "rollback" && !this.#database.isTransaction) return DONE;
    if (this.#prepared.size >= MOST_PREPARED) this.#prepared.clear();
    const statement = wrap(this.#database.prepare(text));
    this.#prepared.set(text, statement);
    return statement;
  }

  close(): void {
    this.#prepared.clear();
    this.#database.close();
  }
}

const DONE: SqliteStatement = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [][Symbol.iterator](),
};

function wrap(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
    run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
  };
}
