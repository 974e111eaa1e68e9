import { setTimeout as wait } from "node:timers/promises";
import { pino } from "pino";
import { afterEach, describe, expect, test } from "vitest";
import { type AgiHandler, createAgiServer } from "../../src/agi/server.ts";
import { decide, goodSession, HEADER, openPeer, type Rig, startRig } from "./agi-peer.ts";

const rigs: Rig[] = [];
async function rigWith(options: Parameters<typeof startRig>[0] = {}): Promise<Rig> {
  const rig = await startRig(options);
  rigs.push(rig);
  return rig;
}
afterEach(async () => {
  await Promise.all(rigs.splice(0).map((rig) => rig.server.drain(0)));
});

const never: AgiHandler = () => new Promise(() => {});
const coded = (rig: Rig) => rig.logged.filter((line) => "code" in line).map((line) => line.code);

describe("a session", () => {
  test("asks_the_handler_and_sends_its_answer_as_one_command", async () => {
    const seen: unknown[] = [];
    const rig = await rigWith({
      handler: async ({ path, query, args }, peer, log) => {
        seen.push({ path, server: query.get("server"), args, peer });
        log().info("bound");
        return {
          variables: [
            ["__SB_TENANT", "apex"],
            ["SB_ACTION", "say it"],
          ],
        };
      },
    });
    expect(await goodSession(rig.port)).toBe('EXEC MSet "__SB_TENANT=apex,SB_ACTION=say%20it"\n');
    expect(await rig.outcome()).toBe("decided");
    expect(seen).toEqual([
      { path: "inbound", server: "ast1", args: ["pin4929"], peer: { address: "127.0.0.1" } },
    ]);
    expect(rig.logged).toMatchObject([{ uniqueid: "1795302581.1", channel: "PJSIP/apex_sip-00000001" }]);
    expect(rig.server.sessions).toBe(0);
  });

  describe("an_answer_too_long_for_one_command", () => {
    const variables = [
      ["SB_DIAL", "d".repeat(1200)],
      ["SB_STATE", "s".repeat(1200)],
      ["SB_ACTION", "dial"],
    ] as const;
    const first = `EXEC MSet "SB_DIAL=${"d".repeat(1200)}"\n`;
    const second = `EXEC MSet "SB_STATE=${"s".repeat(1200)},SB_ACTION=dial"\n`;
    const handler: AgiHandler = async () => ({ variables });

    test("goes_out_as_two_the_second_when_the_first_was_taken", async () => {
      const rig = await rigWith({ handler });
      const peer = await openPeer(rig.port);
      peer.send(HEADER);
      expect(await peer.line()).toBe(first);
      await wait(30);
      expect(peer.socket.bytesRead).toBe(first.length);
      peer.send("200 result=0\n");
      while (peer.socket.bytesRead < first.length + second.length) await wait(1);
      peer.send("200 result=0\n");
      expect(await peer.closed()).toBe(first + second);
      expect(await rig.outcome()).toBe("decided");
    });

    test.each([
      ["511 Command Not Permitted on a dead channel or intercept routine\n", "hangup"],
      ["510 Invalid or unknown command\n", "error"],
      ["200 result=-2\n", "error"],
    ])("ends_with_the_first_that_is_answered %j", async (reply, outcome) => {
      const rig = await rigWith({ handler });
      const peer = await openPeer(rig.port);
      peer.send(HEADER);
      await peer.line();
      peer.send(reply);
      expect(await peer.closed()).toBe(first);
      expect(await rig.outcome()).toBe(outcome);
    });

    test("waits_for_each_reply_its_whole_time", async () => {
      const rig = await rigWith({ handler, limits: { replyMs: 600 } });
      const peer = await openPeer(rig.port);
      peer.send(HEADER);
      await peer.line();
      await wait(400);
      peer.send("200 result=0\n");
      while (peer.socket.bytesRead < first.length + second.length) await wait(1);
      await wait(400);
      peer.send("200 result=0\n");
      expect(await rig.outcome()).toBe("decided");
    });

    test("a_peer_that_takes_the_first_and_falls_silent_is_left", async () => {
      const rig = await rigWith({ handler, limits: { replyMs: 50 } });
      const peer = await openPeer(rig.port);
      peer.send(HEADER);
      await peer.line();
      peer.send("200 result=0\n");
      await peer.closed();
      expect(await rig.outcome()).toBe("timeout");
      expect(coded(rig)).toEqual(["agi_reply_timeout"]);
    });
  });

  test("reads_a_header_that_comes_byte_by_byte_and_a_reply_likewise", async () => {
    const rig = await rigWith();
    const peer = await openPeer(rig.port);
    for (const byte of HEADER) {
      peer.send(byte);
      await wait(0);
    }
    await peer.line();
    for (const byte of "HANGUP\n200 result=0\n") {
      peer.send(byte);
      await wait(0);
    }
    await peer.closed();
    expect(await rig.outcome()).toBe("decided");
  });

  test("writes_nothing_before_the_header_is_whole", async () => {
    const rig = await rigWith();
    const peer = await openPeer(rig.port);
    peer.send(HEADER.slice(0, -1));
    await wait(50);
    expect(peer.socket.bytesRead).toBe(0);
    peer.send("\n");
    expect(await peer.line()).toContain("SB_ACTION=dial");
  });

  test("closes_without_a_command_when_the_handler_says_null", async () => {
    const rig = await rigWith({ handler: async () => null });
    const peer = await openPeer(rig.port);
    peer.send(HEADER);
    expect(await peer.closed()).toBe("");
    expect(await rig.outcome()).toBe("no_decision");
  });

  test.each<[string, AgiHandler, string]>([
    ["rejects", () => Promise.reject(Object.assign(new Error("x"), { code: "slots_gone" })), "slots_gone"],
    [
      "throws_at_once",
      () => {
        throw new Error("x");
      },
      "agi_handler_failed",
    ],
    ["answers_what_cannot_be_sent", async () => ({ variables: [["X", "a\nHANGUP"]] }), "agi_bad_value"],
    ["answers_nothing", async () => ({ variables: [] }), "agi_too_many_variables"],
  ])("closes_without_a_command_when_the_handler %s", async (_, handler, code) => {
    const rig = await rigWith({ handler });
    const peer = await openPeer(rig.port);
    peer.send(HEADER);
    expect(await peer.closed()).toBe("");
    expect(await rig.outcome()).toBe("error");
    expect(coded(rig)).toEqual([code]);
    expect(JSON.stringify(rig.logged)).not.toContain("pin4929");
  });

  test.each([
    ["511 Command Not Permitted on a dead channel or intercept routine\n", "hangup"],
    ["200 result=-2\n", "error"],
    ["510 Invalid or unknown command\n", "error"],
    ["520-Invalid command syntax.  Proper usage follows:\n200 result=0\n520 End of proper usage.\n", "error"],
    ["100 result=0 Trying...\n200 result=0\n", "decided"],
    ["HANGUP\n200 result=0\nHANGUP\n", "decided"],
    ["ok\n", "protocol_error"],
    ["200 result=0\nok\n", "decided"],
  ])("after_the_reply %j", async (reply, outcome) => {
    const rig = await rigWith();
    const peer = await openPeer(rig.port);
    peer.send(HEADER);
    await peer.line();
    peer.send(reply);
    await peer.closed();
    expect(await rig.outcome()).toBe(outcome);
  });

  test("a_hangup_while_deciding_ends_it_and_the_late_answer_goes_nowhere", async () => {
    let answer = (): void => {};
    const gate = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const rig = await rigWith({ handler: () => gate.then(() => ({ variables: [["X", "1"]] })) });
    const peer = await openPeer(rig.port);
    peer.send(`${HEADER}HANGUP\n`);
    expect(await rig.outcome()).toBe("hangup");
    answer();
    expect(await peer.closed()).toBe("");
    expect(rig.logged).toMatchObject([{ event: "agi.late_answer" }]);
  });

  test("a_reply_without_a_command_is_a_protocol_error", async () => {
    const rig = await rigWith({ handler: never });
    const peer = await openPeer(rig.port);
    peer.send(`${HEADER}200 result=0\n`);
    await peer.closed();
    expect(await rig.outcome()).toBe("protocol_error");
    expect(coded(rig)).toEqual(["agi_unexpected_reply"]);
  });
});

