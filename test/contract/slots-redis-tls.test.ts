// A Redis behind TLS, with an authority of one's own: alone, named by Sentinel, as a cluster; and what is said when the
// two do not trust one another.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { runCommand, startChild } from "../../load/lab/processes.ts";
import { createSlotStore } from "../../src/slots/slots.ts";
import { liveOneCall } from "./slot-calls.ts";
import { privateRedis, quiet, until } from "./slot-stores.ts";

const folder = mkdtempSync(join(tmpdir(), "signalbox-tls-"));
const pem = (name: string): string => join(folder, `${name}.pem`);
const cleanups: (() => Promise<unknown> | unknown)[] = [];

async function openssl(...args: string[]): Promise<void> {
  const { code, stderr } = await runCommand("openssl", args);
  if (code !== 0) throw new Error(`openssl ${args[0]}: ${stderr}`);
}

/** A certificate for `names` (as in subjectAltName), signed by the authority. */
async function certify(name: string, names: string): Promise<void> {
  const request = join(folder, `${name}.csr`);
  const extensions = join(folder, `${name}.ext`);
  writeFileSync(extensions, `subjectAltName=${names}\n`);
  const subject = ["-subj", `/CN=${name}`, "-nodes", "-newkey", "rsa:2048", "-keyout", pem(`${name}-key`)];
  await openssl("req", ...subject, "-out", request);
  const signed = ["-CA", pem("ca"), "-CAkey", pem("ca-key"), "-CAcreateserial", "-days", "2"];
  await openssl("x509", "-req", "-in", request, ...signed, "-extfile", extensions, "-out", pem(name));
}

beforeAll(async () => {
  const authority = [
    "-x509",
    "-nodes",
    "-newkey",
    "rsa:2048",
    "-days",
    "2",
    "-subj",
    "/CN=our own authority",
  ];
  await openssl("req", ...authority, "-keyout", pem("ca-key"), "-out", pem("ca"));
  await certify("redis", "DNS:localhost,IP:127.0.0.1");
  await certify("elsewhere", "DNS:redis.elsewhere.test");
  await certify("node", "DNS:node");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** TLS on `port`, plain on the one below it. */
function secured(port: number, certificate = "redis"): Record<string, string> {
  return {
    "tls-port": String(port),
    "tls-cert-file": pem(certificate),
    "tls-key-file": pem(`${certificate}-key`),
    "tls-ca-cert-file": pem("ca"),
    "tls-auth-clients": "no",
  };
}

async function server(port: number, settings: Record<string, string>): Promise<void> {
  const redis = await privateRedis(port - 1, settings);
  cleanups.push(() => redis.stop());
}

/** What the store says once it has met, or not met, what is at `url`. */
async function codeOf(url: string): Promise<string | null> {
  const store = createSlotStore(url, { log: quiet, timings: { beatMs: 100, beatWhenNotReadyMs: 20 } });
  cleanups.push(() => store.close());
  await until(() => !["slots_connecting", "slots_unreachable"].includes(store.health().code ?? ""), 5000);
  return store.health().code;
}

describe("a Redis behind TLS", () => {
  it("is trusted by its own authority, and asks for a password", async () => {
    await server(28_041, { ...secured(28_041), requirepass: "not for all" });
    const place = (login: string) => `rediss://${login}localhost:28041/0?ca=${pem("ca")}`;
    await liveOneCall(place(":not%20for%20all@"), cleanups);
    expect(await codeOf(place(""))).toBe("slots_login_refused");
    expect(await codeOf(place(":guessed@"))).toBe("slots_login_refused");
  });

  it("sees this node's certificate where it wants one", async () => {
    await server(28_041, { ...secured(28_041), "tls-auth-clients": "yes" });
    const own = `&cert=${pem("node")}&key=${pem("node-key")}`;
    const place = `rediss://127.0.0.1:28041/0?ca=${pem("ca")}`;
    expect(await codeOf(place)).toBe("slots_tls_refused");
    await liveOneCall(`${place}${own}`, cleanups);
  });

  it("is not believed when nobody known has signed for it, or for another host", async () => {
    await server(28_041, secured(28_041));
    expect(await codeOf("rediss://127.0.0.1:28041/0")).toBe("slots_tls_refused");
    await server(28_043, secured(28_043, "elsewhere"));
    expect(await codeOf(`rediss://127.0.0.1:28043/0?ca=${pem("ca")}`)).toBe("slots_tls_refused");
  });

  it("needs files that can be read", () => {
    const start = () => createSlotStore("rediss://localhost/0?ca=/nowhere/ca.pem", { log: quiet });
    expect(start).toThrow(/\/nowhere\/ca\.pem cannot be read.*put a readable PEM file there/);
  });

  it("is found by Sentinel, which speaks TLS too", async () => {
    const only = { ...secured(28_041), port: "0" };
    await server(28_041, { ...only, "tls-replication": "yes" });
    const file = join(folder, "sentinel.conf");
    const tls = Object.entries({ ...secured(28_042), port: "0", "tls-replication": "yes" });
    const watched = "sentinel monitor main 127.0.0.1 28041 1";
    writeFileSync(
      file,
      [...tls.map(([key, value]) => `${key} ${value}`), "bind 127.0.0.1", watched].join("\n"),
    );
    const args = [file, "--sentinel"];
    const sentinel = await startChild({ name: "Sentinel", command: "redis-server", args, cwd: folder });
    cleanups.push(() => sentinel.stop());
    await sentinel.waitForLine(/\+monitor master main/, 20_000);
    await liveOneCall(`rediss+sentinel://localhost:28042/main/0?ca=${pem("ca")}`, cleanups);
  });
});
