import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SlotStoreError } from "../../../src/calls/slot-port.ts";
import type { ChannelList, ListedChannel, SwitchEyes } from "../../../src/calls/switch-eyes-port.ts";
import { SwitchWatch } from "../../../src/calls/switch-watch.ts";
import type { Snapshot } from "../../../src/core/snapshot/snapshot.ts";
import { MemorySlotStore } from "../../../src/slots/memory.ts";
import { snapshotWith, tenantWith, trunkWith } from "../../builders.ts";

const snapshot: Snapshot = snapshotWith({
  tenants: { apex: {} },
  trunks: [trunkWith("apex_sip", { tenant: "apex" })],
});

function leg(uniqueid: string): ListedChannel {
  const channel = `PJSIP/apex_sip-0000000${uniqueid}`;
  return { uniqueid, channel, accountCode: "apex", sbCall: null, sbDirection: "inbound", isUp: true };
}

/** A switch with these channels; `looks` counts how often it was asked for all of them. */
class Eyes implements SwitchEyes {
  channels: readonly ListedChannel[] = [];
  looks = 0;

  readonly boot = async (): Promise<string> => "b1";
  readonly list = async (): Promise<ChannelList> => {
    this.looks += 1;
    return { channels: this.channels, complete: true };
  };
  readonly lives = async (_server: string, uniqueid: string): Promise<boolean> =>
    this.channels.some((each) => each.uniqueid === uniqueid);
}

