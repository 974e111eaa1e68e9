// The lines between the parts of a floor that a run may cut, slow or speak into.
import { startTcpLine, type TcpLine } from "../lab/tcp-line.ts";
import { addressesOf } from "./floor-configuration.ts";
import { type StepLine, startStepLine } from "./step-line.ts";

/** `ami` and `redis` and `records`: a node's connections to them; `steps`: the switch's connections to a node. */
export type LineName = "ami" | "redis" | "records" | "steps";

export type FloorLines = {
  readonly ami: TcpLine | null;
  readonly redis: TcpLine | null;
  readonly records: TcpLine | null;
  readonly steps: StepLine | null;
  stop(): Promise<void>;
};

export async function startFloorLines(ports: number, names: readonly LineName[]): Promise<FloorLines> {
  const at = addressesOf(ports);
  const start = (name: LineName, listen: string, target: string): Promise<TcpLine | null> =>
    names.includes(name) ? startTcpLine(listen, target) : Promise.resolve(null);
  const ami = await start("ami", at.amiLine, at.ami);
  const redis = await start("redis", at.redisLine, `127.0.0.1:${at.redisPort}`);
  const records = await start("records", at.recordsLine, `127.0.0.1:${at.mariadbPort}`);
  const steps = names.includes("steps") ? await startStepLine(at.stepLine, at.fastagi) : null;
  return {
    ...{ ami, redis, records, steps },
    stop: async () => {
      await Promise.all([ami, redis, records, steps].map((line) => line?.close()));
    },
  };
}