describe("deadlines", () => {
  const limits = { headerMs: 60, handlerMs: 60, replyMs: 60 };

  test.each<[string, AgiHandler, string, string]>([
    ["a_silent_peer", decide, "", "agi_header_timeout"],
    ["half_a_header", decide, HEADER.slice(0, 60), "agi_header_timeout"],
    ["a_handler_that_never_answers", never, HEADER, "agi_handler_timeout"],
    ["a_peer_that_never_replies", decide, HEADER, "agi_reply_timeout"],
    ["half_a_reply", decide, `${HEADER}`, "agi_reply_timeout"],
  ])("%s", async (name, handler, sent, code) => {
    const rig = await rigWith({ handler, limits });
    const peer = await openPeer(rig.port);
    peer.send(sent);
    if (name === "half_a_reply") {
      await peer.line();
      peer.send("200 resu");
    }
    await peer.closed();
    expect(await rig.outcome()).toBe("timeout");
    expect(coded(rig)).toEqual([code]);
  });

  test("a_byte_now_and_then_does_not_extend_the_header's_time", async () => {
    const rig = await rigWith({ limits });
    const peer = await openPeer(rig.port);
    peer.socket.removeAllListeners("error").on("error", () => {});
    const drip = setInterval(() => peer.send("a"), 10);
    const begun = performance.now();
    await peer.closed();
    clearInterval(drip);
    expect(performance.now() - begun).toBeLessThan(1000);
    expect(await rig.outcome()).toBe("timeout");
  });
});

