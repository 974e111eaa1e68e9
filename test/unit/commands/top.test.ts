import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Io } from "../../../src/commands/io.ts";
import { CTRL_C, type Terminal } from "../../../src/commands/terminal.ts";
import { top } from "../../../src/commands/top.ts";
import { type Control, controlSocket, createControl } from "../../../src/http/control.ts";
import { liveView } from "../../../src/reports/live.ts";
import { snapshotWith } from "../../builders.ts";
import { readingWith, severalSlots, slotsWith } from "../../live-builders.ts";

const variables = mkdtempSync(join(tmpdir(), "sb-top-"));
const common = { config: "config", variables, node: undefined };
const snapshot = snapshotWith({ tenants: { apex: { limits: { channels: 4 } } } });
let legs = 1;
let control: Control;

beforeAll(async () => {
  const handler = () => liveView(readingWith(snapshot, { slots: slotsWith(severalSlots(legs)) }));
  const log = pino({ level: "silent" });
  const routes = [{ method: "GET", path: "/live", handler }] as const;
  control = createControl({ path: controlSocket(variables), routes, log });
  await control.start();
});
afterAll(async () => {
  await control.close();
  rmSync(variables, { recursive: true });
});

type Screen = {
  readonly io: Io;
  readonly written: () => string;
  press(key: string): void;
  readonly released: () => boolean;
};

function screen(columns = 120, rows = 40): Screen {
  let written = "";
  let released = false;
  let pressed: (key: string) => void = () => {};
  const terminal: Terminal = {
    size: () => ({ columns, rows }),
    keys: (onKey) => {
      pressed = onKey;
      return () => {
        released = true;
      };
    },
  };
  const out = (text: string): void => {
    written += text;
  };
  return {
    io: { out, err: () => {}, env: {}, colour: false, terminal },
    written: () => written,
    press: (key) => pressed(key),
    released: () => released,
  };
}

async function until(says: () => boolean): Promise<void> {
  for (let waited = 0; !says(); waited += 20) {
    if (waited > 5000) throw new Error("it never came");
    await new Promise((done) => setTimeout(done, 20));
  }
}

test("elsewhere_than_on_a_terminal_it_is_written_once", async () => {
  const { io, written } = screen();
  expect(await top(common, { ...io, terminal: null })).toBe(0);
  expect(written()).toMatch(/^signalbox tel1 .*\n[\s\S]*\napex +1 +0 +1 +4 [^\u001b]*\n$/);
});

test("json_is_one_object_on_a_terminal_too", async () => {
  const { io, written } = screen();
  expect(await top({ ...common, json: true }, io)).toBe(0);
  expect(JSON.parse(written())).toMatchObject({ node: "tel1", tenants: [{ tenant: "apex", in: 1 }] });
});

test.each([
  ["q", "q"],
  ["ctrl_c", CTRL_C],
])("%s_ends_it_and_gives_the_terminal_back", async (_, key) => {
  const shown = screen();
  const ended = top(common, shown.io);
  await until(() => shown.written().includes("q ends"));
  shown.press("x");
  shown.press(key);
  expect(await ended).toBe(0);
  expect(shown.released()).toBe(true);
  expect(shown.written()).toMatch(/^\u001b\[\?1049h[\s\S]*\u001b\[\?1049l$/);
});

test("it_is_drawn_anew_in_place_every_second", async () => {
  const shown = screen();
  const ended = top(common, shown.io);
  await until(() => shown.written().includes("q ends"));
  legs = 3;
  await until(() => /apex +3 /.test(shown.written()));
  shown.press("q");
  await ended;
  expect(shown.written().split("\u001b[H")).toHaveLength(3);
});

test("no_line_is_wider_and_no_frame_higher_than_the_terminal", async () => {
  const shown = screen(20, 6);
  const ended = top(common, shown.io);
  await until(() => shown.written().includes("\u001b[J"));
  shown.press("q");
  await ended;
  const [, frame = ""] = shown.written().split("\u001b[H");
  const lines = (frame.split("\u001b[J")[0] ?? "").split("\r\n").slice(0, -1);
  expect(lines).toHaveLength(5);
  for (const line of lines) expect(line.replace("\u001b[K", "").length).toBeLessThanOrEqual(20);
});

test("without_a_node_it_fails_and_says_what_to_do", async () => {
  const nowhere = join(variables, "nowhere");
  await expect(top({ ...common, variables: nowhere }, screen().io)).rejects.toMatchObject({
    code: "node_not_running",
    message: expect.stringContaining("signalbox serve"),
  });
});
