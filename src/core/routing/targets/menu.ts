import { answerMenu, endOfChoice, type Menu, type MenuInput } from "../../menu/menu.ts";
import type { Outcome } from "../instruction.ts";
import type { TargetPath } from "../plan.ts";
import type { Resolution, ResolveContext, TargetType } from "../target-type.ts";

export type MenuSpec = { readonly type: "menu"; readonly menu: string };

type Raw = { menu: string };

export const menu: TargetType<"menu", Raw, MenuSpec> = {
  type: "menu",
  summary: "Plays a menu and goes where the caller's key leads.",
  schema: ({ z, name }) => z.strictObject({ menu: name }),
  compile: (raw) => ({ type: "menu", menu: raw.menu }),
  references: (spec) => [{ to: "menu", name: spec.menu }],
  resolve: (spec, context) => ask(spec, context, null),
  comesBackWith: ["digits", "silence"],
  resume: (spec, outcome, context) => {
    const found = context.plan.menus.get(spec.menu);
    if (found === undefined) return gone(spec);
    const answer = answerMenu(found, inputOf(outcome), context.attempt);
    switch (answer.kind) {
      case "chosen":
        return { kind: "go", to: answer.target, says: `${spec.menu}: the caller chose ${answer.choice}` };
      case "exhausted":
        return {
          kind: "go",
          to: answer.target,
          says: `${spec.menu}: ${wording(answer.because)} at attempt ${context.attempt}, the last`,
        };
      case "again":
        return ask(spec, { ...context, attempt: answer.attempt }, answer.because);
    }
  },
  show: (spec) => ({ menu: spec.menu }),
  examples: ["{menu: welcome}"],
};

function ask(spec: MenuSpec, context: ResolveContext, after: "invalid" | "silent" | null): Resolution {
  const found = context.plan.menus.get(spec.menu);
  if (found === undefined) return gone(spec);
  const first = after === "invalid" ? found.invalidPrompt : after === "silent" ? found.silentPrompt : null;
  const prompts = first === null ? [found.prompt] : [first, found.prompt];
  const because = after === null ? "" : ` after ${wording(after)}`;
  return {
    kind: "perform",
    instruction: {
      do: "collect",
      files: prompts.map((prompt) => soundIn(found, prompt, context)),
      firstDigitSeconds: found.waitSeconds,
      nextDigitSeconds: found.nextDigitSeconds,
      ...endOfChoice([...found.choices.keys()]),
    },
    attempt: context.attempt,
    says: `${spec.menu}: asks, attempt ${context.attempt} of ${found.attempts}${because}`,
    ...(found.language === null ? {} : { language: found.language }),
  };
}

/** A menu with a language of its own speaks it from its first prompt on. */
function soundIn(found: Menu<TargetPath>, prompt: string, context: ResolveContext): string {
  const translated =
    found.language === null ? undefined : context.plan.sounds.get(`${found.language}/${prompt}`);
  return translated ?? context.sound(prompt);
}

function inputOf(outcome: Outcome): MenuInput {
  return outcome.type === "digits" ? { digits: outcome.digits } : { timedOut: true };
}

function wording(because: "invalid" | "silent"): string {
  return because === "invalid" ? "a wrong choice" : "no input";
}

function gone(spec: MenuSpec): Resolution {
  return { kind: "end", cause: 41, says: `the menu ${spec.menu} is not configured any more` };
}