describe("admission of peers", () => {
  test("who_is_allowed_is_asked_anew_when_the_list_is_another", async () => {
    let allow = ["127.0.0.1/32"];
    const rig = await rigWith({ allow: () => allow });
    const stranger = await openPeer(rig.port, "127.0.0.2");
    stranger.socket.on("error", () => {});
    expect(await stranger.closed()).toBe("");
    expect(await rig.outcome()).toBe("refused");
    allow = ["127.0.0.2"];
    const known = await openPeer(rig.port, "127.0.0.2");
    known.socket.destroy();
    expect(await rig.outcome()).not.toBe("refused");
    const former = await openPeer(rig.port);
    former.socket.on("error", () => {});
    expect(await former.closed()).toBe("");
  });

  test("a_stranger_is_closed_at_once_and_others_are_served", async () => {
    const rig = await rigWith({ allow: ["127.0.0.1/32"] });
    const stranger = await openPeer(rig.port, "127.0.0.2");
    stranger.socket.on("error", () => {});
    expect(await stranger.closed()).toBe("");
    expect(await rig.outcome()).toBe("refused");
    expect(rig.logged).toMatchObject([{ code: "agi_peer_not_allowed", peer: "127.0.0.2", refused: 1 }]);
    expect(await goodSession(rig.port)).toContain("SB_ACTION=dial");
  });

  test.each([
    [["127.0.0.1"], true],
    [["::ffff:127.0.0.0/104"], true],
    [["10.0.0.0/8", "127.0.0.0/8"], true],
    [["::1/128"], false],
    [["::/0"], false],
    [[], false],
  ])("an_ipv4_peer_of_a_dual_stack_socket_against %j", async (allow, served) => {
    const rig = await rigWith({ listen: "[::]:0", allow });
    const peer = await openPeer(rig.port);
    peer.socket.on("error", () => {});
    if (served) peer.send(HEADER);
    expect((await Promise.race([peer.line(), peer.closed()])) !== "").toBe(served);
  });

  test("past_the_limit_everyone_is_refused_until_one_ends", async () => {
    const rig = await rigWith({ limits: { maxSessions: 2 } });
    const [first] = await Promise.all([openPeer(rig.port), openPeer(rig.port)]);
    const third = await openPeer(rig.port);
    third.socket.on("error", () => {});
    await third.closed();
    expect(await rig.outcome()).toBe("refused");
    expect(rig.server.sessions).toBe(2);
    first.socket.destroy();
    expect(await rig.outcome()).toBe("hangup");
    expect(await goodSession(rig.port)).toContain("SB_ACTION=dial");
  });

  test.each([
    [{ listen: "127.0.0.1" }, "agi_bad_listen"],
    [{ listen: "127.0.0.1:99999" }, "agi_bad_listen"],
    [{ allow: ["localhost"] }, "agi_bad_range"],
    [{ allow: ["10.0.0.0/33"] }, "agi_bad_range"],
  ])("unreadable_options %j", (given, code) => {
    const options = {
      listen: "127.0.0.1:0",
      allow: [],
      handler: decide,
      log: pino({ level: "silent" }),
      ...given,
    };
    expect(() => createAgiServer(options)).toThrow(expect.objectContaining({ code }));
  });

  test("a_port_alone_means_loopback", async () => {
    const options = { listen: "0", allow: [], handler: decide, log: pino({ level: "silent" }) };
    const server = createAgiServer(options);
    expect(await server.start()).toMatchObject({ address: "127.0.0.1" });
    await server.drain(0);
  });

  test("a_taken_port_is_an_error_that_says_so", async () => {
    const rig = await rigWith();
    await expect(startRig({ listen: `127.0.0.1:${rig.port}` })).rejects.toMatchObject({
      code: "agi_listen_failed",
      message: expect.stringContaining("fastagi.listen"),
    });
  });
});

describe("drain", () => {
  test("lets_sessions_finish_and_takes_no_new_ones", async () => {
    const rig = await rigWith();
    const peer = await openPeer(rig.port);
    peer.send(HEADER);
    await peer.line();
    const drained = rig.server.drain(5000);
    await expect(openPeer(rig.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    peer.send("200 result=0\n");
    await drained;
    expect(await rig.outcome()).toBe("decided");
  });

  test("cuts_off_what_takes_too_long", async () => {
    const rig = await rigWith({ handler: never });
    const peer = await openPeer(rig.port);
    peer.send(HEADER);
    await wait(20);
    await rig.server.drain(30);
    expect(await peer.closed()).toBe("");
    expect(await rig.outcome()).toBe("timeout");
    expect(coded(rig)).toEqual(["agi_drained"]);
  });

  test("settles_when_idle_when_repeated_and_before_any_start", async () => {
    const rig = await rigWith();
    await Promise.all([rig.server.drain(1000), rig.server.drain(1000)]);
    await rig.server.drain(1000);
    const log = pino({ level: "silent" });
    await createAgiServer({ listen: "0", allow: [], handler: decide, log }).drain(1000);
  });
});
