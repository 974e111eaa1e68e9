import { expect, test } from "vitest";
import type { SlotRequest } from "../../../src/core/admission/admission.ts";
import { type LetIn, Owed } from "../../../src/slots/owed.ts";

const key = (uniqueid: string) => ({ server: "ast1", uniqueid });
const request = (uniqueid: string, trunk = "apex_sip") => ({ key: key(uniqueid), trunk }) as SlotRequest;
const context = { node: "tel1", boot: "b1" };

/** Tells what is owed, each when the test lets it. */
function teller() {
  const told: string[] = [];
  const waiting: (() => void)[] = [];
  const tell = ({ request: { key, trunk } }: LetIn): Promise<void> => {
    told.push(`${key.uniqueid} ${trunk}`);
    return new Promise((resolve) => waiting.push(resolve));
  };
  const next = async () => {
    waiting.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { told, tell, next };
}

test("a_call_is_told_once_though_another_beat_comes_meanwhile", async () => {
  const owed = new Owed();
  for (const uniqueid of ["1", "2"]) owed.letIn(request(uniqueid), context);
  const { told, tell, next } = teller();
  const first = owed.pay(tell);
  expect(await owed.pay(tell)).toBe(false);
  await next();
  expect(await owed.pay(tell)).toBe(false);
  await next();
  expect(await first).toBe(true);
  expect(await owed.pay(tell)).toBe(true);
  expect(told).toEqual(["1 apex_sip", "2 apex_sip"]);
});

test("a_call_that_ends_while_others_are_told_is_not_told", async () => {
  const owed = new Owed();
  for (let call = 0; call < 40; call++) owed.letIn(request(`${call}`), context);
  const { told, tell, next } = teller();
  const paid = owed.pay(tell);
  owed.forget(key("39"));
  for (let call = 0; call < 39; call++) await next();
  expect(await paid).toBe(true);
  expect(told).toHaveLength(39);
  expect(told).not.toContain("39 apex_sip");
});

test("a_call_that_asks_anew_while_it_is_told_is_still_owed", async () => {
  const owed = new Owed();
  owed.letIn(request("1"), context);
  const { told, tell, next } = teller();
  const paid = owed.pay(tell);
  owed.letIn(request("1", "pool_a"), context);
  await next();
  await paid;
  void owed.pay(tell);
  expect(told).toEqual(["1 apex_sip", "1 pool_a"]);
});

test("a_call_that_could_not_be_told_is_told_the_next_time", async () => {
  const owed = new Owed();
  owed.letIn(request("1"), context);
  await expect(owed.pay(() => Promise.reject(new Error("away")))).rejects.toThrow("away");
  const { told, tell, next } = teller();
  const paid = owed.pay(tell);
  await next();
  expect(await paid).toBe(true);
  expect(told).toEqual(["1 apex_sip"]);
});
