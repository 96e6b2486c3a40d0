import type { DriverDefinition } from "../drivers/define-driver.ts";

/** What one driver may ask so that its device answers: read requests only. */
export interface Probe {
  readonly driver: DriverDefinition;
  readonly requests: readonly Uint8Array[];
}

/**
 * Single letters that some scale obeys wherever they stand, without a line end: tare, zero, clear, expand, print (Toledo
 * 8217, DIVA service manual pp. 45-51; Mettler-Toledo continuous, KERN FTC manual p. 42). A request of another family that
 * contains one of them is never sent to an unknown device.
 */
const obeyedLetters = new Set(Array.from("TZCHPtzchp", (letter) => letter.charCodeAt(0)));

/** Lines that some scale obeys as a whole: A&D `R` zeroes, NCI `U` changes the unit. */
const obeyedLines = /^\s*[RUNrun]\s*$/;

/** True when no family documented in this project would change anything on these bytes. */
export const isHarmless = (request: Uint8Array): boolean =>
  request.every((byte) => !obeyedLetters.has(byte & 0x7f)) && !obeyedLines.test(String.fromCharCode(...request));

/** A dialogue of a few steps is asked whole; of a driver that asks for records by number only the first few. */
const maxRequests = 4;

/**
 * What probing may send: of every driver that asks, its first requests, up to the first that would mean something else to
 * another device. Drivers whose first request is such are not probed.
 */
export const probesOf = (drivers: readonly DriverDefinition[]): readonly Probe[] =>
  drivers.flatMap((driver) => {
    const all = driver.requests ?? [];
    const firstHarmful = all.findIndex((request) => !isHarmless(request));
    const requests = all.slice(0, firstHarmful < 0 ? maxRequests : Math.min(firstHarmful, maxRequests));
    return requests.length === 0 ? [] : [{ driver, requests }];
  });
