import { MingchengError } from "../errors/mingcheng-error.ts";
import type { DeviceCodec } from "./device-event.ts";
import { lis } from "./lis/index.ts";
import { mtContinuous } from "./mt-continuous/index.ts";
import { yaohuaA9 } from "./yaohua-a9/index.ts";

/** Every device family the project can decode. A new family is one line here. */
export const deviceCodecs: readonly DeviceCodec[] = [mtContinuous, yaohuaA9, lis];

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
