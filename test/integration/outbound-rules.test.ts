import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { waitFor } from "../../load/lab/ports.ts";
import { expectOk, refusingCallee, silentCallee } from "../../load/sipp-runner.ts";
import { wallClock } from "../../src/core/schedule/wall-clock.ts";
import { answering, withCarriers } from "./support/carriers.ts";
import { CALLED, hasRefused, isRefused, legOn, reaches, refused, talk } from "./support/outbound-callers.ts";
import { type OutboundWorld, startOutboundWorld } from "./support/outbound-world.ts";

describe.each(["22", "16"] as const)("rules of calls that leave through Asterisk %s", (version) => {
  let world: OutboundWorld;

  beforeAll(async () => {
    world = await startOutboundWorld(version);
  });
  afterAll(() => world?.stop());
  afterEach(() => world.quiet());

  describe("whose call", () => {
    const onApexTrunk = expect.objectContaining({ number: CALLED, from: "+12125550100" });

    it.each([
      ["nobody", `71${CALLED.slice(2)}`],
      ["nobody", `71${CALLED}`],
      ["apexAlias", CALLED],
      ["apex", `711${CALLED.slice(2)}`],
      ["contextOfApex", CALLED],
      ["office", CALLED],
    ] as const)("%s_dialling_%s_is_apex", async (phone, number) => {
      expect(await reaches(world, phone, number)).toEqual({ apex_sip: [onApexTrunk] });
    });

    it("two_signs_that_differ_are_refused", async () => {
      await isRefused(world, "apex", `72${CALLED}`, 403, "tenant_conflict");
      await isRefused(world, "crossed", CALLED, 403, "tenant_conflict");
      await isRefused(world, "contextOfApex", `72${CALLED}`, 403, "tenant_conflict");
    });

    it("nobodys_is_refused", () => isRefused(world, "nobody", CALLED, 403, "unknown_tenant"));

    it("an_operators_own_extensions_come_before_the_way_out", async () => {
      await isRefused(world, "apex", "100", 484, "bad_number");
      const seen = await withCarriers({}, async () => {
        expectOk(await world.dial("office", "100", talk()));
        expectOk(await world.dial("office", "234", talk()));
      });
      expect(seen).toEqual({});
    });
  });

  it("a_phone_keeps_its_caller_where_it_transfers_him_to_a_call_of_another_switch", async () => {
    const shown = (extension: string, context: string) =>
      world.world.asterisk.cli(`dialplan show ${extension}@${context}`);
    for (const context of ["signalbox-outbound", "signalbox-outbound-apex"]) {
      // Asterisk would transfer him there, and refuses where there is none.
      expect(await shown("external_replaces", context)).toContain("no existence");
      for (const name of ["nobody", "Emma", "_X", "e1"])
        expect(await shown(name, context)).toContain("Hangup(28)");
    }
  });

  describe("may it go", () => {
    it("do_not_call_lists_hold_for_their_own_and_for_all", async () => {
      await isRefused(world, "apex", "+12125550170", 403, "do_not_call");
      await isRefused(world, "apex", "2125550171", 403, "do_not_call");
      await isRefused(world, "globex", "+12125550171", 403, "do_not_call");
      expect(Object.keys(await reaches(world, "globex", "+12125550170"))).toEqual(["globex_sip"]);
    });

    it.each(["+12685550100", "+19005550100", "+442079460000", "011442079460000"])(
      "%s_is_no_destination",
      (number) => isRefused(world, "apex", number, 403, "destination_not_allowed"),
    );

    it.each(["*72", "411", "555-0142", "500&PJSIP/pool_a/911", "21255501"])("%s_is_no_number", (number) =>
      isRefused(world, "apex", number, 484, /^[0-9*]+$/.test(number) ? "bad_number" : ""),
    );

    it("the_days_spending_is_kept_over_the_nodes_death", async () => {
      const spent = () => {
        const file = new DatabaseSync(join(world.variables, "spending.db"), { readOnly: true });
        const rows = file.prepare("select prefix, calls, seconds from spent order by prefix").all();
        file.close();
        return rows;
      };
      await reaches(world, "thrifty", "+16465550142", { holdMs: 1200 });
      await world.quiet();
      const seconds = await waitFor("the seconds", () => Number(spent()[0]?.seconds) || undefined, 3000);
      expect(seconds).toBe(2);
      await world.replaceNode();
      await isRefused(world, "thrifty", "+16465550143", 403, "spend_limit");
      expect(Object.keys(await reaches(world, "thrifty", CALLED))).toEqual(["pool_a"]);
      await isRefused(world, "thrifty", CALLED, 403, "spend_limit");
      expect(spent()).toMatchObject([
        { prefix: "", calls: 2 },
        { prefix: "+1646", calls: 1, seconds: 2 },
      ]);
    });

    it("the_calling_window_is_the_called_partys", async () => {
      const places = [
        ["America/New_York", CALLED],
        ["Europe/London", "+442079460000"],
        ["Asia/Tokyo", "+81312345678"],
        ["Asia/Kolkata", "+912212345678"],
      ] as const;
      const minuteIn = (zone: string) => wallClock(zone, Date.now())?.minute ?? 0;
      const asleep = places.find(([zone]) => minuteIn(zone) < 470 || minuteIn(zone) > 1270)?.[1] ?? "";
      const awake = places.find(([zone]) => minuteIn(zone) > 490 && minuteIn(zone) < 1250)?.[1] ?? "";
      const from = "+13035550120";
      await isRefused(world, "strict", asleep, 403, "outside_calling_window", from);
      expect(await reaches(world, "strict", awake, { from })).toMatchObject({
        pool_a: [{ number: awake, from }],
      });
    });
  });

  describe("which caller ID", () => {
    it("one_of_the_clients_own_is_kept", async () => {
      const from = "+12125550101";
      expect(await reaches(world, "apex", CALLED, { from })).toMatchObject({
        apex_sip: [{ from, asserted: from }],
      });
    });

    it("another_clients_is_replaced_or_refused", async () => {
      const seen = await reaches(world, "apex", CALLED, { from: "+13035550120" });
      expect(seen).toMatchObject({ apex_sip: [{ from: "+12125550100", asserted: "+12125550100" }] });
      await isRefused(world, "choosy", CALLED, 403, "caller_id_not_owned", "+12125550100");
    });

    it("the_name_is_left_alone", async () => {
      const name = "V1121230001000000123";
      expect(await reaches(world, "apex", CALLED, { display: name })).toMatchObject({ apex_sip: [{ name }] });
    });
  });

  describe("an emergency number", () => {
    it("goes_out_at_the_cap_and_behind_a_prefix", async () => {
      const seen = await withCarriers({}, async () => {
        const first = world.dial("tiny", CALLED, talk({ holdMs: 3500 }));
        await legOn(world, "pool_a");
        world.refusals();
        expectOk(await world.dial("tiny", CALLED, refused(503)));
        await hasRefused(world, ["tenant_full"]);
        expectOk(await world.dial("tiny", "911", talk()));
        expectOk(await world.dial("tiny", "74911", talk()));
        expectOk(await world.dial("nobody", "74911", talk()));
        expectOk(await first);
      });
      const from = "+13035550130";
      expect(seen.pool_a).toMatchObject([
        { number: CALLED },
        { number: "911", from },
        { number: "911", from },
        { number: "911", from },
      ]);
    });

    it("is_the_clients_whose_context_it_is_dialled_in", async () => {
      const seen = await reaches(world, "contextOfApex", "911");
      expect(seen).toMatchObject({ apex_sip: [{ number: "911", from: "+12125550101" }] });
    });

    it("that_is_listed_after_the_dialplan_was_rendered_leaves_too", async () => {
      const file = join(world.variables, "../config/signalbox.yaml");
      const before = readFileSync(file, "utf8");
      writeFileSync(file, `${before}emergency_numbers: ["911", "112", "933", "999"]\n`);
      try {
        await world.replaceNode();
        const apexs = { apex_sip: [{ number: "999", from: "+12125550101" }] };
        expect(await reaches(world, "apex", "999")).toMatchObject(apexs);
        expect(await reaches(world, "contextOfApex", "999")).toMatchObject(apexs);
        expect(await reaches(world, "nobody", "999")).toMatchObject({ pool_a: [{ number: "999" }] });
      } finally {
        writeFileSync(file, before);
        await world.replaceNode();
      }
    });

    it("is_the_clients_whose_account_code_has_a_dash", async () => {
      const seen = await reaches(world, "apexAlias", "911");
      expect(seen).toMatchObject({ apex_sip: [{ number: "911", from: "+12125550101" }] });
    });

    it("is_the_clients_whose_phone_it_is_whatever_prefix_or_context_it_is_dialled_in", async () => {
      const seen = await withCarriers({ globex_sip: answering() }, async () => {
        expectOk(await world.dial("apex", "72911", talk()));
        expectOk(await world.dial("crossed", "911", talk()));
      });
      const apexs = { number: "911", from: "+12125550101" };
      expect(seen).toMatchObject({ apex_sip: [apexs, apexs] });
      expect(seen.globex_sip).toBeUndefined();
    });

    it("without_trunks_of_its_own_leaves_on_the_clients_and_then_on_the_pool", async () => {
      const began = performance.now();
      const first = version === "22" ? silentCallee(50_000) : refusingCallee(503);
      const seen = await withCarriers({ hush_sip: first }, async () => {
        expectOk(await world.dial("hush", "911", talk()));
      });
      expect(performance.now() - began).toBeLessThan(10_000);
      const hushs = { number: "911", from: "+13035550195" };
      expect(seen).toMatchObject({ hush_sip: [hushs], pool_a: [hushs] });
    });

    it("shows_its_number_though_the_phone_withholds_it", async () => {
      const seen = await reaches(world, "withheld", "911");
      expect(seen).toMatchObject({ apex_sip: [{ number: "911", from: "+12125550101" }] });
    });

    it("of_a_machine_is_refused_and_of_a_person_is_not", async () => {
      const originate = (context: string) =>
        world.world.asterisk.cli(`channel originate Local/911@${context}/n application Wait 1`);
      expect(
        await withCarriers({}, async () => {
          await originate("machine");
          await world.observer.silence();
        }),
      ).toEqual({});
      const seen = await withCarriers({}, async () => {
        await originate("manual");
        await world.observer.silence();
      });
      expect(seen).toMatchObject({ apex_sip: [{ number: "911" }] });
    });

    it("that_no_trunk_takes_ends_with_42", async () => {
      await withCarriers({ apex_sip: refusingCallee(503), pool_a: refusingCallee(503) }, async () => {
        const { messages } = expectOk(await world.dial("apex", "911", refused(503)));
        const reasons = messages.flatMap(({ headers }) => headers.filter(([name]) => name === "Reason"));
        expect(reasons).toEqual([["Reason", "Q.850;cause=42"]]);
      });
    });
  });
});
