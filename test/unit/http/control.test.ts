import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { StandingBook } from "../../../src/calls/standing-book.ts";
import { askNode } from "../../../src/commands/control-client.ts";
import { runCommandLine } from "../../../src/commands/program.ts";
import { type Control, type ControlRoute, controlSocket, createControl } from "../../../src/http/control.ts";
import { tenantRoutes } from "../../../src/http/tenant-routes.ts";
import { SignalboxError } from "../../../src/platform/errors.ts";
import { snapshotWith } from "../../builders.ts";

const log = pino({ level: "silent" });

let folder: string;
const started: Control[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sb-control-"));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((control) => control.close()));
  rmSync(folder, { recursive: true });
});

const controlOf = (routes: readonly ControlRoute[]): Control =>
  createControl({ path: controlSocket(folder), routes, log });

async function startWith(...routes: ControlRoute[]): Promise<Control> {
  const control = controlOf(routes);
  await control.start();
  started.push(control);
  return control;
}

const echo: ControlRoute = { method: "POST", path: "/echo/:word", handler: (request) => request };
const code = (name: string) => expect.objectContaining({ code: name });

describe("the socket", () => {
  test("is_for_the_user_and_the_group_alone", async () => {
    await startWith(echo);
    expect(statSync(controlSocket(folder)).mode & 0o777).toBe(0o660);
  });

  test("a_route_gets_what_was_asked_and_its_answer_is_json", async () => {
    await startWith(echo);
    const answer = await askNode(folder, { method: "POST", path: "/echo/h%20i?x=1", body: { a: [1] } });
    expect(answer).toEqual({ params: { word: "h i" }, query: { x: "1" }, body: { a: [1] } });
  });

  test("a_request_without_a_body_has_none", async () => {
    await startWith({ method: "GET", path: "/none", handler: ({ body }) => ({ body }) });
    expect(await askNode(folder, { method: "GET", path: "/none" })).toEqual({ body: null });
  });

  test("goes_with_the_node", async () => {
    const control = await startWith(echo);
    await control.close();
    expect(existsSync(controlSocket(folder))).toBe(false);
  });

  test("of_a_node_that_was_killed_is_taken_over", async () => {
    const killed = createServer();
    await new Promise<void>((done) => killed.listen(join(folder, "other"), done));
    // What a kill leaves behind: a socket that nobody listens on.
    renameSync(join(folder, "other"), controlSocket(folder));
    await new Promise((done) => killed.close(done));
    expect(existsSync(controlSocket(folder))).toBe(true);
    await expect(askNode(folder, { method: "GET", path: "/" })).rejects.toEqual(code("node_not_running"));
    await startWith(echo);
    expect(await askNode(folder, { method: "POST", path: "/echo/a" })).toMatchObject({
      params: { word: "a" },
    });
  });

  test("of_a_node_that_runs_is_left_to_it", async () => {
    await startWith(echo);
    await expect(controlOf([]).start()).rejects.toEqual(code("control_in_use"));
    expect(await askNode(folder, { method: "POST", path: "/echo/a" })).toMatchObject({
      params: { word: "a" },
    });
  });

  test("takes_away_no_file_that_is_no_socket", async () => {
    writeFileSync(controlSocket(folder), "something else");
    await expect(controlOf([]).start()).rejects.toMatchObject({ code: "control_blocked" });
    expect(existsSync(controlSocket(folder))).toBe(true);
  });

  test("needs_a_path_that_fits", async () => {
    const path = join(folder, "x".repeat(120), "signalbox.sock");
    await expect(createControl({ path, routes: [], log }).start()).rejects.toEqual(
      code("control_path_too_long"),
    );
  });
});

describe("what cannot be answered", () => {
  test("no_node_says_how_to_start_one", async () => {
    const asked = askNode(folder, { method: "GET", path: "/" });
    await expect(asked).rejects.toMatchObject({
      code: "node_not_running",
      message: expect.stringContaining("signalbox serve"),
    });
  });

  test("a_node_that_is_being_stopped_says_so", async () => {
    const stopping = createHttp((_, response) => response.writeHead(503).end("{}"));
    await new Promise<void>((done) => void stopping.listen(controlSocket(folder), done));
    const asked = askNode(folder, { method: "GET", path: "/" });
    await expect(asked).rejects.toMatchObject({
      code: "node_stopping",
      message: expect.stringContaining("is being stopped"),
    });
    await new Promise((done) => stopping.close(done));
  });

  test("a_route_that_refuses_says_why", async () => {
    const handler = () => {
      throw new SignalboxError("no_such_thing", "there is no such thing");
    };
    await startWith({ method: "GET", path: "/thing", handler });
    const asked = askNode(folder, { method: "GET", path: "/thing" });
    await expect(asked).rejects.toMatchObject({ code: "no_such_thing", message: "there is no such thing" });
  });

  test("a_bug_in_a_route_ends_nothing", async () => {
    const handler = () => {
      throw new Error("bug: oops");
    };
    await startWith({ method: "GET", path: "/bug", handler }, echo);
    await expect(askNode(folder, { method: "GET", path: "/bug" })).rejects.toEqual(code("control_failed"));
    expect(await askNode(folder, { method: "POST", path: "/echo/a" })).toBeTruthy();
  });

  test("a_node_of_another_version_says_so", async () => {
    await startWith(echo);
    await expect(askNode(folder, { method: "GET", path: "/new" })).rejects.toEqual(code("control_unknown"));
  });
});

