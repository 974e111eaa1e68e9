// Ends of calls that do not care in which order the other side's messages come: a caller that gives up or hangs up at
// one exact moment, and somebody called who answers at one. SIPp fails a call whose two sides meet half way.
import { createSocket, type Socket } from "node:dgram";

export type Ended = {
  /** The final response to its INVITE; null when none came. */
  readonly status: number | null;
  /** Whether that 200 came although it had given up. */
  readonly crossed: boolean;
};

type Call = {
  readonly number: string;
  readonly from: string;
  readonly id: string;
  state: "calling" | "given up" | "up" | "over";
  status: number | null;
  crossed: boolean;
  to: string;
  target: string;
  done: (ended: Ended) => void;
};

const PATIENCE_MS = 8000;

/** Callers opened so far. A switch takes a dialog of a name that it has just seen for that one, sent again. */
let opened = 0;

/** Callers at one address. Each call is one dialog; what is lost on the way is not sent again, on loopback nothing is. */
export class RacingCallers {
  readonly #socket: Socket;
  readonly #ip: string;
  readonly #remote: { readonly host: string; readonly port: number };
  readonly #calls = new Map<string, Call>();
  readonly #nth = ++opened;
  #next = 0;
  /** The most that were up at once. */
  peak = 0;

  private constructor(socket: Socket, ip: string, remote: string) {
    const [host = "", port = ""] = remote.split(":");
    this.#socket = socket;
    this.#ip = ip;
    this.#remote = { host, port: Number(port) };
    socket.on("message", (bytes) => this.#heard(bytes.toString("latin1")));
  }

  static async open(ip: string, remote: string): Promise<RacingCallers> {
    return new RacingCallers(await bound(ip, 0), ip, remote);
  }

  /** Calls `number` and goes `afterMs` later, answered or not. */
  call(number: string, from: string, afterMs: number): Promise<Ended> {
    const target = `sip:${number}@${this.#remote.host}:${this.#remote.port}`;
    this.#next += 1;
    const id = `race-${this.#nth}-${this.#next}-${from}@${this.#ip}`;
    return new Promise((resolve) => {
      const call: Call = {
        ...{ number, from, id, target, state: "calling", status: null, crossed: false },
        to: `<${target}>`,
        done: resolve,
      };
      this.#calls.set(id, call);
      this.#send(call, "INVITE", 1, offer(this.#ip));
      setTimeout(() => this.#go(call), afterMs);
      setTimeout(() => this.#over(call), afterMs + PATIENCE_MS).unref();
    });
  }

  close(): void {
    this.#socket.close();
  }

  #go(call: Call): void {
    if (call.state === "calling") {
      call.state = "given up";
      this.#send(call, "CANCEL", 1);
    } else if (call.state === "up") this.#send(call, "BYE", 2);
  }

  #over(call: Call): void {
    call.state = "over";
    call.done({ status: call.status, crossed: call.crossed });
  }

  #heard(text: string): void {
    const call = this.#calls.get(header(text, "Call-ID"));
    if (call === undefined) return;
    const status = Number(/^SIP\/2\.0 (\d{3})/.exec(text)?.[1] ?? 0);
    const [, method = ""] = header(text, "CSeq").split(" ");
    if (status === 0) {
      this.#socket.send(response(text, "200 OK"), this.#remote.port, this.#remote.host);
      if (text.startsWith("BYE ")) this.#over(call);
    } else if (method === "BYE" && status >= 200) this.#over(call);
    else if (method === "INVITE" && status >= 200) this.#final(call, text, status);
  }

  #final(call: Call, text: string, status: number): void {
    const first = call.status === null;
    call.status ??= status;
    call.to = header(text, "To");
    if (status < 300) call.target = /<([^>]+)>/.exec(header(text, "Contact"))?.[1] ?? call.target;
    this.#send(call, "ACK", 1, "", status >= 300);
    if (status >= 300) this.#over(call);
    else if (call.state === "given up" && first) {
      call.crossed = true;
      this.#send(call, "BYE", 2);
    } else if (call.state === "calling") {
      call.state = "up";
      const up = [...this.#calls.values()].filter(({ state }) => state === "up");
      this.peak = Math.max(this.peak, up.length);
    }
  }

  #send(call: Call, method: string, cseq: number, body = "", sameBranch = false): void {
    const branch =
      method === "INVITE" || method === "CANCEL" || sameBranch ? call.id : `${call.id}-${method}`;
    const { port } = this.#socket.address();
    const lines = [
      `${method} ${call.target} SIP/2.0`,
      `Via: SIP/2.0/UDP ${this.#ip}:${port};branch=z9hG4bK${branch.replaceAll("@", "-")};rport`,
      `From: <sip:${call.from}@${this.#ip}:${port}>;tag=${call.from}`,
      `To: ${method === "CANCEL" ? `<${call.target}>` : call.to}`,
      `Call-ID: ${call.id}`,
      `CSeq: ${cseq} ${method}`,
      `Contact: <sip:${call.from}@${this.#ip}:${port}>`,
      "Max-Forwards: 70",
    ];
    this.#socket.send(message(lines, body), this.#remote.port, this.#remote.host);
  }
}

export type RacingPhoneOptions = {
  readonly ringMs: number;
  /** Sends each of its callers on: to which number, how long after it answered. */
  readonly sendsOn?: { readonly to: string; readonly afterMs: number };
  /** Refuses instead of answering. */
  readonly refuses?: string;
};

/** Takes calls at one place; each is answered `ringMs` after it came, and never hung up from this side. */
export class RacingPhone {
  readonly #socket: Socket;
  readonly #ip: string;
  readonly #rings = new Map<string, NodeJS.Timeout>();
  readonly #live = new Set<string>();
  readonly #options: RacingPhoneOptions;
  readonly #invites = new Map<string, string>();
  /** The most that were up at once. */
  peak = 0;

