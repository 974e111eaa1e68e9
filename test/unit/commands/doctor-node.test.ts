import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, expect, test } from "vitest";
import { lookAtNode } from "../../../src/commands/doctor/node.ts";
import type { NodeView } from "../../../src/commands/node-doors.ts";
import { programMark } from "../../../src/config/program-mark.ts";
import { type Control, type ControlRoute, controlSocket, createControl } from "../../../src/http/control.ts";
import { snapshotWith } from "../../builders.ts";
import { signalbox } from "./command-line.ts";

const snapshot = snapshotWith();
const folders: string[] = [];
let control: Control | null = null;

afterEach(async () => {
  await control?.close();
  control = null;
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function variablesOfOne(): string {
  const folder = mkdtempSync(join(tmpdir(), "sb-doctor-node-"));
  folders.push(folder);
  return folder;
}

async function nodeThat(...routes: readonly ControlRoute[]): Promise<string> {
  const variables = variablesOfOne();
  control = createControl({ path: controlSocket(variables), routes, log: pino({ level: "silent" }) });
  await control.start();
  return variables;
}

const nodeWith = (view: Partial<NodeView> = {}): Promise<string> =>
  nodeThat({
    method: "GET",
    path: "/node",
    handler: (): NodeView => ({
      ...{ node: "tel1", revision: snapshot.revision, program: programMark(), ready: true },
      ...{ checks: { configuration: "ok", "switch ast1": "ok", slots: "ok" } },
      ...view,
    }),
  });

test("a_node_that_has_all_it_needs_and_goes_by_these_files_is_well", async () => {
  expect(await lookAtNode(await nodeWith(), snapshot)).toMatchObject([{ check: "node", state: "well" }]);
});

test.each([
  [
    "lacks_a_store",
    { checks: { slots: "slots_unreachable: gone" } },
    "node",
    "slots: slots_unreachable: gone",
  ],
  [
    "refused_the_files",
    { checks: { configuration: "the files have had 1 error" } },
    "configuration",
    "1 error",
  ],
  ["runs_on_other_files", { revision: "ffffffffffff" }, "configuration", "runs revision ffffffffffff"],
  ["runs_another_version", { program: "another" }, "node", "another version than this command"],
])("a_node_that_%s_is_ill", async (_, view, check, says) => {
  const found = await lookAtNode(await nodeWith(view), snapshot);
  expect(found).toMatchObject([{ check, state: "ill", says: expect.stringContaining(says) }]);
});

test("a_node_of_an_older_version_wants_a_restart", async () => {
  const variables = await nodeThat({ method: "GET", path: "/live", handler: () => ({}) });
  const [found] = await lookAtNode(variables, snapshot);
  expect(found).toMatchObject({ state: "ill", mend: expect.stringContaining("restart") });
});

test("a_node_that_ran_here_and_does_not_is_missed_and_one_that_never_did_is_not", async () => {
  const variables = variablesOfOne();
  expect(await lookAtNode(variables, snapshot)).toMatchObject([{ state: "unknown" }]);
  writeFileSync(join(variables, "spending.db"), "");
  const [found] = await lookAtNode(variables, snapshot);
  expect(found).toMatchObject({ state: "ill", says: expect.stringContaining("no node runs here") });
});

test("files_that_are_wrong_keep_the_doctor_from_nothing_that_can_be_seen_without_them", async () => {
  const variables = await nodeWith({ checks: { configuration: "the files have had 1 error" } });
  const asked = ["doctor", "--json", "--var", variables, "--config", variables];
  const { code, out, err } = await signalbox(asked);
  expect(code).toBe(1);
  expect(err).toContain("signalbox.yaml: the file is missing");
  const found = JSON.parse(out) as { check: string; says: string }[];
  expect(found.map(({ check }) => check)).toEqual(["configuration", "configuration", "clock"]);
  expect(found[1]?.says).toContain("node tel1");
});
