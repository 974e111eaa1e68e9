import { z } from "zod";
import { dialplanWord, whole } from "./scalars.ts";

const byKeys = z.strictObject({
  context: dialplanWord,
  extension: dialplanWord,
  priority: whole(1, 9999).optional(),
});

const asGoto = z
  .string()
  .regex(
    /^[^,]+,[^,]+, *[0-9]+ *$/,
    "must be CONTEXT,EXTENSION,PRIORITY, or {context: NAME, extension: NUMBER}",
  );

export const gotoForms = [byKeys, asGoto] as const;

/** Three keys, or on one line as Goto() has them; with fewer parts Asterisk would mean something else. */
export const gotoPlace = z.preprocess((value, its) => {
  if (typeof value !== "string") return value;
  const { error } = asGoto.safeParse(value);
  if (error !== undefined) {
    for (const { message } of error.issues) its.addIssue({ code: "custom", message });
    return z.NEVER;
  }
  const [context, extension, priority] = value.split(",").map((part) => part.trim());
  return { context, extension, priority };
}, byKeys);
