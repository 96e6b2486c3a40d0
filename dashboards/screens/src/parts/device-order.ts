import type { DeviceState, DeviceView } from "@mingcheng/protocols";

/** Columns by which devices can be put in order. */
export type DeviceOrder = "device" | "state" | "last";

/** What a state means: a device that is away is unknown to us, not broken. */
export const meaningOfState = (state: DeviceState): "normal" | "attention" | "unknown" | "parked" => {
  switch (state) {
    case "online":
      return "normal";
    case "silent":
    case "offline":
      return "attention";
    case "parked":
      return "parked";
    case "unknown":
      return "unknown";
  }
};

/** First those that need somebody. */
const need: Readonly<Record<DeviceState, number>> = { offline: 0, silent: 1, unknown: 2, online: 3, parked: 4 };

const lastOf = ({ lastWeighing, lastTest }: DeviceView): string => lastWeighing?.at ?? lastTest?.at ?? "";

const byName = (one: DeviceView, other: DeviceView): number =>
  one.gw.localeCompare(other.gw) || one.dev.localeCompare(other.dev, undefined, { numeric: true });

const orders: Readonly<Record<DeviceOrder, (one: DeviceView, other: DeviceView) => number>> = {
  device: byName,
  state: (one, other) => need[one.state] - need[other.state] || byName(one, other),
  last: (one, other) => lastOf(one).localeCompare(lastOf(other)) || byName(one, other),
};

/** Devices in the asked order (`-` in front: the other way round); by default, those that need somebody come first. */
export const inDeviceOrder = (devices: readonly DeviceView[], asked: string): DeviceView[] => {
  const descending = asked.startsWith("-");
  const compare = orders[asked.replace(/^-/, "") as DeviceOrder] ?? orders.state;
  return [...devices].sort((one, other) => (descending ? compare(other, one) : compare(one, other)));
};
