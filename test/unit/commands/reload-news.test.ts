import { expect, test } from "vitest";
import { ReloadNews } from "../../../src/commands/reload-news.ts";
import { at } from "../../builders.ts";

const error = { file: "tenants/apex.yaml", path: [], message: "is wrong", position: null };
const none = (): readonly string[] => [];

test("files_that_were_refused_are_told_of_since_the_first_time_until_they_are_mended", () => {
  let now = at("2026-11-23T12:00:00Z");
  const news = new ReloadNews(() => now);
  expect(news.says()).toBe("ok");
  news.heard({ errors: [error] }, none);
  now += 60_000;
  news.heard({ errors: [error, error] }, none);
  expect(news.says()).toMatch(/^the files have had 2 errors since 2026-11-23T12:00:00Z, .* signalbox check$/);
  news.heard({ errors: [] }, none);
  expect(news.says()).toBe("ok");
});

test("keys_that_wait_for_a_restart_are_named_for_as_long_as_they_do", () => {
  const news = new ReloadNews();
  news.heard({ errors: [] }, () => ["slots", "records"]);
  const waiting = "slots, records of signalbox.yaml changed: restart this node";
  expect(news.says()).toBe(waiting);
  news.heard({ errors: [error] }, none);
  expect(news.says()).toMatch(new RegExp(`^the files have had 1 error .*; ${waiting}$`));
  news.heard({ errors: [] }, none);
  expect(news.says()).toBe("ok");
});
