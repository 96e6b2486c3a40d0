import type { GatewayPlant } from "../../src/harness/planted-gateway.ts";

/** A command's effect may begin before it is stored that it may. */
export const effectBeforeStore: GatewayPlant = {
  name: "effect-before-store",
  module: "commanding/command-desk.js",
  from: "beginCommand(book, cseq)",
  to: "book",
};

/** The configuration of the present trial counts as confirmed from the start. */
export const confirmedAtOnce: GatewayPlant = {
  name: "confirmed-at-once",
  module: "configuration/configuration-desk.js",
  from: "highest: version, trial }",
  to: "highest: version, confirmed: trial, trial: null }",
};
