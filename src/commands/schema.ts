import { jsonSchemas } from "../config/json-schema.ts";
import { type Io, WrongUse } from "./io.ts";

/** Prints the JSON Schema of one kind of file, or of all in one object. */
export function schema(file: string | undefined, io: Io): number {
  const schemas = jsonSchemas();
  if (file !== undefined && !isKind(file, schemas)) {
    throw new WrongUse(`${file}: the kinds of file are ${Object.keys(schemas).join(", ")}`);
  }
  io.out(`${JSON.stringify(file === undefined ? schemas : schemas[file], null, 2)}\n`);
  return 0;
}

function isKind<Kinds extends object>(text: string, kinds: Kinds): text is keyof Kinds & string {
  return Object.hasOwn(kinds, text);
}
