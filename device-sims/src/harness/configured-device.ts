import type { ConfiguredDevice } from "./gateway-process.ts";

/** Inhibition of 50 % and more is positive, and is tested again (GB/T 5009.199-2003). */
const assays = [
  {
    code: "OP-CARB",
    name: "有机磷和氨基甲酸酯类农药残留",
    method: "GB/T 5009.199-2003",
    unit: "%",
    direction: "above-is-positive",
    positiveFrom: "50",
    suspectFrom: "40",
  },
];

/** How the gateway is told about a device. */
export const configuredDevice = (id: string, protocol: string, address: string): ConfiguredDevice => ({
  id,
  protocol,
  address: address.replace(/^pty:/, ""),
  ...(protocol === "yaohua-a9" ? { options: { unit: "kg" } } : {}),
  ...(protocol === "lis" ? { options: { assays } } : {}),
});
