import { readFileSync } from "node:fs";

const FIRST = 20_000;
const LAST = 29_900;
const given = new Set<string>();
let next = FIRST + Math.floor(Math.random() * ((LAST - FIRST) / 10)) * 10;

/** True when some process has bound this UDP address and port (Linux: /proc/net/udp). */
export function isBound(ip: string, port: number): boolean {
  const hexPort = port.toString(16).toUpperCase().padStart(4, "0");
  const hexIp = ip
    .split(".")
    .toReversed()
    .map((part) => Number(part).toString(16).toUpperCase().padStart(2, "0"))
    .join("");
  const table = readFileSync("/proc/net/udp", "utf8");
  return table.includes(` ${hexIp}:${hexPort} `) || table.includes(` 00000000:${hexPort} `);
}

/** A port with the `span` ports after it unbound and never given out before by this process. */
export function freePort(ip: string, span: number): number {
  for (let tries = 0; tries < 1000; tries++) {
    const port = next;
    next = next + 10 > LAST ? FIRST : next + 10;
    const all = Array.from({ length: span }, (_, index) => port + index);
    if (given.has(`${ip}:${port}`) || all.some((each) => isBound(ip, each))) continue;
    given.add(`${ip}:${port}`);
    return port;
  }
  given.clear();
  return next;
}
