import { request } from "node:http";
import { resolve } from "node:path";
import { controlSocket } from "../http/control.ts";
import { messageOf, SignalboxError } from "../platform/errors.ts";

export type Asked = {
  readonly method: "GET" | "POST";
  /** With everything in it escaped that needs to be. */
  readonly path: string;
  readonly body?: unknown;
};

const PATIENCE_MS = 10_000;

/**
 * Asks the node that runs with this `--var`, and gives its answer. Rejects with SignalboxError: `node_not_running`,
 * `node_not_allowed`, `node_silent`, `node_stopping`, or the code and message that the node answered with.
 */
export async function askNode(variables: string, asked: Asked): Promise<unknown> {
  const socketPath = controlSocket(resolve(variables));
  const { status, text } = await exchange(socketPath, asked);
  const answer = jsonOf(text);
  if (status === 200) return answer;
  // The server's own word for one that takes no more requests.
  if (status === 503) {
    const says = `the node on ${socketPath} is being stopped: ask again once the next one runs`;
    throw new SignalboxError("node_stopping", says);
  }
  const { code, message } = (answer ?? {}) as { code?: unknown; message?: unknown };
  throw new SignalboxError(
    typeof code === "string" ? code : "node_failed",
    typeof message === "string" ? message : `the node answered ${status}: see its log`,
  );
}

function exchange(
  socketPath: string,
  { method, path, body }: Asked,
): Promise<{ status: number; text: string }> {
  return new Promise((done, fail) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = text === undefined ? {} : { "content-type": "application/json" };
    const sent = request({ socketPath, method, path, headers, timeout: PATIENCE_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        done({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
      );
      response.on("error", (error) => fail(failureOf(error, socketPath)));
    });
    sent.on("timeout", () => sent.destroy(new Error("ETIMEDOUT")));
    sent.on("error", (error) => fail(failureOf(error, socketPath)));
    sent.end(text);
  });
}

function failureOf(error: NodeJS.ErrnoException, path: string): SignalboxError {
  switch (error.code) {
    case "ENOENT":
    case "ECONNREFUSED": {
      const says = `no node runs here: nothing answers on ${path}; start it with \`signalbox serve\`, or name its --var`;
      return new SignalboxError("node_not_running", says, error);
    }
    case "EACCES":
    case "EPERM": {
      const says = `you may not ask the node on ${path}: be its user or a member of its group`;
      return new SignalboxError("node_not_allowed", says, error);
    }
    default: {
      const says = `the node on ${path} does not answer (${messageOf(error)}): see its log`;
      return new SignalboxError("node_silent", says, error);
    }
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
