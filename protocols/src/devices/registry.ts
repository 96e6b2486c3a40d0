import { MingchengError } from "../errors/mingcheng-error.ts";
import type { DeviceCodec } from "./device-event.ts";
import { lis02A2 } from "./lis02-a2/index.ts";
import { mettlerToledoContinuous } from "./mettler-toledo-continuous/index.ts";
import { yaohuaXk3190A9 } from "./yaohua-xk3190-a9/index.ts";

/** Every device family the project can decode. A new family is one line here. */
export const deviceCodecs: readonly DeviceCodec[] = [mettlerToledoContinuous, yaohuaXk3190A9, lis02A2];

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