  private constructor(socket: Socket, ip: string, options: RacingPhoneOptions) {
    this.#socket = socket;
    this.#ip = ip;
    this.#options = options;
    socket.on("message", (bytes, from) => this.#heard(bytes.toString("latin1"), from.port, from.address));
  }

  static async open(ip: string, port: number, options: RacingPhoneOptions): Promise<RacingPhone> {
    return new RacingPhone(await bound(ip, port), ip, options);
  }

  /** Dialogs that are up here. */
  get live(): number {
    return this.#live.size;
  }

  close(): void {
    for (const ring of this.#rings.values()) clearTimeout(ring);
    this.#socket.close();
  }

  #heard(text: string, port: number, host: string): void {
    const reply = (status: string, to = text, body = ""): void => {
      const { port: own } = this.#socket.address();
      const contact = `Contact: <sip:racing@${this.#ip}:${own}>`;
      this.#socket.send(response(to, status, [contact], body), port, host);
    };
    const id = header(text, "Call-ID");
    const [method = ""] = text.split(" ");
    if (method === "INVITE" && !this.#rings.has(id) && !this.#live.has(id)) {
      reply("180 Ringing");
      const answer = (): void => {
        this.#rings.delete(id);
        const { refuses, sendsOn } = this.#options;
        if (refuses !== undefined) {
          reply(refuses, text);
          return;
        }
        this.#live.add(id);
        this.peak = Math.max(this.peak, this.#live.size);
        reply("200 OK", text, offer(this.#ip));
        if (sendsOn !== undefined)
          setTimeout(() => this.#sendOn(text, sendsOn.to, port, host), sendsOn.afterMs);
      };
      this.#rings.set(id, setTimeout(answer, this.#options.ringMs));
      this.#invites.set(id, text);
    } else if (method === "INVITE" && this.#live.has(id)) {
      reply("200 OK", text, offer(this.#ip));
    } else if (method === "CANCEL") {
      reply("200 OK");
      const ring = this.#rings.get(id);
      if (ring === undefined) return;
      clearTimeout(ring);
      this.#rings.delete(id);
      reply("487 Request Terminated", this.#invites.get(id));
    } else if (method === "BYE" || method === "OPTIONS" || method === "NOTIFY") {
      reply("200 OK");
      if (method === "BYE") this.#live.delete(id);
      // The phone is done once it knows how that went; the switch waits for it to say so.
      const invite = this.#invites.get(id);
      if (!/^SIP\/2\.0 [2-6]/m.test(text) || invite === undefined || !this.#live.delete(id)) return;
      this.#tell(invite, "2 BYE", [], port, host);
    }
  }

  #sendOn(invite: string, to: string, port: number, host: string): void {
    if (!this.#live.has(header(invite, "Call-ID"))) return;
    const whom = [`Refer-To: <sip:${to}@127.0.0.1>`, `Referred-By: <sip:racing@${this.#ip}>`];
    this.#tell(invite, "1 REFER", whom, port, host);
  }

  /** A request in the dialog that the invite began. */
  #tell(invite: string, cseq: string, more: readonly string[], port: number, host: string): void {
    const id = header(invite, "Call-ID");
    const [, method = ""] = cseq.split(" ");
    const { port: own } = this.#socket.address();
    const place = `${this.#ip}:${own}`;
    const target = /<([^>]+)>/.exec(header(invite, "Contact"))?.[1] ?? "";
    const lines = [
      `${method} ${target} SIP/2.0`,
      `Via: SIP/2.0/UDP ${place};branch=z9hG4bK${id.replaceAll(/[^a-zA-Z0-9]/g, "")}${method};rport`,
      `From: ${header(invite, "To")};tag=racing`,
      `To: ${header(invite, "From")}`,
      `Call-ID: ${id}`,
      `CSeq: ${cseq}`,
      `Contact: <sip:racing@${place}>`,
      "Max-Forwards: 70",
      ...more,
    ];
    this.#socket.send(message(lines, ""), port, host);
  }
}

function bound(ip: string, port: number): Promise<Socket> {
  return new Promise((done, fail) => {
    const socket = createSocket("udp4");
    socket.once("error", fail);
    socket.bind(port, ip, () => done(socket));
  });
}

function header(text: string, name: string): string {
  return new RegExp(`^${name}: *(.*?)\\r?$`, "im").exec(text)?.[1] ?? "";
}

function response(request: string, status: string, more: readonly string[] = [], body = ""): string {
  const to = header(request, "To");
  const copied = ["Call-ID", "CSeq"].map((name) => `${name}: ${header(request, name)}`);
  const vias = [...request.matchAll(/^Via: .*$/gim)].map(([via]) => via.trim());
  const tag = /;tag=/.test(to) ? "" : ";tag=racing";
  return message(
    [`SIP/2.0 ${status}`, ...vias, `From: ${header(request, "From")}`, `To: ${to}${tag}`, ...copied, ...more],
    body,
  );
}

function message(lines: readonly string[], body: string): string {
  const type = body === "" ? [] : ["Content-Type: application/sdp"];
  return [...lines, ...type, `Content-Length: ${body.length}`, "", body].join("\r\n");
}

/** Nothing listens at that port, and nobody has to hear anything. */
function offer(ip: string): string {
  const lines = ["v=0", `o=race 1 1 IN IP4 ${ip}`, "s=-", `c=IN IP4 ${ip}`, "t=0 0"];
  return `${[...lines, "m=audio 40000 RTP/AVP 0", "a=rtpmap:0 PCMU/8000"].join("\r\n")}\r\n`;
}
