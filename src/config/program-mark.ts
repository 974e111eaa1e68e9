import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Whatever shapes a snapshot: what reads it, what it is made of, and the libraries, which the last one names. */
const FOLDERS = ["src/config", "src/core", "src/platform"];
const LIBRARIES = "package-lock.json";

/**
 * One short text for the code that makes a snapshot, as it lies in the files now. An update replaces them under a node
 * that goes on with the code it was started with, and what the new code makes is not for the old one to decide with.
 */
export function programMark(root: string = join(import.meta.dirname, "../..")): string {
  const hash = createHash("sha256");
  for (const folder of FOLDERS) {
    const names = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
    for (const name of names.filter((each) => each.endsWith(".ts")).sort())
      hash.update(`${name}\0`).update(readFileSync(join(root, folder, name)));
  }
  const libraries = join(root, LIBRARIES);
  if (existsSync(libraries)) hash.update(readFileSync(libraries));
  return hash.digest("base64");
}
