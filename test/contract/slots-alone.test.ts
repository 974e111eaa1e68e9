// A node that another one listens for, once Redis is away: what it lets in is counted for as long as it lives, and no
// longer.
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ChannelList, ListedChannel } from "../../src/calls/switch-eyes-port.ts";
import { SwitchWatch } from "../../src/calls/switch-watch.ts";
import { snapshotWith, trunkWith } from "../builders.ts";
import {
  context,
  counted,
  key,
  ownLeg,
  privateRedis,
  quiet,
  redisStore,
  request,
  trunkLeg,
  until,
} from "./slot-stores.ts";

const PORT = 13_081;
const snapshot = snapshotWith({
  tenants: { apex: {} },
  trunks: [trunkWith("apex_sip", { tenant: "apex" })],
});
const cleanups: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function leg(uniqueid: string, asker = uniqueid): ListedChannel {
  const sbDirection = asker === uniqueid ? "inbound" : "outbound";
  const channel = `PJSIP/apex_sip-0000000${uniqueid}`;
  return { uniqueid, channel, accountCode: "apex", sbCall: `ast1-${asker}`, sbDirection, isUp: true };
}

/** Two nodes, of which the first listens to the switch, and Redis, which stops. */
async function twoNodes() {
  const redis = await privateRedis(PORT);
  cleanups.push(() => redis.stop());
  const [first, second] = [await redisStore(redis.url, "alone"), await redisStore(redis.url, "alone")];
  cleanups.push(() => Promise.all([first.close(), second.close()]));
  await first.electListener("ast1", "tel1", 600_000);
  const channels: ListedChannel[] = [];
  const eyes = {
    boot: async () => "b1",
    list: async (): Promise<ChannelList> => ({ channels: [...channels], complete: true }),
    lives: async (_: string, uniqueid: string) => channels.some((each) => each.uniqueid === uniqueid),
  };
  const watch = new SwitchWatch({
    ...{ server: "ast1", node: "tel2", slots: second, eyes, snapshot: () => snapshot, log: quiet },
    timings: { electionMs: 20, sweepMs: 20 },
  });
  cleanups.push(() => watch.stop());
  await watch.up();
  expect(watch.leavesToOthers).toBe(true);
  const allowed = (channels: number) =>
    ({ whenUnreachable: "allow", caps: { tenant: channels, direction: null, trunk: 1000 } }) as const;
  return { redis, first, second, watch, channels, allowed };
}

/** The nodes' clock goes on by so many seconds, in steps in which everything that is due is done. */
async function pass(seconds: number): Promise<void> {
  const since = performance.now.bind(performance);
  let later = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => since() + later);
  cleanups.push(() => clock.mockRestore());
  for (; later < seconds * 1000; later += 5000) await new Promise((resolve) => setTimeout(resolve, 60));
}

describe("a node that does not listen, without Redis", () => {
  it.each(["before", "after"])("forgets no leg that was dialled %s Redis went away", async (when) => {
    const { redis, second, watch, channels, allowed } = await twoNodes();
    if (when === "after") redis.kill("SIGSTOP");
    expect(await second.acquire(request("1", allowed(2)), context)).toMatchObject({ granted: true });
    const { channel: destChannel } = leg("2", "1");
    const dest = { destUniqueid: "2", destChannel, destAccountCode: "apex", destSbCall: "ast1-1" };
    channels.push({ ...leg("1"), channel: "PJSIP/100-00000001" }, leg("2", "1"));
    watch.news({ type: "dial_begin", uniqueid: "1", sbCall: null, ...dest, destSbDirection: "outbound" });
    if (when === "before") redis.kill("SIGSTOP");
    await second.acquire(request("9"), context);
    await pass(120);
    expect(await second.acquire(request("3", allowed(2)), context)).toMatchObject({ granted: true });
    const full = { granted: false, scope: "tenant_full" };
    expect(await second.acquire(request("4", allowed(2)), context)).toMatchObject(full);
  });

  it("frees what it hears hang up, and tells Redis of nobody who has gone", async () => {
    const { redis, first, second, watch, channels, allowed } = await twoNodes();
    redis.kill("SIGSTOP");
    for (const round of [1, 2, 3]) {
      for (const nth of [1, 2]) {
        const uniqueid = `${round}${nth}`;
        channels.push(leg(uniqueid));
        const verdict = await second.acquire(ownLeg(uniqueid, allowed(2)), context);
        expect(verdict, uniqueid).toMatchObject({ granted: true });
      }
      if (round === 3) break;
      const gone = channels.splice(0);
      for (const each of gone) watch.news({ ...each, type: "hangup", cause: 16, sbMarks: null });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    redis.kill("SIGCONT");
    await until(() => second.health().state === "ready" && first.health().state === "ready");
    await until(async () => (await counted(first)).tenants.apex === 2);
    expect((await first.snapshot()).slots.map((slot) => slot.key.uniqueid).sort()).toEqual(["31", "32"]);
  });

  it("thaws what nobody saw once it sees the switch, and lets it end", async () => {
    const { redis, first, second, channels, allowed } = await twoNodes();
    await first.adopt(
      { ...trunkLeg("1"), ...{ tenant: null, direction: null, call: null, asker: null } },
      "tel1",
    );
    await second.acquire(ownLeg("2", allowed(2)), context);
    await second.acquire(ownLeg("3", allowed(2)), context);
    await first.freeze("ast1");
    await second.snapshot();
    channels.push(leg("2"));
    redis.kill("SIGSTOP");
    const full = { granted: false, scope: "tenant_full" };
    expect(await second.acquire(ownLeg("4", allowed(2)), context)).toMatchObject(full);
    await pass(240); // the first election waits a second of the real clock for Redis
    expect(await second.acquire(ownLeg("4", allowed(2)), context)).toMatchObject({ granted: true });
    expect(await second.acquire(ownLeg("5", allowed(2)), context)).toMatchObject(full);
    expect(await second.release(key("2"), "hangup").catch(() => "untold")).toBe("untold");
  });

  it("counts what the other node lets in", async () => {
    const { redis, second, channels, allowed } = await twoNodes();
    redis.kill("SIGSTOP");
    await second.acquire(request("9"), context);
    channels.push(leg("1"), { ...leg("2"), accountCode: "" });
    await pass(90);
    expect(await second.acquire(ownLeg("3", allowed(2)), context)).toMatchObject({ granted: true });
    const full = { granted: false, scope: "tenant_full" };
    expect(await second.acquire(ownLeg("4", allowed(2)), context)).toMatchObject(full);
  });
});
