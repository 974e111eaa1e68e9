import { z } from "zod";
import { dialplanWord, whole } from "./scalars.ts";

const byKeys = z.strictObject({
  context: dialplanWord,
  extension: dialplanWord,
  priority: whole(1, 9999).optional(),
});

const asGoto = z.string().regex(/^[^,]+,[^,]+,[0-9]+$/, "must be CONTEXT,EXTENSION,PRIORITY");

export const gotoForms = [byKeys, asGoto] as const;

/** Three keys, or on one line as Goto() has them; with fewer parts Asterisk would mean something else. */
export const gotoPlace = z.preprocess((value) => {
  if (typeof value !== "string" || !asGoto.safeParse(value).success) return value;
  const [context, extension, priority] = value.split(",").map((part) => part.trim());
  return { context, extension, priority };
}, byKeys);
