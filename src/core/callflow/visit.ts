import type { SlotKey } from "../admission/admission.ts";
import { planRecording, type Recording } from "../recording/recording.ts";
import type { SoundFile } from "../routing/plan.ts";
import type { ResolveContext } from "../routing/target-type.ts";
import { stateAt } from "../schedule/schedule.ts";
import type { Tenant } from "../snapshot/snapshot.ts";
import type { Direction, Stamp } from "../tenant/stamp.ts";
import type { CallState } from "./call-state.ts";
import type { Decision, PlacedBy } from "./decision.ts";
import type { Moment } from "./moment.ts";
import type { Refusal } from "./refusal.ts";
import type { Notes } from "./trace.ts";

/** One tenant's call within one step: what stays the same while targets are followed. */
export type Visit = {
  readonly tenant: Tenant;
  readonly moment: Moment;
  readonly notes: Notes;
  /** Null once an earlier step has set it. */
  readonly stamp: Stamp | null;
  /** Set when the call is being turned away and only hears why. */
  readonly refusal: Refusal | null;
  readonly limitSeconds: number | null;
  /** The channel that this step is for. */
  readonly key: SlotKey;
  /** Set once it is known what is to be dialled on a trunk. */
  readonly dialled: Decision["dialled"];
  /** True for a call that VICIdial places: turned away, it is told 42 and nothing else. */
  readonly dialler: boolean;
  /** On the first step of an outbound call. */
  readonly placedBy?: PlacedBy | null;
  /** What the recording of this call goes by. */
  readonly about: About;
};

type About = {
  readonly direction: Direction;
  readonly did: string;
  readonly campaign: string | null;
  /** The caller was turned away in an earlier step, and goes on hearing why. */
  readonly turnedAway?: boolean;
};

/** Of the first step of a call out: true for a trunk leg that a phone has sent out again, which has its stamp already. */
export function isSentOn({ stamp, about }: Visit): boolean {
  return stamp === null && about.direction === "outbound";
}

/** The parts of a decision that differ from call to call; the rest comes from the visit. */
export type Verdict = Pick<Decision, "call" | "instruction"> & Partial<Decision>;

export function decide(visit: Visit, verdict: Verdict): Decision {
  return {
    stamp: visit.stamp,
    state: null,
    language: null,
    limitSeconds: visit.limitSeconds,
    refusal: visit.refusal,
    ended: false,
    target: null,
    schedule: null,
    dialled: visit.dialled,
    placedBy: visit.placedBy ?? null,
    recording: recordingOf(verdict, visit),
    trace: visit.notes.lines,
    ...verdict,
  };
}

/** People talk behind these instructions. Whoever is only told why he may not come in is not recorded. */
function recordingOf(
  { call, instruction, state, language }: Verdict,
  { tenant, refusal, about, moment }: Visit,
): Recording | null {
  const talks = instruction.do === "dial" || instruction.do === "queue" || instruction.do === "goto";
  const wanted = talks && refusal === null && about.turnedAway !== true;
  const planned = wanted ? planRecording({ call, ...about }, tenant, moment.now) : null;
  if (planned === null || planned.notice === null) return planned;
  // A call that leaves for good has no state any more, and its language all the same.
  return { ...planned, notice: soundFile(planned.notice, state?.language ?? language ?? "", tenant) };
}

/** What the targets of this tenant see at this moment. */
export function contextFor(state: CallState, visit: Visit): ResolveContext {
  const { tenant, moment } = visit;
  return {
    tenant: tenant.id,
    plan: tenant.plan,
    attempt: state.attempt,
    sound: (prompt) => soundFile(prompt, state.language, tenant),
    hoursState: (name) => {
      const hours = tenant.plan.hours.get(name);
      if (hours === undefined)
        return { state: "closed", why: `the hours ${name} are not configured any more` };
      return stateAt(hours, moment.now, moment.conditions.hoursOverrides.get(`${tenant.id}/${name}`) ?? null);
    },
  };
}

/**
 * A prompt in the call's language, which is the tenant's where it has none, else in no language; one without a file
 * keeps its likely place.
 */
export function soundFile(prompt: string, language: string, tenant: Tenant): SoundFile {
  const { sounds } = tenant.plan;
  const spoken = language === "" ? tenant.language : language;
  const translated = spoken === null ? undefined : sounds.get(`${spoken}/${prompt}`);
  return translated ?? sounds.get(prompt) ?? (`signalbox/${tenant.id}/${prompt}` as SoundFile);
}