describe("the watch of a switch", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function watching(rebuild = false) {
    const eyes = new Eyes();
    const slots = new MemorySlotStore({ rebuild });
    const said: unknown[] = [];
    const log = pino({ level: "warn" }, { write: (line) => void said.push(JSON.parse(line)) });
    const watch = new SwitchWatch({
      server: "ast1",
      node: "tel1",
      slots,
      eyes,
      snapshot: () => snapshot,
      log,
    });
    return { eyes, slots, watch, said };
  }

  it("looks_again_soon_though_legs_that_nobody_asked_for_keep_coming", async () => {
    const { eyes, watch } = watching();
    await watch.up();
    expect(eyes.looks).toBe(1);
    for (let second = 0; second < 8; second++) {
      const call = { type: "dial_begin", uniqueid: `7${second}`, sbCall: null } as const;
      const dest = { destUniqueid: `8${second}`, destChannel: `PJSIP/apex_sip-0000008${second}` };
      watch.news({ ...call, ...dest, destAccountCode: "", destSbCall: null, destSbDirection: null });
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(eyes.looks).toBeGreaterThanOrEqual(3);
  });

  it("goes_on_looking_after_a_look_that_was_slower_than_the_next_one_was_due", async () => {
    const { eyes, watch } = watching();
    await watch.up();
    const slow = Promise.withResolvers<ChannelList>();
    vi.spyOn(eyes, "list").mockReturnValueOnce(slow.promise);
    await vi.advanceTimersByTimeAsync(10_000);
    const call = { type: "dial_begin", uniqueid: "7", sbCall: null, destUniqueid: "8" } as const;
    const dest = { destChannel: "PJSIP/apex_sip-00000088", destAccountCode: "" };
    watch.news({ ...call, ...dest, destSbCall: null, destSbDirection: null });
    await vi.advanceTimersByTimeAsync(5000);
    slow.resolve({ channels: [], complete: true });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(eyes.looks).toBeGreaterThanOrEqual(6);
  });

  it("the_store_rules_once_what_the_first_look_found_is_counted_though_calls_come_and_go", async () => {
    const { eyes, slots, watch } = watching(true);
    eyes.channels = [leg("1")];
    await watch.up();
    expect(slots.health().state).toBe("rebuilding");
    eyes.channels = [leg("1"), leg("2")];
    await vi.advanceTimersByTimeAsync(3000);
    expect(slots.health().state).toBe("ready");
    expect((await slots.snapshot()).slots.map(({ key }) => key.uniqueid)).toEqual(["1"]);
  });

  it("a_node_that_listens_anew_counts_what_lives_before_the_store_rules", async () => {
    const { eyes, slots, watch } = watching(true);
    eyes.channels = [leg("1")];
    const elect = vi.spyOn(slots, "electListener");
    await watch.up();
    elect.mockResolvedValueOnce(false);
    await vi.advanceTimersByTimeAsync(2000);
    await vi.advanceTimersByTimeAsync(2000);
    expect([watch.view.listening, slots.health().state]).toEqual([true, "rebuilding"]);
    await vi.advanceTimersByTimeAsync(3000);
    expect(slots.health().state).toBe("ready");
    expect((await slots.snapshot()).slots.map(({ key }) => key.uniqueid)).toEqual(["1"]);
  });

  it("ends_though_the_switch_answers_no_more_and_lets_another_node_listen", async () => {
    vi.useRealTimers();
    const { eyes, slots, watch } = watching();
    const resign = vi.spyOn(slots, "resignListener");
    const hung = Promise.withResolvers<ChannelList>();
    vi.spyOn(eyes, "list").mockReturnValueOnce(hung.promise);
    void watch.up();
    await vi.waitFor(() => expect(eyes.list).toHaveBeenCalled());
    await watch.stop();
    expect(resign).toHaveBeenCalledTimes(1);
    // What comes after all is another node's to judge.
    const renew = vi.spyOn(slots, "renew");
    hung.resolve({ channels: [leg("1")], complete: true });
    await new Promise((resolve) => setImmediate(resolve));
    expect(renew).not.toHaveBeenCalled();
  });

  it("an_idle_switch_needs_one_look", async () => {
    const { slots, watch } = watching(true);
    await watch.up();
    expect(slots.health().state).toBe("ready");
  });

  it("the_slots_of_a_switch_that_was_never_seen_do_not_end", async () => {
    const { slots, watch } = watching();
    await slots.adopt({ ...adopted, key: { server: "ast1", uniqueid: "1" } }, "tel2");
    watch.start();
    await vi.advanceTimersByTimeAsync(300_000);
    expect((await slots.snapshot()).slots).toHaveLength(1);
  });

  it("the_slots_of_a_switch_that_cannot_be_listed_do_not_end", async () => {
    const { eyes, slots, watch } = watching();
    await slots.adopt({ ...adopted, key: { server: "ast1", uniqueid: "1" } }, "tel1");
    const list = vi.spyOn(eyes, "list").mockRejectedValue(new Error("not allowed"));
    await watch.up();
    await vi.advanceTimersByTimeAsync(300_000);
    const { slots: held, frozen } = await slots.snapshot();
    expect([held.length, frozen]).toEqual([1, ["ast1"]]);
    eyes.channels = [leg("1")];
    list.mockRestore();
    await vi.advanceTimersByTimeAsync(3000);
    expect((await slots.snapshot()).frozen).toEqual([]);
  });

  it("a_list_that_is_not_whole_is_said_to_be_so", async () => {
    const { eyes, watch, said } = watching();
    const broken = { channels: [leg("1")], complete: false, lacks: "broke off" };
    vi.spyOn(eyes, "list").mockResolvedValueOnce(broken);
    await watch.up();
    expect(said).toEqual([
      expect.objectContaining({
        event: "slots.not_kept",
        what: "sweep",
        msg: "the list of its channels broke off",
      }),
    ]);
    expect(watch.view).toMatchObject({ sweeps: 0, incomplete: 1, sweptAt: null });
    await vi.advanceTimersByTimeAsync(3000);
    expect(watch.view).toMatchObject({ sweeps: 1, incomplete: 1 });
  });

  it("a_look_in_which_the_process_stood_still_changes_nothing", async () => {
    const { eyes, slots, watch } = watching();
    await slots.adopt({ ...adopted, key: { server: "ast1", uniqueid: "1" } }, "tel1");
    const answer = Promise.withResolvers<ChannelList>();
    eyes.channels = [leg("1")];
    vi.spyOn(eyes, "list").mockReturnValueOnce(answer.promise);
    vi.spyOn(eyes, "boot").mockResolvedValueOnce("b0");
    const up = watch.up();
    await vi.advanceTimersByTimeAsync(20_000);
    answer.resolve({ channels: [], complete: true });
    await up;
    expect(watch.boot).toBe("");
    await vi.advanceTimersByTimeAsync(3000);
    expect(watch.boot).toBe("b1");
    expect((await slots.snapshot()).slots).toHaveLength(1);
  });

  it("a_look_that_began_before_the_store_was_lost_does_not_let_it_rule", async () => {
    const { slots, watch } = watching();
    const ready = slots.health();
    const rebuilding = { ...ready, state: "rebuilding" as const };
    const rebuilt = vi.spyOn(slots, "rebuilt");
    vi.spyOn(slots, "health").mockReturnValueOnce(ready).mockReturnValue(rebuilding);
    await watch.up();
    expect(rebuilt).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(5000);
    expect(rebuilt).toHaveBeenCalled();
  });

  it("a_store_that_is_lost_again_while_it_is_rebuilt_waits_for_two_looks_of_its_own", async () => {
    const { eyes, slots, watch } = watching(true);
    eyes.channels = [leg("1")];
    const real = slots.snapshot.bind(slots);
    let era = "first";
    vi.spyOn(slots, "snapshot").mockImplementation(async () => ({ ...(await real()), era }));
    const rebuilt = vi.spyOn(slots, "rebuilt").mockResolvedValue(false);
    await watch.up();
    era = "second";
    eyes.channels = [leg("1"), leg("2")];
    await vi.advanceTimersByTimeAsync(3000);
    expect(rebuilt).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(3000);
    expect(rebuilt).toHaveBeenCalledWith("ast1", [], "second");
  });

  it("a_node_without_its_store_goes_on_looking_for_its_own_count", async () => {
    const { eyes, slots, watch } = watching();
    eyes.channels = [leg("1"), leg("2")];
    vi.spyOn(slots, "electListener").mockRejectedValue(new SlotStoreError("slots_unreachable", "away"));
    const renew = vi.spyOn(slots, "renew");
    await watch.up();
    await vi.advanceTimersByTimeAsync(25_000);
    expect(renew.mock.calls.map(([, , uniqueids]) => uniqueids)).toEqual([
      ["1", "2"],
      ["1", "2"],
      ["1", "2"],
    ]);
    expect(watch.view.listening).toBe(false);
  });

  it("a_store_that_is_away_for_a_moment_hears_of_a_hangup_all_the_same", async () => {
    const { slots, watch } = watching();
    await slots.adopt({ ...adopted, key: { server: "ast1", uniqueid: "1" } }, "tel1");
    await watch.up();
    const away = vi.spyOn(slots, "release").mockRejectedValueOnce(new SlotStoreError("slots_slow", "away"));
    watch.news({ ...leg("1"), type: "hangup", cause: 16, sbMarks: null });
    await vi.advanceTimersByTimeAsync(500);
    expect(away).toHaveBeenCalledTimes(2);
    expect((await slots.snapshot()).slots).toEqual([]);
  });

  it("a_hangup_frees_only_what_the_switch_no_longer_has", async () => {
    const { eyes, slots, watch } = watching();
    for (const uniqueid of ["1", "2"])
      await slots.adopt({ ...adopted, key: { server: "ast1", uniqueid } }, "tel1");
    eyes.channels = [leg("1"), leg("2")];
    await watch.up();
    eyes.channels = [leg("1")];
    // What is said of a leg that lives may name a channel that does not.
    for (const ended of [{ ...leg("1"), channel: leg("9").channel }, leg("2")])
      watch.news({ ...ended, type: "hangup", cause: 16, sbMarks: null });
    await vi.advanceTimersByTimeAsync(20);
    expect((await slots.snapshot()).slots.map(({ key }) => key.uniqueid)).toEqual(["1"]);
  });
});

const adopted = {
  boot: "b1",
  trunk: "apex_sip",
  tenant: tenantWith("apex").id,
  direction: "inbound",
  call: null,
  asker: null,
} as const;
