import { describe, expect, test } from "vitest";
import type { Collect } from "../../../src/core/routing/instruction.ts";
import { ScriptedSwitch } from "../../../src/simulate/scripted-switch.ts";

const collect = (prefixes: readonly string[]): Collect => ({
  do: "collect",
  digits: null,
  files: ["signalbox/apex/welcome"],
  firstDigitSeconds: 5,
  nextDigitSeconds: 2,
  prefixes,
});

/** What each of these collections brings back. */
function collected(digits: readonly string[], ...asked: (readonly string[])[]): string[] {
  const script = new ScriptedSwitch({ digits, dials: [], queues: [] });
  return asked.map((prefixes) => {
    const performed = script.perform(collect(prefixes));
    if (performed.left) throw new Error("a collection always comes back");
    return performed.outcome.type === "digits" ? performed.outcome.digits : performed.outcome.type;
  });
}

describe("keys", () => {
  test.each([
    ["one_key_is_complete_where_no_choice_goes_on", ["1"], [[]], ["1"]],
    ["a_beginning_waits_for_the_next_key", ["12"], [["1"]], ["12"]],
    ["a_pause_completes_it", ["1", "2"], [["1"], []], ["1", "2"]],
    ["keys_beyond_an_answer_are_for_the_next", ["912"], [["1"], ["1"]], ["9", "12"]],
    ["hash_is_a_key", ["1#"], [["1"]], ["1#"]],
    ["nothing_pressed_is_silence", [""], [[]], ["silence"]],
    ["silence_goes_on_when_the_script_has_ended", ["1"], [[], [], []], ["1", "silence", "silence"]],
  ] as const)("%s", (_, digits, asked, expected) => {
    expect(collected(digits, ...asked)).toEqual(expected);
  });
});

test("keys_over_an_announcement_are_lost_and_those_after_it_are_not", () => {
  const script = new ScriptedSwitch({ digits: ["123", "4"], dials: [], queues: [] });
  script.perform(collect([]));
  const played = script.perform({ do: "play", files: ["signalbox/apex/closed"] });
  expect(played.says).toBe("the caller hears it, and what is pressed over it is lost");
  expect(script.perform(collect([]))).toMatchObject({ outcome: { type: "digits", digits: "4" } });
});

describe("phones", () => {
  const dial = {
    do: "dial",
    dial: "PJSIP/100",
    ringSeconds: 20,
    trunk: null,
    callerId: null,
    limitSeconds: null,
    carrier: null,
  } as const;

  test("a_phone_answers_unless_the_script_says_otherwise", () => {
    const script = new ScriptedSwitch({ digits: [], dials: ["busy"], queues: [] });
    expect(script.perform(dial)).toMatchObject({ left: false, outcome: { type: "dialled", status: "BUSY" } });
    expect(script.perform(dial)).toMatchObject({ left: true });
  });

  test("a_queue_likewise", () => {
    const script = new ScriptedSwitch({ digits: [], dials: [], queues: ["timeout"] });
    const queue = { do: "queue", queue: "claims", waitSeconds: null } as const;
    expect(script.perform(queue)).toMatchObject({
      left: false,
      outcome: { type: "queued", status: "TIMEOUT" },
    });
    expect(script.perform(queue)).toMatchObject({ left: true });
  });
});
