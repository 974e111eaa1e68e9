import { expect, test } from "vitest";
import { showRecords } from "../../../src/commands/node-metrics.ts";
import { createMetrics } from "../../../src/http/metrics.ts";

test("records_that_cannot_be_written_and_those_given_up_are_told", async () => {
  const { gauges, registry } = createMetrics();
  const problem = { ready: false, code: "records_damaged", why: "signalbox.db: file is not a database" };
  const told = async (lost: number, health: typeof problem | { ready: true; code: null; why: string }) => {
    showRecords(gauges, { pending: () => ({ queued: 2, outbox: 3, lost }), health: () => health });
    const page = await registry.metrics();
    return page.split("\n").filter((line) => /^signalbox_records_/.test(line));
  };
  expect(await told(0, { ready: true, code: null, why: "" })).toEqual([
    "signalbox_records_pending 5",
    "signalbox_records_ready 1",
    "signalbox_records_lost_total 0",
  ]);
  expect(await told(7, problem)).toEqual([
    "signalbox_records_pending 5",
    "signalbox_records_ready 0",
    "signalbox_records_lost_total 7",
  ]);
});
