import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { parseAddress, waitFor } from "../../load/lab/ports.ts";
import { callAndArrive } from "./support/callers.ts";
import { AT, writeTenant } from "./support/configuration.ts";
import { startTestWorld, type TestWorld } from "./support/test-world.ts";

const tenant = (route: string): string => `timezone: America/New_York
country: US
caller_ids: ["+12125550100"]
ingroups: [APEX_ONE, APEX_TWO, APEX_DOWN]
dids:
  "+12125550100": {route: main}
routes:
  main: ${route}
fallback: {ingroup: APEX_DOWN}
`;

/** A whole AGI request as Asterisk sends it. */
const HEADER = [
  "agi_network: yes",
  "agi_network_script: inbound?server=ast1",
  `agi_request: agi://${AT.fastagi}/inbound?server=ast1`,
  "agi_channel: PJSIP/apex_sip-00000001",
  "agi_uniqueid: 1700000000.1",
  "agi_callerid: +16465550000",
  "agi_extension: +12125550100",
  "agi_accountcode: ",
  "",
  "",
].join("\n");

describe.each(["22", "16"] as const)("a node beside Asterisk %s", (version) => {
  let world: TestWorld;

  beforeAll(async () => {
    world = await startTestWorld({ version, tenants: { apex: tenant("{ingroup: APEX_ONE}") } });
  });

  afterAll(() => world?.stop());
  afterEach(() => world.observer.silence());

  const expectAt = async (at: string): Promise<void> => {
    expect(await callAndArrive(world, "+12125550100")).toMatchObject({ at, tenant: "apex" });
  };

  const reload = async (yaml: string, event: string): Promise<void> => {
    const count = () =>
      world
        .node()
        .log()
        .filter((line) => line.event === event).length;
    const before = count();
    writeTenant(world.config, "apex", yaml);
    world.node().child.kill("SIGHUP");
    await waitFor(event, () => count() > before || undefined, 10_000);
  };

  it("keeps_its_configuration_when_the_new_one_is_broken_and_takes_the_mended_one", async () => {
    await expectAt("ingroup APEX_ONE");
    await reload(
      tenant("{ingroup: APEX_TWO}").replace("country: US", "countyr: US"),
      "configuration.refused",
    );
    await expectAt("ingroup APEX_ONE");
    await reload(tenant("{route: nowhere}"), "configuration.refused");
    await expectAt("ingroup APEX_ONE");
    await reload(tenant("{ingroup: APEX_TWO}"), "configuration.in_force");
    await expectAt("ingroup APEX_TWO");
    const revisions = world
      .node()
      .log()
      .flatMap((line) => (line.event === "configuration.in_force" ? [line.revision] : []));
    expect(revisions).toHaveLength(2);
    expect(new Set(revisions).size).toBe(2);
    expect(revisions.at(-1)).toMatch(/^[0-9a-f]{12}$/);
  });

  it("finishes_the_step_it_is_in_when_it_is_told_to_end_whatever_else_it_is_told", async () => {
    const socket = connect(parseAddress(AT.fastagi));
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
    });
    socket.write(HEADER.slice(0, 120));
    await waitFor("the connection", () => socket.readyState === "open" || undefined, 2000);
    const node = world.node();
    // The half header must have been taken before the signal comes.
    await expectAt("ingroup APEX_TWO");
    node.child.kill("SIGTERM");
    await node.event("signalbox.draining");
    for (const signal of ["SIGHUP", "SIGUSR1", "SIGUSR2"] as const) node.child.kill(signal);
    socket.write(HEADER.slice(120));
    await waitFor("the decision", () => received.includes("\n") || undefined, 3000);
    expect(received).toMatch(/^EXEC MSet .*SB_ACTION=goto/);
    const late = callAndArrive(world, "+12125550100");
    socket.write("200 result=0\n");
    expect((await node.child.exited).code).toBe(0);
    expect(node.child.lines().filter((line) => line.includes("Debugger"))).toEqual([]);
    expect(await late).toMatchObject({ at: "ingroup APEX_DOWN", tenant: "apex" });
    socket.destroy();
  });
});
