import { expect, test } from "vitest";
import { createDialplanWatch } from "../../../src/commands/dialplan-watch.ts";

type Warned = { readonly event: string; readonly server: string; readonly revision: string };

function watching(rendered: Record<string, string>) {
  const state = { rendered: new Map(Object.entries(rendered)) };
  const warned: Warned[] = [];
  const log = { warn: (what: unknown) => void warned.push(what as Warned) };
  const watch = createDialplanWatch(() => state.rendered, log);
  return { state, warned, watch };
}

test("the_dialplan_that_render_would_write_is_current", () => {
  const { warned, watch } = watching({ ast1: "aaa" });
  watch.saw("ast1", "aaa");
  expect(warned).toEqual([]);
  expect([...watch.current()]).toEqual([["ast1", true]]);
});

test("an_older_one_is_told_once_for_each_server_and_revision", () => {
  const { warned, watch } = watching({ ast1: "aaa", ast2: "aaa" });
  for (const [server, revision] of [
    ["ast1", "old"],
    ["ast1", "old"],
    ["ast2", "old"],
    ["ast1", "older"],
  ] as const)
    watch.saw(server, revision);
  expect(warned.map(({ event, server, revision }) => [event, server, revision])).toEqual([
    ["switch.old_dialplan", "ast1", "old"],
    ["switch.old_dialplan", "ast2", "old"],
    ["switch.old_dialplan", "ast1", "older"],
  ]);
  expect([...watch.current()]).toEqual([
    ["ast1", false],
    ["ast2", false],
  ]);
});

test("a_reload_that_changes_the_dialplan_makes_it_old_before_the_next_call", () => {
  const { state, warned, watch } = watching({ ast1: "aaa" });
  watch.saw("ast1", "aaa");
  state.rendered = new Map([["ast1", "bbb"]]);
  expect([...watch.current()]).toEqual([["ast1", false]]);
  watch.saw("ast1", "bbb");
  expect(warned).toEqual([]);
  expect([...watch.current()]).toEqual([["ast1", true]]);
});

test("a_dialplan_that_says_no_revision_and_a_server_that_is_gone_say_nothing", () => {
  const { state, warned, watch } = watching({ ast1: "aaa" });
  watch.saw("ast1", null);
  watch.saw("gone", "aaa");
  expect([warned, [...watch.current()]]).toEqual([[], []]);
  watch.saw("ast1", "aaa");
  state.rendered = new Map();
  expect([...watch.current()]).toEqual([]);
});
