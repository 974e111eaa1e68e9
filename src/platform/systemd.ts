// What systemd is told of this process: that it is ready, that it stops, and again and again that it lives. Its socket
// takes datagrams, which Node cannot send: a shell beside us hands each word to systemd-notify and ends when we do. It
// knows nothing by itself, so that a process which hangs falls silent.
import { spawn } from "node:child_process";

export type Systemd = {
  tell(word: "READY=1" | "STOPPING=1"): void;
};

/** Signs of life in each time after which systemd loses patience. */
const SIGNS = 3;

const PASS_ON = 'while read -r word; do systemd-notify "$word"; done';

/** `env` is that of the unit; where systemd has not started us, nothing is told and nothing runs. `fail` hears why not. */
export function createSystemd(env: NodeJS.ProcessEnv, fail: (why: string) => void): Systemd {
  if (env.NOTIFY_SOCKET === undefined) return { tell: () => {} };
  const { NOTIFY_SOCKET, PATH } = env; // and no secret
  const shell = spawn("/bin/sh", ["-c", PASS_ON], {
    env: { NOTIFY_SOCKET, PATH },
    stdio: ["pipe", "ignore", "inherit"],
  });
  shell.on("error", ({ message }) => fail(message));
  shell.on("exit", () => fail("its messenger has ended"));
  shell.stdin.on("error", () => {}); // its end is told by `exit`
  shell.unref();
  const say = (word: string): void => void shell.stdin.write(`${word}\n`);
  const everyMs = watchdogMs(env) / SIGNS;
  if (everyMs > 0) setInterval(() => say("WATCHDOG=1"), everyMs).unref();
  return { tell: say };
}

/** 0 where no watchdog waits for us. */
function watchdogMs({ WATCHDOG_USEC, WATCHDOG_PID }: NodeJS.ProcessEnv): number {
  const isOurs = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid;
  return isOurs ? Number(WATCHDOG_USEC ?? 0) / 1000 : 0;
}
