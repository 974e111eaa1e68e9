/**
 * Reads a scenario: a Markdown file with a configuration (```yaml and the file's name), calls (```call, what stands
 * after `signalbox simulate`) and after each call what the simulator prints (```expect), and, before that, what it tells
 * on the side (```told). What a running node has kept
 * stands in ```json with its name under `--var`.
 */
export type Scenario = {
  /** File name → text. */
  readonly files: ReadonlyMap<string, string>;
  readonly calls: readonly {
    readonly line: string;
    readonly args: readonly string[];
    readonly expected: string;
    /** What people are told besides, on the other stream. */
    readonly told: string;
  }[];
};

/** What a scenario has that says nothing of its own. */
const usual: Readonly<Record<string, string>> = {
  "signalbox.yaml": "country: US\n",
  "trunks.yaml": [
    "trunks:",
    '  pool_a: {address: "127.0.0.3:5060", shared: true, channels: 100}',
    '  pool_b: {address: "127.0.0.4:5060", shared: true, channels: 50}',
    "overflow: [pool_a, pool_b]",
    "",
  ].join("\n"),
};

export function readScenario(text: string): Scenario {
  const files = new Map(Object.entries(usual));
  const calls: Scenario["calls"][number][] = [];
  let line: string | null = null;
  let told = "";
  for (const { kind, name, body } of fences(text)) {
    if (kind === "yaml") files.set(name, body);
    else if (kind === "json") files.set(`../var/${name}`, body);
    else if (kind === "call" && line === null) line = body.trim();
    else if (kind === "told" && line !== null) told = body;
    else if (kind === "expect" && line !== null) {
      calls.push({ line, args: words(line), expected: body, told });
      line = null;
      told = "";
    } else throw new Error(`a \`\`\`${kind} stands where none belongs: after each call comes one expect`);
  }
  if (line !== null || calls.length === 0)
    throw new Error("every scenario has calls, each with what is expected");
  return { files, calls };
}

function* fences(text: string): Generator<{ kind: string; name: string; body: string }> {
  for (const [, kind = "", name = "", body = ""] of text.matchAll(/^```([a-z]+) ?(.*)\n([\s\S]*?)^```$/gm)) {
    yield { kind, name: name.trim(), body };
  }
}

/** Words of a command line; quotes keep what is between them together. */
function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}
