// A carrier that lets in who registers with the right name and password, in as little SIP as that takes.
import { createHash } from "node:crypto";
import { createSocket, type RemoteInfo } from "node:dgram";

export type Registrar = {
  /** Contact of every registration that was let in. */
  readonly contacts: readonly string[];
  /** Names whose password was wrong. */
  readonly refused: readonly string[];
  close(): Promise<void>;
};

export type Login = { readonly username: string; readonly password: string };

const REALM = "carrier";
const NONCE = "0a4f113b";

/** Answers REGISTER at this address until it is closed. */
export async function answerRegistrations(host: string, port: number, login: Login): Promise<Registrar> {
  const socket = createSocket("udp4");
  const contacts: string[] = [];
  const refused: string[] = [];
  const answer = (request: string, status: string, more: readonly string[], to: RemoteInfo): void => {
    const copied = request.split("\r\n").filter((line) => /^(Via|From|To|Call-ID|CSeq):/i.test(line));
    const tagged = copied.map((line) => (/^To:(?!.*tag=)/i.test(line) ? `${line};tag=registrar` : line));
    const lines = [`SIP/2.0 ${status}`, ...tagged, ...more, "Content-Length: 0", "", ""];
    socket.send(lines.join("\r\n"), to.port, to.address);
  };
  socket.on("message", (bytes, from) => {
    const request = bytes.toString("latin1");
    if (!request.startsWith("REGISTER ")) return;
    const credentials = /^Authorization: Digest (.*)\r$/im.exec(request)?.[1];
    if (credentials === undefined) {
      const challenge = `WWW-Authenticate: Digest realm="${REALM}", nonce="${NONCE}", algorithm=MD5`;
      answer(request, "401 Unauthorized", [challenge], from);
    } else if (isRight(credentials, login)) {
      const contact = /^Contact: (.*)\r$/im.exec(request)?.[1] ?? "";
      contacts.push(contact);
      answer(request, "200 OK", [`Contact: ${contact};expires=120`], from);
    } else {
      refused.push(partOf(credentials, "username"));
      answer(request, "403 Forbidden", [], from);
    }
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, host, resolve);
  });
  return { contacts, refused, close: () => new Promise((resolve) => socket.close(() => resolve())) };
}

/** RFC 2617 without a quality of protection. */
function isRight(credentials: string, { username, password }: Login): boolean {
  const of = md5(`${username}:${REALM}:${password}`);
  const asked = md5(`REGISTER:${partOf(credentials, "uri")}`);
  const isSame = partOf(credentials, "response") === md5(`${of}:${NONCE}:${asked}`);
  return isSame && partOf(credentials, "username") === username;
}

function partOf(credentials: string, name: string): string {
  const quoted = new RegExp(`\\b${name}="((?:[^"\\\\]|\\\\.)*)"`).exec(credentials)?.[1];
  return (quoted ?? "").replaceAll(/\\(.)/g, "$1");
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
