import { type DeviceDecoder, deviceCodecOf, type RequestEvent } from "@mingcheng/protocols/devices";

/** Hears a family's requests in what comes from a line, in pieces of any size. */
export interface RequestReader {
  read(bytes: Uint8Array): readonly RequestEvent[];
  /** The line is a new one. */
  reset(): void;
}

/** A reader of the requests of one protocol. */
export const createRequestReader = (protocol: string): RequestReader => {
  let decoder: DeviceDecoder = deviceCodecOf(protocol).createDecoder();
  return {
    read: (bytes) => [...decoder.push(bytes), ...decoder.idle()].filter((event) => event.event === "request"),
    reset: () => {
      decoder = deviceCodecOf(protocol).createDecoder();
    },
  };
};
