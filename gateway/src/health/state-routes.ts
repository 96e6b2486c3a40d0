import type { GatewayMetrics } from "../metrics/gateway-metrics.ts";
import { jsonAnswer, type Routes } from "./health-server.ts";
import type { GatewayStatus } from "./status-schema.ts";

/** What the local state is made from. */
export interface StateRoutePorts {
  /** How captures stand: whether readings can be taken at all, and what the outbox says. */
  readonly standing: () => { readonly isOpen: boolean; readonly outbox: string };
  readonly status: () => GatewayStatus;
  readonly metrics: Pick<GatewayMetrics, "contentType" | "text">;
}

/** The paths of the local state, as docs/gateway.md lists them. */
export const stateRoutes = ({ standing, status, metrics }: StateRoutePorts): Routes => ({
  "/healthz": () => jsonAnswer(200, { state: "alive" }),
  "/readyz": () => {
    const { isOpen, outbox } = standing();
    const isReady = isOpen && outbox === "ok";
    return jsonAnswer(isReady ? 200 : 503, { state: isReady ? "ready" : "not-ready", outbox });
  },
  "/status": () => jsonAnswer(200, status()),
  "/metrics": async () => ({ status: 200, type: metrics.contentType, text: await metrics.text() }),
});
