/** One SIP message that an agent sent or received, as its -trace_msg file has it. */
export interface TracedMessage {
  readonly direction: "sent" | "received";
  /** Local time as SIPp wrote it: `2026-11-21 23:10:00.123456`. */
  readonly at: string;
  readonly startLine: string;
  /** `INVITE` …, or null for a response. */
  readonly method: string | null;
  /** 100 to 699, or null for a request. */
  readonly status: number | null;
  /** In the order of the message; names as written. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** The first header of this name, whatever its case; compact forms are not expanded. */
export function headerOf(message: TracedMessage, name: string): string | undefined {
  return message.headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}

const BANNER = /^-{20,} (\d{4}-\d\d-\d\d[\sT]+[\d:.]+)[^\n]*\n([^\n]*)\n\n/gm;

/** Every message of a -trace_msg file, in order. Text that is no SIP message is left out. */
export function readMessages(text: string): TracedMessage[] {
  const banners = [...text.matchAll(BANNER)];
  return banners.flatMap((banner, index) => {
    const from = banner.index + banner[0].length;
    const until = banners[index + 1]?.index ?? text.length;
    const direction = /\bsent\b/i.test(banner[2] ?? "") ? "sent" : "received";
    const message = parseMessage(text.slice(from, until));
    return message ? [{ direction, at: (banner[1] ?? "").replace(/\s+/, " "), ...message }] : [];
  });
}

function parseMessage(raw: string): Omit<TracedMessage, "direction" | "at"> | null {
  const text = raw.replaceAll("\r\n", "\n");
  const blank = text.indexOf("\n\n");
  const [startLine = "", ...lines] = (blank < 0 ? text : text.slice(0, blank)).split("\n");
  const status = /^SIP\/2\.0 (\d{3})/.exec(startLine)?.[1];
  const method = /^([A-Z]+) \S+ SIP\/2\.0$/.exec(startLine)?.[1];
  if (status === undefined && method === undefined) return null;
  const headers = lines.flatMap((line): [string, string][] => {
    const colon = line.indexOf(":");
    return colon > 0 ? [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]] : [];
  });
  return {
    startLine,
    method: method ?? null,
    status: status === undefined ? null : Number(status),
    headers,
    body: blank < 0 ? "" : text.slice(blank + 2).trimEnd(),
  };
}
