// What happens when this Node process ends, in whatever way. Two nets, since each has a hole:
// cleanups run on Ctrl-C, SIGTERM and SIGHUP and may wait for a graceful stop; a watching shell, which
// sees the end of its standard input even after a kill -9 of this process, ends every child that is
// still registered. Neither ever signals a process that was not started here.
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";

type Cleanup = () => Promise<void> | void;

const cleanups = new Set<Cleanup>();
const pids = new Set<number>();
let watcher: ChildProcess | undefined;
let hooked = false;

// Reads "add PID" and "drop PID"; at the end of input TERM, up to three seconds, then KILL. It ignores
// the signals of a terminal so that it outlives the Ctrl-C that ends its parent.
const WATCHER = `
trap '' INT TERM HUP
pids=
while read -r verb pid; do
  rest=
  for known in $pids; do [ "$known" = "$pid" ] || rest="$rest $known"; done
  pids=$rest
  [ "$verb" = add ] && pids="$pids $pid"
done
for pid in $pids; do kill -CONT "$pid"; kill -TERM "$pid"; done 2>/dev/null
for turn in 1 2 3 4 5 6; do
  alive=
  for pid in $pids; do kill -0 "$pid" && alive="$alive $pid"; done 2>/dev/null
  [ -n "$alive" ] || exit 0
  sleep 0.5
done
for pid in $alive; do kill -KILL "$pid"; done 2>/dev/null
`;

function tellWatcher(line: string): void {
  if (watcher === undefined) {
    watcher = spawn("sh", ["-c", WATCHER], { stdio: ["pipe", "ignore", "ignore"], detached: true });
    watcher.unref();
    watcher.on("error", () => {});
    // A closed pipe only means that the watcher has gone; the hooks below still work.
    watcher.stdin?.on("error", () => {});
    const pipe: unknown = watcher.stdin;
    if (pipe !== null && typeof pipe === "object" && "unref" in pipe && typeof pipe.unref === "function") {
      pipe.unref();
    }
  }
  watcher.stdin?.write(`${line}\n`);
}

/** From now on the process with this id ends when we do, however we end. Returns the way to take it off. */
export function endsWithUs(pid: number): () => void {
  hook();
  pids.add(pid);
  tellWatcher(`add ${pid}`);
  return () => {
    if (pids.delete(pid)) tellWatcher(`drop ${pid}`);
  };
}

/**
 * Runs `cleanup` when a signal ends this process; last registered, first run. A program that wants its
 * own graceful stop registers it here and installs no signal handlers. Returns the way to take it off.
 */
export function onEnd(cleanup: Cleanup): () => void {
  hook();
  cleanups.add(cleanup);
  return () => {
    cleanups.delete(cleanup);
  };
}

/** Runs all cleanups now, last registered first; one that fails does not keep the others from running. */
export async function runCleanups(): Promise<void> {
  const inOrder = [...cleanups].reverse();
  cleanups.clear();
  for (const cleanup of inOrder) {
    try {
      await cleanup();
    } catch (error) {
      process.stderr.write(`while ending: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
}

function hook(): void {
  if (hooked) return;
  hooked = true;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    let asked = false;
    process.on(signal, () => {
      const code = 128 + constants.signals[signal];
      // A second Ctrl-C does not wait any longer.
      if (asked) process.exit(code);
      asked = true;
      void runCleanups().finally(() => process.exit(code));
    });
  }
  process.on("exit", () => {
    for (const pid of pids) {
      try {
        process.kill(pid, "SIGTERM");
      } catch {
        // It ended by itself a moment ago.
      }
    }
  });
}
