import type { GatewaySummary } from "@mingcheng/protocols";

/** How a gateway stands: what it means, and its word under `gateways` of the texts. */
export const gatewayStateOf = ({ online, enrolledAt, disabledAt }: GatewaySummary) => {
  if (disabledAt !== null) return { meaning: "parked", word: "disabled" } as const;
  if (online === true) return { meaning: "normal", word: "online" } as const;
  if (online === false) return { meaning: "unknown", word: "offline" } as const;
  return { meaning: "unknown", word: enrolledAt === null ? "notEnrolled" : "never" } as const;
};
