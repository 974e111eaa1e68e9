// Listens with the shortest queue there is. Stopped by a signal it accepts nothing, and once the queue is full the
// kernel answers nobody.
import { createServer } from "node:net";
import { parseAddress } from "../../../load/lab/ports.ts";

const { host, port } = parseAddress(process.argv[2] ?? "");
createServer().listen({ host, port, backlog: 1 }, () => process.stdout.write("listening\n"));
