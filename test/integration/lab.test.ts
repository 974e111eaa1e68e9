import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createConnection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningAsterisk, startAsterisk } from "../../load/lab/asterisk.ts";
import { findAsterisk } from "../../load/lab/find-asterisk.ts";
import { startMariadb } from "../../load/lab/mariadb.ts";
import { waitFor } from "../../load/lab/ports.ts";
import { runCommand, startChild } from "../../load/lab/processes.ts";
import { startRedis } from "../../load/lab/redis.ts";

const MODULES =
  "app_queue app_voicemail app_read app_playback app_mixmonitor app_confbridge app_dial func_uri res_agi res_parking";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sb lab "));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function allGone(pids: readonly number[]): Promise<void> {
  await waitFor(`the end of ${pids}`, () => pids.every((pid) => !alive(pid)) || undefined, 15_000);
}

describe.each(["22", "16"] as const)("private Asterisk %s", (version) => {
  let asterisk: RunningAsterisk;

  beforeAll(async () => {
    await mkdir(join(folder, "sounds"), { recursive: true });
    // Half a second of silence: Asterisk's own raw format, 8 kHz, 16 bit.
    await writeFile(join(folder, "sounds/hello.sln"), Buffer.alloc(8_000));
    asterisk = await startAsterisk({
      version,
      folder: join(folder, `asterisk ${version}`),
      files: {
        "extensions_lab.conf":
          "[lab]\nexten => 1,1,Answer()\n same => n,Playback(signalbox/hello&beep)\n" +
          " same => n,Set(GLOBAL(PLAYED)=${PLAYBACKSTATUS})\n same => n,MixMonitor(apex/1.wav)\n same => n,Wait(1)\n",
      },
      sip: "127.0.0.1:26030",
      ami: "127.0.0.1:26031",
      sounds: join(folder, "sounds"),
      recordings: join(folder, `recordings ${version}`),
      asteriskOptions: { systemname: "lab" },
    });
  });

  afterAll(() => asterisk.stop());

  test("says_its_version", async () => {
    expect(asterisk.version).toMatch(version === "16" ? /^16\./ : /^(18|19|[2-9]\d)\./);
    expect(await asterisk.cli("core show version")).toContain(`Asterisk ${asterisk.version}`);
  });

  test.each(MODULES.split(" "))("runs_%s", async (name) => {
    expect(await asterisk.cli(`module show like ${name}.so`)).toMatch(/Running/);
  });

  test("listens_where_it_was_told", async () => {
    expect(await asterisk.cli("pjsip show transports")).toContain("127.0.0.1:26030");
    expect(await asterisk.cli("manager show settings")).toContain("127.0.0.1:26031");
  });

  test("plays_our_prompts_and_its_own_and_records_where_told", async () => {
    await asterisk.cli("channel originate Local/1@lab application Wait 3");
    const played = await waitFor(
      "the end of the prompt",
      async () => /PLAYED=(\w+)/.exec(await asterisk.cli("dialplan show globals"))?.[1],
      10_000,
    );
    expect(played).toBe("SUCCESS");
    await waitFor(
      "the recording",
      () => existsSync(join(folder, `recordings ${version}/apex/1.wav`)) || undefined,
      5_000,
    );
  });

  test("logs_no_error_at_boot", async () => {
    const log = await readFile(join(asterisk.folder, "log/full"), "utf8");
    expect(log.split("\n").filter((line) => / ERROR\[/.test(line))).toEqual([]);
  });

  test("taken_port_is_named_with_a_remedy", async () => {
    const second = startAsterisk({
      version,
      folder: join(folder, "second"),
      files: {},
      sip: "127.0.0.1:26030",
    });
    await expect(second).rejects.toMatchObject({
      code: "port_taken",
      message: expect.stringMatching(/udp 127\.0\.0\.1:26030 is taken.*or choose another port/),
    });
  });

  test("bad_configuration_rejects_with_the_log", async () => {
    const broken = startAsterisk({
      version,
      folder: join(folder, `broken ${version}`),
      files: { "modules.conf": "[modules]\nautoload=no\nrequire=app_that_nobody_wrote.so\n" },
      sip: "127.0.0.1:26032",
      ami: "127.0.0.1:26033",
    });
    await expect(broken).rejects.toMatchObject({
      code: "asterisk_failed",
      message: expect.stringContaining("app_that_nobody_wrote"),
    });
  });
});

test("missing_asterisk_says_the_command", () => {
  expect(() => findAsterisk("16", { PATH: "/nonexistent", SIGNALBOX_CACHE: folder })).toThrow(
    "run sh load/setup.sh lab --asterisk 16",
  );
});

test("override_without_an_asterisk_is_named", () => {
  expect(() => findAsterisk("22", { SIGNALBOX_ASTERISK_22: folder })).toThrow(`${folder} holds no Asterisk`);
});

describe("what was started ends with its parent", () => {
  test.each([
    ["22", "SIGKILL"],
    ["16", "SIGKILL"],
    ["22", "SIGINT"],
    ["22", "SIGTERM"],
  ] as const)("asterisk_%s_after_%s", async (version, signal) => {
    const parent = await startChild({
      name: "the parent",
      command: process.execPath,
      args: [
        join(import.meta.dirname, "lab-parent.ts"),
        join(folder, `parent ${version} ${signal}`),
        version,
      ],
    });
    const line = await parent.waitForLine(/^pids /, 30_000);
    const pids = line.split(" ").slice(1).map(Number);
    expect(pids.map(alive)).toEqual([true, true, true]);
    parent.kill(signal);
    const status = await parent.exited;
    await allGone(pids);
    if (signal === "SIGKILL") return;
    expect(status.code).toBe(signal === "SIGINT" ? 130 : 143);
    expect(parent.lines()).toContain("cleaned up");
  });
});

describe("npm run lab", () => {
  test("a_place_where_nothing_can_be_written_is_told", async () => {
    const lab = join(import.meta.dirname, "../../load/lab.ts");
    const { code, stderr } = await runCommand(process.execPath, [lab, "--var", "/proc/nowhere"]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^\/proc\/nowhere cannot be written to .*\n$/),
    });
  });

  test("a_node_that_died_is_started_again_and_ctrl_c_ends_all_without_a_word_of_it", async () => {
    const config = join(folder, "lab config");
    await mkdir(join(config, "tenants"), { recursive: true });
    await writeFile(
      join(config, "signalbox.yaml"),
      `fastagi: {listen: "127.0.0.1:26061"}\nhttp: {listen: "127.0.0.1:26062"}\nasterisk:\n` +
        `  - {server: ast1, ami: "127.0.0.1:26063", username: signalbox, secret: "\${OF_NO_ENVIRONMENT}"}\n`,
    );
    await mkdir(join(folder, "sounds"), { recursive: true });
    await writeFile(
      join(config, "trunks.yaml"),
      'trunks: {one: {address: "127.0.0.2:26065", shared: true, channels: 5}}\n',
    );
    const lab = await startChild({
      name: "the lab",
      command: process.execPath,
      args: [
        join(import.meta.dirname, "../../load/lab.ts"),
        ...["--config", "lab config", "--var", "lab var", "--sip", "127.0.0.1:26064"],
      ],
      env: { ...process.env, npm_lifecycle_event: "lab", INIT_CWD: folder },
    });
    const nodes = (): number[] =>
      lab.lines().flatMap((line) => /^Signalbox is process ([0-9]+)$/.exec(line)?.slice(1).map(Number) ?? []);
    await lab.waitForLine(/^ready$/, 60_000);
    const prompts = join(folder, "lab var/asterisk/data/sounds/signalbox");
    expect(await readlink(prompts)).toBe(join(folder, "sounds"));
    const [first = 0] = nodes();
    process.kill(first, "SIGKILL");
    const told = await lab.waitForLine(/^Signalbox ended; .* kill -USR2 [0-9]+ starts it again$/, 5000);
    expect(told).toContain(`-USR2 ${lab.pid} `);
    lab.kill("SIGUSR2");
    const second = await waitFor("the next node", () => nodes()[1], 30_000);
    lab.kill("SIGUSR2");
    await lab.waitForLine(/Signalbox runs \([0-9]+\): end it first/, 5000);
    // A terminal's Ctrl-C reaches the node as well.
    process.kill(second, "SIGINT");
    lab.kill("SIGINT");
    expect((await lab.exited).code).toBe(130);
    await allGone([first, second]);
    expect(lab.lines().filter((line) => line.startsWith("Signalbox ended"))).toHaveLength(1);
    expect(lab.lines().filter((line) => line.startsWith("Asterisk ended"))).toEqual([]);
  });
});

