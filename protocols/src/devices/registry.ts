import { MingchengError } from "../errors/mingcheng-error.ts";
import type { DeviceCodec } from "./device-event.ts";
import * as families from "./families.ts";

const isCodec = (value: unknown): value is DeviceCodec =>
  typeof value === "object" && value !== null && "createDecoder" in value;

/** The codec of every family in `families.ts`: scales first, then by id. */
export const deviceCodecs: readonly DeviceCodec[] = Object.values(families)
  .filter(isCodec)
  .sort((a, b) => (`${a.deviceClass} ${a.id}` < `${b.deviceClass} ${b.id}` ? -1 : 1));

/**
 * The codec of a protocol id.
 * @throws {MingchengError} PROTOCOL_UNKNOWN, naming the known ids
 */
export const deviceCodecOf = (id: string): DeviceCodec => {
  const codec = deviceCodecs.find((known) => known.id === id);
  if (codec !== undefined) return codec;
  const ids = deviceCodecs.map((known) => known.id).join(", ");
  throw new MingchengError("PROTOCOL_UNKNOWN", `${id}; known: ${ids}`, { field: "protocol" });
};
