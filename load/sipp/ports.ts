import { readFileSync } from "node:fs";

/** Where no Asterisk of the demo, the lab, the tests or a load run has its audio: it would take a port between look and use. */
export const SIPP_PORTS = { first: 40_000, last: 49_999 } as const;
const { first: FIRST, last: LAST } = SIPP_PORTS;
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

/** A port with the `span` ports after it unbound. What is given again was given the longest ago. */
export function freePort(ip: string, span: number): number {
  for (let port = next; ; port = next) {
    next = port + 19 > LAST ? FIRST : port + 10;
    if (!Array.from({ length: span }, (_, nth) => port + nth).some((each) => isBound(ip, each))) return port;
  }
}
