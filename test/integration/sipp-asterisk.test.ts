import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningAsterisk, startAsterisk } from "../../load/lab/asterisk.ts";
import {
  callee,
  caller,
  expectOk,
  impatientCaller,
  registration,
  runSipp,
  startSipp,
  type Typing,
  type TypingPace,
  typist,
} from "../../load/sipp-runner.ts";

const CALLER_IP = "127.0.0.11";
const PHONE_IP = "127.0.0.15";
const SIP = "127.0.0.1:27020";
const PROMPT = join(import.meta.dirname, "../../sounds/apex/welcome");

const PJSIP = `[sipp]
type=endpoint
context=read
disallow=all
allow=ulaw,alaw
direct_media=no
[sipp]
type=identify
endpoint=sipp
match=${CALLER_IP}
[phone]
type=endpoint
context=read
disallow=all
allow=ulaw
direct_media=no
aors=phone
[phone]
type=aor
max_contacts=1
remove_existing=yes
`;

/** Extension NN reads up to NN keys during an 11 s prompt, without a terminator, and logs them. */
const DIALPLAN = `[read]
exten => _X,1,Answer()
 same => n,Read(TYPED,${PROMPT},\${EXTEN},t(),1,1)
 same => n,NoOp(TYPED=\${TYPED} \${READSTATUS})
 same => n,Hangup()
exten => phone,1,Dial(PJSIP/phone,20)
 same => n,Hangup(\${HANGUPCAUSE})
exten => twice,1,Answer()
 same => n,Read(FIRST,${PROMPT},1,t(),1,1)
 same => n,Read(SECOND,${PROMPT},1,t(),1,1)
 same => n,NoOp(TYPED=\${FIRST},\${SECOND} \${READSTATUS})
 same => n,Hangup()
`;

describe.each(["22", "16"] as const)("SIPp and Asterisk %s", (version) => {
  const folder = mkdtempSync(join(tmpdir(), "sipp-asterisk-"));
  let asterisk: RunningAsterisk;

  beforeAll(async () => {
    asterisk = await startAsterisk({
      version,
      folder: join(folder, "asterisk"),
      sip: SIP,
      ami: "127.0.0.1:27021",
      rtpStart: 27_100,
      rtpEnd: 27_199,
      files: { "pjsip_lab.conf": PJSIP, "extensions_lab.conf": DIALPLAN },
    });
  });

  afterAll(async () => {
    await asterisk?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function typed(service: string, typing: readonly Typing[], pace: TypingPace = {}) {
    const log = () => readFileSync(join(folder, "asterisk/log/full"), "utf8");
    const before = log().length;
    const scenario = typist(typing, { ...pace, waitForByeMs: 20_000 });
    const options = { remote: SIP, localIp: CALLER_IP, service, artefacts: folder };
    const started = Date.now();
    expectOk(await runSipp({ scenario, ...options }));
    const ms = Date.now() - started;
    const heard = () => /"TYPED=([^"$]*)"/.exec(log().slice(before))?.[1];
    await expect.poll(heard, { timeout: 2000 }).toBeDefined();
    return { heard: heard(), ms };
  }

  it("hear one key, at once, in the middle of the prompt", async () => {
    const { heard, ms } = await typed("1", [500, "1"]);
    expect(heard).toBe("1 OK");
    expect(ms).toBeLessThan(3000);
  });

  it("hear a key pressed as soon as the call is answered", async () => {
    expect((await typed("1", ["7"])).heard).toBe("7 OK");
  });

  it("hear star and pound among digits", async () => {
    expect((await typed("4", [500, "12*#"])).heard).toBe("12*# OK");
  });

  it("hear quick typing, 60 ms down and 60 ms up, with repeated keys", async () => {
    expect((await typed("8", [300, "11220099"], { onMs: 60, offMs: 60 })).heard).toBe("11220099 OK");
  });

  it("count keys held for long once, on release", async () => {
    expect((await typed("2", [300, "56"], { onMs: 700 })).heard).toBe("56 OK");
  });

  it("keep a key typed ahead for the next Read", async () => {
    expect((await typed("twice", [300, "34"], { onMs: 60, offMs: 60 })).heard).toBe("3,4 OK");
  });

  it("hear forty callers at once, each with keys of its own", async () => {
    const before = readFileSync(join(folder, "asterisk/log/full"), "utf8").length;
    const agents = Array.from({ length: 4 }, (_, index) => {
      const scenario = typist([300, `${index}*${index}`], { onMs: 60, offMs: 60, waitForByeMs: 20_000 });
      const options = { remote: SIP, localIp: CALLER_IP, service: "3", artefacts: folder };
      return runSipp({ ...options, scenario, calls: 10, rate: 50, traceMessages: false });
    });
    for (const result of await Promise.all(agents)) expectOk(result);
    const heard = () => {
      const log = readFileSync(join(folder, "asterisk/log/full"), "utf8").slice(before);
      return [...log.matchAll(/"TYPED=([^"$]*) OK"/g)].map((match) => match[1]).toSorted();
    };
    const expected = ["0*0", "1*1", "2*2", "3*3"].flatMap((keys) => Array<string>(10).fill(keys));
    await expect.poll(heard, { timeout: 2000 }).toEqual(expected);
  });

  it("ring a phone that has registered, and a caller may give up", async () => {
    const phone = startSipp({ scenario: callee({ ringMs: 300 }), localIp: PHONE_IP, artefacts: folder });
    await phone.ready;
    const contact = `${PHONE_IP}:${phone.localPort}`;
    const scenario = registration({ user: "phone", contact });
    expectOk(await runSipp({ scenario, remote: SIP, localIp: PHONE_IP, artefacts: folder }));
    const call = { remote: SIP, localIp: CALLER_IP, service: "phone", artefacts: folder };
    const answered = expectOk(await runSipp({ ...call, scenario: caller({ holdMs: 200 }) }));
    expect(answered.rtt?.p50).toBeGreaterThanOrEqual(300);
    expectOk(await runSipp({ ...call, scenario: impatientCaller(100) }));
    const result = expectOk(await phone.stop());
    expect(result.messages.filter(({ method }) => method === "CANCEL")).toHaveLength(1);
    expect(result.successful).toBe(2);
  });
});