describe("tenant suspend and resume", () => {
  const snapshot = snapshotWith({ tenants: { apex: {} } });
  let standing: StandingBook;

  beforeEach(async () => {
    standing = new StandingBook({ file: join(folder, "conditions.json"), log, now: () => 1000 });
    await startWith(...tenantRoutes({ standing, snapshot: () => snapshot, log }));
  });

  async function command(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const ran = { out: "", err: "" };
    const code = await runCommandLine(["tenant", ...args, "--var", folder], {
      out: (text) => {
        ran.out += text;
      },
      err: (text) => {
        ran.err += text;
      },
      env: {},
      colour: false,
    });
    return { code, ...ran };
  }

  test("there_and_back", async () => {
    expect(await command("suspend", "apex", "--why", "unpaid")).toEqual({
      code: 0,
      out: "apex is suspended: its new calls are refused\n",
      err: "",
    });
    expect([...standing.current().suspended.keys()]).toEqual(["apex"]);
    expect([...standing.current().suspended.values()]).toMatchObject([{ why: "unpaid" }]);
    expect((await command("resume", "apex", "--why", "paid")).out).toBe(
      "apex is resumed: its calls are let through\n",
    );
    expect(standing.current().suspended.size).toBe(0);
  });

  test("an_order_that_other_nodes_do_not_know_of_yet_says_so", async () => {
    standing.untold = () => "Redis cannot be asked (connect ECONNREFUSED)" as never;
    const says =
      "signalbox: on this node alone so far: Redis cannot be asked (connect ECONNREFUSED), and the other nodes do not know; they hear of it once it can; until then give the same order on each of them\n";
    expect(await command("suspend", "apex")).toMatchObject({ code: 1, err: says });
    expect([...standing.current().suspended.keys()]).toEqual(["apex"]);
    expect(await command("resume", "apex")).toMatchObject({ code: 1, err: says });
    expect(standing.current().suspended.size).toBe(0);
  });

  test("without_a_reason_it_is_noted_that_there_was_none", async () => {
    expect(await command("suspend", "apex")).toMatchObject({ code: 0, err: "" });
    expect([...standing.current().suspended.values()]).toMatchObject([{ why: "no reason was given" }]);
    expect(await command("resume", "apex")).toMatchObject({ code: 0, err: "" });
    expect(standing.current().suspended.size).toBe(0);
  });

  test("a_second_time_says_so_and_is_no_failure", async () => {
    await command("suspend", "apex", "--why", "unpaid");
    expect(await command("suspend", "apex", "--why", "fraud")).toMatchObject({ code: 0 });
    expect([...standing.current().suspended.values()]).toMatchObject([{ why: "fraud" }]);
    await command("resume", "apex", "--why", "paid");
    expect(await command("resume", "apex", "--why", "paid")).toMatchObject({
      code: 0,
      out: "apex was not suspended\n",
    });
  });

  test("a_name_that_is_not_configured_fails_and_lists_those_that_are", async () => {
    const { code, err } = await command("suspend", "apx", "--why", "unpaid");
    expect({ code, err }).toEqual({
      code: 1,
      err: "signalbox: there is no tenant apx; configured are apex\n",
    });
  });

  test("a_tenant_that_is_not_configured_any_more_can_be_resumed", async () => {
    await standing.suspend("gone" as never, { by: "root", why: "left" });
    expect(await command("resume", "gone", "--why", "came back")).toMatchObject({ code: 0 });
    expect(standing.current().suspended.size).toBe(0);
  });

  test.each([
    ["no_name", ["suspend", "--why", "unpaid"], 2],
    ["an_empty_reason", ["suspend", "apex", "--why", " "], 1],
  ])("%s_is_refused", async (_name, args, code) => {
    expect(await command(...args)).toMatchObject({ code });
    expect(standing.current().suspended.size).toBe(0);
  });

  test("what_cannot_be_kept_fails_and_says_what_to_do", async () => {
    mkdirSync(join(folder, "conditions.json.new"));
    const { code, err } = await command("suspend", "apex", "--why", "unpaid");
    expect(code).toBe(1);
    expect(err).toContain("nothing was changed");
    expect(standing.current().suspended.size).toBe(0);
  });
});
