// A parent that the tests kill: starts an Asterisk, a Redis and a command that hangs, says their
// process ids, and waits. Arguments: folder, Asterisk version.
import { startAsterisk } from "../../load/lab/asterisk.ts";
import { onEnd } from "../../load/lab/ending.ts";
import { startChild } from "../../load/lab/processes.ts";
import { startRedis } from "../../load/lab/redis.ts";

const [folder = "", version] = process.argv.slice(2);
const asterisk = await startAsterisk({
  version: version === "16" ? "16" : "22",
  folder: `${folder}/asterisk`,
  files: {},
  sip: "127.0.0.1:26040",
  ami: "127.0.0.1:26041",
});
const redis = await startRedis({ folder: `${folder}/redis`, port: 26042 });
const sleeper = await startChild({ name: "a command that hangs", command: "sleep", args: ["600"] });
onEnd(() => {
  process.stdout.write("cleaned up\n");
});
onEnd(() => asterisk.stop());
process.stdout.write(`pids ${asterisk.pid} ${redis.pid} ${sleeper.pid}\n`);
setInterval(() => {}, 60_000);
