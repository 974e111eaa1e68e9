import type { Command, CommandAnswer } from "../core/callflow/commands.ts";

/** What a world answers in which nothing stands in a call's way; how many channels are in use is not its to say. */
export function uneventful({ type }: Exclude<Command, { type: "acquire" }>): CommandAnswer {
  switch (type) {
    case "do_not_call":
      return { listed: null };
    case "spend":
      return { within: true };
    case "vicidial_owner":
      return { signs: null };
    case "pin_tried":
      return { locked: false };
    case "set_override":
      return { kept: true };
    case "release":
      return null;
  }
}
