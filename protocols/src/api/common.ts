import { z } from "zod";
import { deviceIdPattern, gatewayIdPattern } from "../chain/line.ts";

/** An instant: ISO 8601, UTC, milliseconds. */
export const apiTimeSchema = z.iso.datetime({ precision: 3 });

/** An instant as somebody asks for it: ISO 8601 with `Z` or an offset, to the second or finer. */
export const apiAskedTimeSchema = z.iso.datetime({ offset: true });

/** A number as exact decimal text, never a binary float. */
export const apiDecimalSchema = z.string().regex(/^-?\d+(\.\d+)?$/);

/** A count. */
export const apiCountSchema = z.int().nonnegative();

/** A gateway's id. */
export const apiGatewaySchema = z.string().regex(gatewayIdPattern);

/** A device's id, unique within its gateway. */
export const apiDeviceSchema = z.string().regex(deviceIdPattern);

/** A business day of the centre: `2026-11-23`. */
export const apiDaySchema = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);

/** Epoch id: 32 hexadecimal digits. */
export const apiEpochIdSchema = z.string().regex(/^[0-9a-f]{32}$/);

/** The same sentence in both languages. */
export const bilingualSchema = z.object({ zh: z.string(), en: z.string() });
