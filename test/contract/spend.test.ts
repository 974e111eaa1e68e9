import { MemorySpendLedger } from "../../src/calls/spend-memory.ts";
import { spendContract } from "./spend-contract.ts";

spendContract("memory", async () => new MemorySpendLedger());
