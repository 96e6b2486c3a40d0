import type { GatewayClock } from "../clock/gateway-clock.ts";
import type { GatewayStatus } from "../health/status-schema.ts";
import type { Outbox } from "../outbox/outbox.ts";

/** What the market's screen may look at. It changes nothing. */
export interface MarketScreenParts {
  readonly dataDirectory: string;
  readonly clock: Pick<GatewayClock, "nowMs" | "wall" | "time" | "status" | "after" | "isBehind">;
  readonly outbox: Pick<Outbox, "inventory" | "read" | "onCommit">;
  readonly log: Record<"info" | "warn" | "error", (detail: object, text: string) => void>;
  readonly status: () => Pick<GatewayStatus, "devices" | "site" | "uplink">;
  /** Where local viewers of the cameras connect; null: nowhere. */
  readonly view: () => { readonly host: string; readonly port: number } | null;
}
