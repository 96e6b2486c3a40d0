import type { Bench } from "./bench.ts";
import { measureGatewayPipeline } from "./pipeline-gateway.ts";
import { measureLoadPipeline } from "./pipeline-load.ts";

/** The whole way of a record; `--part load` or `--part gateway` measures one half of it. */
export const pipelineBench: Bench = {
  name: "pipeline",
  summary: "records/s gateway → broker → ledger → receipt; latency of a live record, alone and while a backlog drains",
  run: async (options) => {
    const part = options.args["part"];
    if (part !== "gateway") await measureLoadPipeline(options);
    if (part !== "load") await measureGatewayPipeline(options);
  },
};
