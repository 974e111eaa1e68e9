import type { TargetPath } from "../../core/routing/plan.ts";
import type { Link, RawTarget } from "../../core/routing/target-type.ts";
import { type TargetSpec, targetTypes } from "../../core/routing/targets/index.ts";

/** What compiling needs of any type; the key that a raw target has vouches for the pair. */
type Compiler = { readonly compile: (raw: RawTarget, link: Link) => TargetSpec };

const compilers = new Map<string, Compiler>(
  targetTypes.map((each) => [each.type, each as unknown as Compiler]),
);

/** Puts a target and all its children under their paths. Returns `path`. */
export function addTarget(targets: Map<TargetPath, TargetSpec>, path: string, raw: RawTarget): TargetPath {
  const compiler = compilerOf(raw);
  const spec = compiler.compile(raw, (key, child) => addTarget(targets, `${path}.${key}`, child));
  targets.set(path as TargetPath, spec);
  return path as TargetPath;
}

function compilerOf(raw: RawTarget): Compiler {
  for (const key in raw) {
    const found = compilers.get(key);
    if (found !== undefined) return found;
  }
  throw new Error(`bug: a target with the keys ${Object.keys(raw).join(", ")} passed its schema`);
}