describe("private databases", () => {
  test("redis_starts_answers_and_stops", async () => {
    const redis = await startRedis({ folder: join(folder, "redis"), port: 26050 });
    expect(redis.url).toBe("redis://127.0.0.1:26050/0");
    const pong = await runCommand("redis-cli", ["-u", redis.url, "ping"]);
    expect(pong.stdout.trim()).toBe("PONG");
    await expect(startRedis({ folder: join(folder, "redis2"), port: 26050 })).rejects.toMatchObject({
      code: "port_taken",
    });
    await redis.stop();
    expect(alive(redis.pid)).toBe(false);
  });

  test("mariadb_starts_keeps_its_data_over_a_crash_and_stops", async () => {
    const place = { folder: join(folder, "mariadb"), port: 26051 };
    const first = await startMariadb(place);
    const connection = await createConnection(first.url);
    await connection.query("CREATE TABLE t (n INT)");
    await connection.query("INSERT INTO t VALUES (42)");
    connection.on("error", () => {});
    first.kill("SIGKILL");
    expect((await first.exited).signal).toBe("SIGKILL");
    connection.destroy();
    const second = await startMariadb(place);
    const again = await createConnection(second.url);
    expect((await again.query("SELECT n FROM t"))[0]).toEqual([{ n: 42 }]);
    await again.end();
    await second.stop();
    expect(alive(second.pid)).toBe(false);
  });

  test("taken_port_is_named", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(26052, "127.0.0.1", resolve));
    await expect(startMariadb({ folder: join(folder, "m3"), port: 26052 })).rejects.toThrow(
      "tcp 127.0.0.1:26052 is taken",
    );
    await new Promise((resolve) => server.close(resolve));
  });
});
