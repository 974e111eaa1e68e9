/** Where the store is, as read from `slots:` of signalbox.yaml. */
export type RedisTarget = {
  readonly kind: "single" | "sentinel" | "cluster";
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  /** Sentinel's name of the primary. */
  readonly name: string | null;
  readonly username: string | null;
  readonly password: string | null;
  readonly db: number;
  /** Null without TLS. */
  readonly tls: RedisTls | null;
};

/** Files in PEM, as absolute paths; null: the system's authorities are trusted, and no certificate is shown. */
export type RedisTls = {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
};

const FORM =
  "write redis://[:password@]host:6379/0, redis+sentinel://host:26379,host:26379/NAME/0 or " +
  "redis+cluster://host:6379,host:6379; rediss for TLS, then with ?ca=/FILE.pem for an authority of your own, and " +
  "&cert=/FILE.pem&key=/FILE.pem where Redis wants to see a certificate";

/** Why a URL cannot be read; the message never repeats it, since it may hold a password. */
export class RedisUrlError extends Error {
  /** What is wrong, without how to write it. */
  readonly problem: string;

  constructor(problem: string) {
    super(`${problem}; ${FORM}`);
    this.problem = problem;
  }
}

/** Throws RedisUrlError. */
export function readRedisUrl(url: string): RedisTarget {
  const match =
    /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^/@?#]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(
      url,
    );
  if (match === null) throw bad("it is not an address of Redis");
  const [, scheme, form, login, hostList = "", path = "", query] = match;
  const kind = form === "sentinel" || form === "cluster" ? form : "single";
  const parts = path === "" ? [] : path.split("/");
  if (kind === "sentinel" && (parts[0] ?? "") === "") throw bad("Sentinel needs the name of the primary");
  const name = kind === "sentinel" ? decoded(parts.shift() ?? "") : null;
  const db = Number(parts[0] ?? "0");
  if (parts.length > 1 || !Number.isInteger(db) || db < 0) throw bad("the database is not a number");
  if (kind === "cluster" && db !== 0) throw bad("a cluster has only database 0");
  const hosts = hostList.split(",").map((host) => hostOf(host, kind === "sentinel" ? 26_379 : 6379));
  if (kind === "single" && hosts.length > 1) throw bad("several hosts need redis+sentinel or redis+cluster");
  return { kind, hosts, name, ...loginOf(login), db, tls: tlsOf(scheme === "rediss", query) };
}

function tlsOf(wanted: boolean, query: string | undefined): RedisTls | null {
  if (query !== undefined && !wanted) throw bad("what stands behind the ? is for rediss alone");
  if (!wanted) return null;
  const files = { ca: null, cert: null, key: null } as Record<string, string | null>;
  for (const [name, path] of new URLSearchParams(query ?? "")) {
    if (files[name] !== null) throw bad("behind the ? stand ca, cert and key, each once");
    if (!path.startsWith("/")) throw bad(`the path of ${name} does not begin with /`);
    files[name] = path;
  }
  const { ca = null, cert = null, key = null } = files;
  if ((cert === null) !== (key === null)) throw bad("cert and key belong together");
  return { ca, cert, key };
}

function hostOf(text: string, defaultPort: number): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (host === undefined || port < 1 || port > 65_535) throw bad("a host is not written as host:port");
  return { host, port };
}

function loginOf(login: string | undefined): Pick<RedisTarget, "username" | "password"> {
  if (login === undefined || login === "") return { username: null, password: null };
  const colon = login.indexOf(":");
  if (colon < 0) throw bad("the password stands after a colon, as in redis://:password@host");
  const username = decoded(login.slice(0, colon));
  return { username: username === "" ? null : username, password: decoded(login.slice(colon + 1)) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw bad("a % in a name or password must be written %25");
  }
}

function bad(what: string): RedisUrlError {
  return new RedisUrlError(what);
}
