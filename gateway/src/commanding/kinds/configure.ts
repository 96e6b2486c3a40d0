import { commandBodySchemas } from "@mingcheng/protocols/commands";
import type { CommandWork } from "../command-work.ts";
import type { GatewayHands } from "../gateway-hands.ts";

/** `configuration`: a document on trial; done when it was confirmed. What a crash interrupted is known from its file. */
export const configure = ({ configuration }: GatewayHands): CommandWork => ({
  run: async ({ body }, signal) => {
    const { document } = commandBodySchemas.configuration.parse(body);
    return (await configuration()).apply(document, signal);
  },
  afterCrash: async ({ body }) => {
    const { document } = commandBodySchemas.configuration.parse(body);
    return (await configuration()).outcomeOf(document);
  },
});
