// The floors that faults stand on.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "../../lab/lab-error.ts";
import { runCommand } from "../../lab/processes.ts";
import type { FloorKind } from "./fault.ts";

/** Room for what a node writes where the disk is to be full: of it, 11 MB are what Node has translated. */
const SMALL_DISK_BYTES = 32_000_000;

export const direct: FloorKind = { name: "direct", options: {} };

export const plain: FloorKind = { name: "plain", options: { lines: ["ami", "redis"] } };

export const steps: FloorKind = { name: "steps", options: { lines: ["steps"] } };

export const pair: FloorKind = { name: "pair", options: { nodes: 2, lines: ["records"] } };

export const sentinel: FloorKind = { name: "sentinel", options: { sentinel: true } };

export const ownClock: FloorKind = { name: "clock", options: { ownClock: true } };

export const apart: FloorKind = { name: "apart", options: { nodes: 2, apart: true }, needsRoot: true };

/** What the first node writes goes to a file system of its own. */
export const smallDisk: FloorKind = {
  name: "disk",
  options: {},
  needsRoot: true,
  prepare: async (folder) => {
    const place = join(folder, "var");
    mkdirSync(place, { recursive: true });
    const size = `size=${SMALL_DISK_BYTES}`;
    const { code, stderr } = await runCommand("mount", ["-t", "tmpfs", "-o", size, "none", place]);
    if (code !== 0)
      throw new LabError("mount_refused", `a small disk could not be mounted: ${stderr.trim()}`);
  },
  tidy: async (folder) => {
    // Lazily: in a run that is broken off, the node that writes there may still be ending.
    await runCommand("umount", ["--lazy", join(folder, "var")]);
  },
};
