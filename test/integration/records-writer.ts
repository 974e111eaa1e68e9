// A node's records and nothing else, to be killed: stores a call every few milliseconds and prints each one's number
// once it is in the local file.   node records-writer.ts RECORDS VARIABLES FIRST COUNT EVERY_MS
import { pino } from "pino";
import { createRecordStore } from "../../src/records/store.ts";
import { noon, stampedCall } from "../record-builders.ts";

const [records = "", variables = "", first = "1", count = "1", everyMs = "20"] = process.argv.slice(2);
const store = createRecordStore({ records, variables, log: pino({ level: "silent" }) });

for (let number = Number(first); number < Number(first) + Number(count); number++) {
  store.put(stampedCall({ number, startedAt: noon + number * 1000 }));
  await store.flush();
  process.stdout.write(`${number}\n`);
  await new Promise((resolve) => setTimeout(resolve, Number(everyMs)));
}
process.stdout.write("done\n");
// Stays until it is killed, so that the outbox can drain.
setInterval(() => undefined, 1000);
