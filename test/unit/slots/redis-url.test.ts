import { describe, expect, it } from "vitest";
import { parseRedisUrl } from "../../../src/slots/redis-url.ts";

const plain = { kind: "single", name: null, username: null, password: null, db: 0, tls: null };
const system = { ca: null, cert: null, key: null };

describe("the address of Redis", () => {
  it.each([
    ["redis://10.0.0.1", { ...plain, hosts: [{ host: "10.0.0.1", port: 6379 }] }],
    ["redis://redis.lan:7000/3", { ...plain, hosts: [{ host: "redis.lan", port: 7000 }], db: 3 }],
    ["redis://[::1]:6380/0", { ...plain, hosts: [{ host: "::1", port: 6380 }] }],
    [
      "rediss://box:p%40s%3As@h:1/0",
      { ...plain, hosts: [{ host: "h", port: 1 }], username: "box", password: "p@s:s", tls: system },
    ],
    [
      "redis+sentinel://:pw@a,b:26380/main/2",
      {
        ...plain,
        kind: "sentinel",
        hosts: [
          { host: "a", port: 26_379 },
          { host: "b", port: 26_380 },
        ],
        name: "main",
        password: "pw",
        db: 2,
      },
    ],
    [
      "rediss://h:1/0?ca=/etc/redis/ca.pem",
      { ...plain, hosts: [{ host: "h", port: 1 }], tls: { ...system, ca: "/etc/redis/ca.pem" } },
    ],
    [
      "rediss://h?cert=/a%20b/c.pem&key=/k&ca=/ca",
      { ...plain, hosts: [{ host: "h", port: 6379 }], tls: { ca: "/ca", cert: "/a b/c.pem", key: "/k" } },
    ],
    [
      "rediss+cluster://a:1,b",
      {
        ...plain,
        kind: "cluster",
        hosts: [
          { host: "a", port: 1 },
          { host: "b", port: 6379 },
        ],
        tls: system,
      },
    ],
  ])("reads %s", (url, target) => {
    expect(parseRedisUrl(url)).toEqual(target);
  });

  it.each([
    "http://h",
    "redis://",
    "redis://a,b",
    "redis://h:0",
    "redis://h:70000",
    "redis://h/x",
    "redis://h/0/1",
    "redis+sentinel://h",
    "redis+cluster://h/1",
    "redis://secret@h",
    "redis://:%zz@h",
    "redis://h x",
    "redis://h/0?ca=/ca.pem",
    "rediss://h/0?ca=ca.pem",
    "rediss://h/0?ca=/a&ca=/b",
    "rediss://h/0?cert=/secret",
    "rediss://h/0?secret=/a",
    "rediss://h/0?toString=/a",
  ])("refuses %s without repeating it", (url) => {
    expect(() => parseRedisUrl(url)).toThrow(expect.objectContaining({ code: "slots_bad_url" }));
    expect(() => parseRedisUrl(url)).not.toThrow("secret");
  });
});
