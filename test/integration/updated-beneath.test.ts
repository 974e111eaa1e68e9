// A node under which its program is updated: the checkout is a newer one before the node is restarted.
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeOffice } from "../../load/bench/office.ts";
import { waitFor } from "../../load/lab/ports.ts";
import { type Child, startChild } from "../../load/lab/processes.ts";
import { projectRoot } from "../../load/lab/world.ts";
import { ask } from "./support/asked-step.ts";

const PORT = 28_850;
const at = (nth: number) => `127.0.0.1:${PORT + nth}`;
const folder = mkdtempSync(join(tmpdir(), "sb-beneath-"));
const config = join(folder, "config");
const checkout = join(folder, "checkout");
let node: Child;

beforeAll(async () => {
  mkdirSync(checkout);
  for (const name of ["bin", "src", "dialplan", "sounds", "package.json", "package-lock.json"])
    cpSync(join(projectRoot, name), join(checkout, name), { recursive: true });
  symlinkSync(join(projectRoot, "node_modules"), join(checkout, "node_modules"));
  writeOffice(config, { fastagi: at(0), http: at(1), ami: at(2) }, "{ingroup: APEX_INBOUND}");
  const where = ["--config", config, "--var", join(folder, "var")];
  node = await startChild({
    name: "signalbox",
    command: join(checkout, "bin/signalbox"),
    args: ["serve", ...where],
    env: { PATH: process.env.PATH, AMI_SECRET: "x" },
  });
  await node.waitForLine(/"event":"signalbox.ready"/, 60_000);
});

afterAll(async () => {
  await node?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What a newer version has under another name, where it reads the configuration and where it decides. */
function update(): void {
  for (const name of readdirSync(join(checkout, "src"), { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts")) continue;
    const file = join(checkout, "src", name);
    const text = readFileSync(file, "utf8");
    if (text.includes("whenSlotsUnreachable"))
      writeFileSync(file, text.replaceAll("whenSlotsUnreachable", "whenSlotsAreUnreachable"));
  }
}

let calls = 0;
async function decided(): Promise<string | undefined> {
  calls += 1;
  const channel = `PJSIP/pool_a-0000000${calls}`;
  const step = { step: "inbound", channel, uniqueid: `1700000000.${calls}` } as const;
  return (await ask(PORT, { ...step, extension: "12125550100" })).get("SB_ACTION");
}

const reloads = () => node.lines().filter((line) => /"event":"configuration.(in_force|refused)"/.test(line));

it("goes_on_with_what_it_has_when_the_files_change_then_and_says_that_it_wants_a_restart", async () => {
  const before = await decided();
  expect(before).toBe("goto");
  update();
  const file = join(config, "tenants/apex.yaml");
  writeFileSync(file, `${readFileSync(file, "utf8")}# changed\n`);
  // The first one is that of the start.
  const line = await waitFor("the reload", () => reloads()[1], 20_000);
  expect(await decided()).toBe("goto");
  expect(line).toContain("configuration.refused");
  expect(node.lines().join("\n")).toContain("restart this node");
});
