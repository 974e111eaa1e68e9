import { EVENT_ID, type Event, getScalarValue, parseEvents } from "js-yaml";
import type { ConfigPath, Issue } from "./issue.ts";

type Position = { readonly line: number; readonly column: number };

/**
 * Adds line and column to issues by parsing the files they name once more. Only a configuration with something to
 * say pays for this.
 */
export function withPositions(issues: readonly Issue[], texts: ReadonlyMap<string, string>): Issue[] {
  const parsed = new Map<string, Event[] | null>();
  return issues.map((issue) => {
    const text = texts.get(issue.file);
    if (issue.position !== null || text === undefined) return issue;
    let events = parsed.get(issue.file);
    if (events === undefined) {
      events = eventsOf(text);
      parsed.set(issue.file, events);
    }
    return events === null ? issue : { ...issue, position: locate(text, events, issue.path) };
  });
}

/** Where the first key stands that is a list or a mapping, of which the parser says no place. */
export function complexKeyIn(text: string): Position | null {
  const open: { readonly isMapping: boolean; children: number }[] = [];
  for (const event of eventsOf(text) ?? []) {
    if (event.type === EVENT_ID.POP) {
      open.pop();
      continue;
    }
    const parent = open.at(-1);
    const isNested = event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE;
    if (isNested && parent?.isMapping && parent.children % 2 === 0) return positionAt(text, startOf(event));
    if (parent !== undefined) parent.children++;
    if (isNested || event.type === EVENT_ID.DOCUMENT)
      open.push({ isMapping: event.type === EVENT_ID.MAPPING, children: 0 });
  }
  return null;
}

function eventsOf(text: string): Event[] | null {
  try {
    return parseEvents(text, {});
  } catch {
    return null;
  }
}

/** The place of the deepest part of `path` that exists: of a missing key, its parent's. */
function locate(text: string, events: readonly Event[], path: ConfigPath): Position | null {
  // The first event opens the document.
  let at = 1;
  let offset = 0;
  for (const part of path) {
    const child = typeof part === "number" ? itemOf(events, at, part) : childOf(text, events, at, part);
    if (child === null) break;
    at = child.at;
    offset = child.offset;
  }
  return positionAt(text, offset);
}

function childOf(text: string, events: readonly Event[], at: number, key: string): Child | null {
  if (events[at]?.type !== EVENT_ID.MAPPING) return null;
  let next = at + 1;
  for (let event = events[next]; event !== undefined && event.type !== EVENT_ID.POP; event = events[next]) {
    const value = skip(events, next);
    if (event.type === EVENT_ID.SCALAR && getScalarValue(text, event) === key) {
      return { at: value, offset: startOf(event) };
    }
    next = skip(events, value);
  }
  return null;
}

type Child = { readonly at: number; readonly offset: number };

function itemOf(events: readonly Event[], at: number, index: number): Child | null {
  if (events[at]?.type !== EVENT_ID.SEQUENCE) return null;
  let next = at + 1;
  for (let skipped = 0; skipped < index; skipped++) {
    if (events[next]?.type === EVENT_ID.POP) return null;
    next = skip(events, next);
  }
  const event = events[next];
  return event === undefined || event.type === EVENT_ID.POP ? null : { at: next, offset: startOf(event) };
}

/** The index after the node at `at`. */
function skip(events: readonly Event[], at: number): number {
  let depth = 0;
  for (let index = at; index < events.length; index++) {
    const type = events[index]?.type;
    if (type === EVENT_ID.POP) depth--;
    if (type === EVENT_ID.MAPPING || type === EVENT_ID.SEQUENCE) depth++;
    if (depth === 0) return index + 1;
  }
  return events.length;
}

function startOf(event: Event): number {
  if (event.type === EVENT_ID.SCALAR) return event.valueStart;
  return "start" in event ? event.start : 0;
}

function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return { line, column: offset - before.lastIndexOf("\n") };
}
