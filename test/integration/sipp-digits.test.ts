import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningAsterisk, startAsterisk } from "../../load/lab/asterisk.ts";
import { expectOk, runSipp, type Typing, type TypingPace, typist } from "../../load/sipp-runner.ts";

const CALLER_IP = "127.0.0.11";
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
`;

/** Extension NN reads up to NN keys during an 11 s prompt, without a terminator, and logs them. */
const DIALPLAN = `[read]
exten => _X,1,Answer()
 same => n,Read(TYPED,${PROMPT},\${EXTEN},t(),1,1)
 same => n,NoOp(TYPED=\${TYPED} \${READSTATUS})
 same => n,Hangup()
exten => twice,1,Answer()
 same => n,Read(FIRST,${PROMPT},1,t(),1,1)
 same => n,Read(SECOND,${PROMPT},1,t(),1,1)
 same => n,NoOp(TYPED=\${FIRST},\${SECOND} \${READSTATUS})
 same => n,Hangup()
`;

describe.each(["22", "16"] as const)("keys that a caller types reach Asterisk %s", (version) => {
  const folder = mkdtempSync(join(tmpdir(), "sipp-digits-"));
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

  it("one key, at once, in the middle of the prompt", async () => {
    const { heard, ms } = await typed("1", [500, "1"]);
    expect(heard).toBe("1 OK");
    expect(ms).toBeLessThan(3000);
  });

  it("a key pressed as soon as the call is answered", async () => {
    expect((await typed("1", ["7"])).heard).toBe("7 OK");
  });

  it("star and pound among digits", async () => {
    expect((await typed("4", [500, "12*#"])).heard).toBe("12*# OK");
  });

  it("quick typing, 60 ms down and 60 ms up, with repeated keys", async () => {
    expect((await typed("8", [300, "11220099"], { onMs: 60, offMs: 60 })).heard).toBe("11220099 OK");
  });

  it("keys held for long count once, on release", async () => {
    expect((await typed("2", [300, "56"], { onMs: 700 })).heard).toBe("56 OK");
  });

  it("a key typed ahead waits for the next Read", async () => {
    expect((await typed("twice", [300, "34"], { onMs: 60, offMs: 60 })).heard).toBe("3,4 OK");
  });
});
