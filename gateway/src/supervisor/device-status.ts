import type { DeviceBody, ErrorCode } from "@mingcheng/protocols";
import type { Unidentified } from "../config/parse-config.ts";
import type { NextStep } from "../health/status-schema.ts";
import type { DeviceMeter } from "./device-meter.ts";

/**
 * State of a device. `opening`: nothing is known yet. `connected`: the line is open, a device that sends by itself has said
 * nothing so far. The others are what `device` records tell.
 */
export type DeviceState = "opening" | "connected" | DeviceBody["status"];

/** One device as the supervisor sees it. */
export interface DeviceStatus {
  readonly id: string;
  readonly protocol: string;
  readonly address: string;
  readonly insecureTransport: boolean;
  readonly state: DeviceState;
  /** Local time with offset at which it came into this state. */
  readonly since: string;
  /** Why, in the words of the record. */
  readonly reason: string;
  /** Code of the last fault of the line; null while it is open. */
  readonly fault: ErrorCode | null;
  /** Milliseconds since the last valid frame; null before the first. */
  readonly quietForMs: number | null;
  readonly connections: number;
  readonly meter: DeviceMeter;
  /** What to do about it, where that does not follow from the line's state. */
  readonly next?: NextStep;
  /** Set when it is not known for certain which device this is. */
  readonly unidentified?: Unidentified;
}
