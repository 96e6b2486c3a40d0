import type { OptionalCameras } from "../camera/optional-cameras.ts";
import type { GatewayClock } from "../clock/gateway-clock.ts";
import type { GatewayConfig } from "../config/parse-config.ts";
import type { ConfigurationDesk } from "../configuration/configuration-desk.ts";
import type { DevicePlaces } from "../device-identity/device-places.ts";
import type { PortFinder } from "../device-identity/port-finder.ts";
import type { GatewayStatus } from "../health/status-schema.ts";
import type { GatewayIdentity } from "../identity/identity.ts";
import type { GatewayLog } from "../log.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";

/** What commands may lay hands on. */
export interface GatewayHands {
  /** What runs now. */
  readonly config: () => GatewayConfig;
  readonly identity: GatewayIdentity;
  readonly clock: GatewayClock;
  readonly log: GatewayLog;
  readonly supervisor: Supervisor;
  readonly outbox: Pick<Outbox, "stats" | "inventory">;
  readonly finder: PortFinder;
  readonly places: DevicePlaces;
  status(): GatewayStatus;
  metricsText(): Promise<string>;
  /** The last lines of the log. */
  recentLog(): readonly string[];
  readonly configuration: () => Promise<ConfigurationDesk>;
  readonly cameras: Pick<OptionalCameras, "ask">;
  send(topic: string, payload: Uint8Array): boolean;
}
