/**
 * Loads what a node runs, and nothing more. Node keeps what it has translated (NODE_COMPILE_CACHE), so that the node
 * itself starts without the translator, which would stay in the memory of each of its threads. bin/signalbox runs this
 * before the first start and after a change.
 */
import "../calls/number-set-worker.ts";
import "../records/mysql/database.ts";
import "../records/recordings/looking.ts";
import "../records/recordings/worker.ts";
import "../records/sqlite/worker.ts";
import "../vicidial/reading.ts";
import "./serve.ts";
