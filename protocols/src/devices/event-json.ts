import { toHex } from "../bytes/bytes.ts";
import type { DeviceEvent } from "./device-event.ts";

/** The public form of an event: bytes as hexadecimal text under `hex`, left out where another event holds them. */
export const eventAsJson = (event: DeviceEvent): Record<string, unknown> => {
  if (event.event === "discarded") return { event: event.event, hex: toHex(event.bytes), reason: event.reason };
  const { raw, ...said } = event;
  return raw.length === 0 ? said : { ...said, hex: toHex(raw) };
};
