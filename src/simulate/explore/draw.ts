import type { Place, Way } from "./tree.ts";

/** A tree as JSON prints it; a place that is drawn elsewhere is `{"see": "its id"}`. */
export type DrawnPlace = {
  readonly id: string;
  readonly title: string;
  readonly ways: readonly { readonly label: string; readonly to: DrawnPlace | { readonly see: string } }[];
};

export function treeJson({ id, title, ways }: Place): DrawnPlace {
  return {
    id,
    title,
    ways: ways.map(({ label, to, seen }) => ({ label, to: seen ? { see: to.id } : treeJson(to) })),
  };
}

/** Lines with rules down the side; `↑` marks a place that stands further up. */
export function treeText(root: Place): string {
  return `${[root.title, ...branches(root.ways, "")].join("\n")}\n`;
}

function branches(ways: readonly Way[], indent: string): string[] {
  return ways.flatMap(({ label, to, seen }, index) => {
    const last = index === ways.length - 1;
    const name = `${label === "" ? "" : `${label}: `}${seen ? "↑ " : ""}${to.title}`;
    const below = branches(to.ways, `${indent}${last ? "   " : "│  "}`);
    return [`${indent}${last ? "└─ " : "├─ "}${name}`, ...below];
  });
}

/** A Mermaid flowchart: one box per place, one arrow per way. */
export function treeMermaid(root: Place): string {
  const names = new Map<string, string>();
  const lines = ["flowchart TD"];
  let boxes = 0;
  const box = (place: Place): string => {
    const name = `n${boxes++}`;
    names.set(place.id, name);
    lines.push(`  ${name}["${quoted(place.title)}"]`);
    return name;
  };
  const draw = (from: string, { label, to, seen }: Way): void => {
    const known = seen ? names.get(to.id) : undefined;
    const name = known ?? box(to);
    lines.push(`  ${from} -->${label === "" ? "" : `|"${quoted(label)}"|`} ${name}`);
    for (const way of to.ways) draw(name, way);
  };
  const top = box(root);
  for (const way of root.ways) draw(top, way);
  return `${lines.join("\n")}\n`;
}

/** Mermaid takes entities, and would read `#` as the beginning of one. */
function quoted(text: string): string {
  return text.replace(/#/g, "#35;").replace(/"/g, "#quot;").replace(/</g, "#lt;").replace(/>/g, "#gt;");
}
