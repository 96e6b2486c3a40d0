import { MingchengError } from "@mingcheng/protocols";
import type { DriverDefinition } from "./define-driver.ts";
import { lisDriver } from "./lis.ts";
import { mtContinuousDriver } from "./mt-continuous.ts";
import { yaohuaA9Driver } from "./yaohua-a9.ts";

export type * from "./define-driver.ts";

/** Every driver of the gateway. A new family is one line here. */
export const drivers: readonly DriverDefinition[] = [mtContinuousDriver, yaohuaA9Driver, lisDriver];

/**
 * The driver of a protocol id.
 * @throws {MingchengError} CONFIG_INVALID, field `driver`, naming the known ids
 */
export const driverOf = (protocol: string): DriverDefinition => {
  const driver = drivers.find((known) => known.protocol === protocol);
  if (driver !== undefined) return driver;
  const ids = drivers.map((known) => known.protocol).join(", ");
  throw new MingchengError("CONFIG_INVALID", `${protocol} is no driver; known: ${ids}`, { field: "driver" });
};
