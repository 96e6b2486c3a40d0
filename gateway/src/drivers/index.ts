import { MingchengError } from "@mingcheng/protocols";
import type { DriverDefinition } from "./define-driver.ts";
import { lis02A2Driver } from "./lis02-a2.ts";
import { mettlerToledoContinuousDriver } from "./mettler-toledo-continuous.ts";
import { yaohuaXk3190A9Driver } from "./yaohua-xk3190-a9.ts";

export type * from "./define-driver.ts";

/** Every driver of the gateway. A new family is one line here. */
export const drivers: readonly DriverDefinition[] = [
  mettlerToledoContinuousDriver,
  yaohuaXk3190A9Driver,
  lis02A2Driver,
];

/**
 * The driver of a kind.
 * @throws {MingchengError} CONFIG_INVALID, field `driver`, naming the known kinds
 */
export const driverOf = (kind: string): DriverDefinition => {
  const driver = drivers.find((known) => known.kind === kind);
  if (driver !== undefined) return driver;
  const kinds = drivers.map((known) => known.kind).join(", ");
  throw new MingchengError("CONFIG_INVALID", `${kind} is no driver; known: ${kinds}`, { field: "driver" });
};
