import type { GatewayPlant } from "../../src/harness/planted-gateway.ts";

/** Faults that can be planted in the gateway's intake. */
export const intakePlants = {
  /** The answer goes out at once, the record follows 150 ms later. */
  "answer-before-commit": {
    module: "intake/message-desk.js",
    from: "await capture(device.id, draft);",
    to: "setTimeout(() => void capture(device.id, draft).catch(() => undefined), 150);",
  },
  /** What was seen before is not looked up. */
  "nothing-remembered": {
    module: "intake/seen-messages.js",
    from: 'return found === content ? "same" : "other";',
    to: 'return "new";',
  },
  /** Nobody looks at what comes in before the broker does. */
  "no-guard": {
    module: "intake/guarded-connection.js",
    from: "const fault = this.gauge.take(bytes);",
    to: "const fault = undefined;",
  },
} as const satisfies Record<string, Omit<GatewayPlant, "name">>;

/** Name of such a fault. */
export type IntakePlant = keyof typeof intakePlants;
