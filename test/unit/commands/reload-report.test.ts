import { pino } from "pino";
import { expect, test } from "vitest";
import { reportReload, waitingKeys } from "../../../src/commands/reload-report.ts";
import { snapshotWith } from "../../builders.ts";

const inForce = () => snapshotWith({ tenants: { apex: { dids: { "+12125550100": "main" } } } });
const { system, revision } = inForce();

test("what_a_reload_cannot_change_is_named", () => {
  const other = {
    ...system,
    ...{
      node: "tel2",
      slots: "redis://127.0.0.1/0",
      records: "mysql://host/x",
      recordingsDirectory: "/srv/r",
    },
    ...{ fastagi: { ...system.fastagi, listen: "10.0.0.1:4573" }, http: { listen: "10.0.0.1:8573" } },
  };
  expect(waitingKeys(system, system, null)).toEqual([]);
  expect(waitingKeys(system, { ...system, country: "DE" }, null)).toEqual([]);
  const keys = ["fastagi.listen", "http.listen", "slots", "records", "recordings.directory"];
  expect(waitingKeys(system, other, null)).toEqual(["node", ...keys]);
  expect(waitingKeys(system, other, "tel9")).toEqual(keys);
});

test("files_that_are_as_they_were_again_end_what_was_refused_in_the_log_too", () => {
  const said: Record<string, unknown>[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => said.push(JSON.parse(line)) });
  const reload = { changed: false, errors: [], warnings: [] };
  reportReload(reload, { log, inForce, wasRefused: true });
  reportReload(reload, { log, inForce, wasRefused: false });
  expect(said).toMatchObject([{ event: "configuration.in_force", revision, tenants: 1, numbers: 1 }]);
});

test("a_reload_that_waits_for_a_restart_says_so", () => {
  const said: Record<string, unknown>[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => said.push(JSON.parse(line)) });
  const reload = { changed: true, errors: [], warnings: [] };
  reportReload(reload, { log, inForce, waiting: () => ["records"] });
  reportReload(reload, { log, inForce, waiting: () => [] });
  expect(said.map(({ event }) => event)).toEqual([
    "configuration.in_force",
    "configuration.needs_restart",
    "configuration.in_force",
  ]);
  expect(said[1]).toMatchObject({ keys: ["records"], msg: expect.stringContaining("restart it") });
});

test("a_reload_that_loses_numbers_says_how_many", () => {
  const said: Record<string, unknown>[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => said.push(JSON.parse(line)) });
  const reload = { changed: true, errors: [], warnings: [] };
  reportReload(reload, { log, inForce, numbersBefore: 1 });
  reportReload(reload, { log, inForce, numbersBefore: 41 });
  expect(said.map(({ level, msg }) => [level, msg])).toEqual([
    [30, undefined],
    [40, "40 numbers fewer than before"],
  ]);
});
