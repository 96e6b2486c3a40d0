import { MingchengError } from "@mingcheng/protocols";
import { type DeviceEvent, dialog06 } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { createPollSession, pollOptions } from "./poll-session.ts";
import { scaleOptions } from "./scale-config.ts";
import { completeReading, shownMode } from "./shown-unit.ts";

/** Options of a Dialog 06 scale. The record names its unit. */
export const dialog06ConfigSchema = z.strictObject({
  ...scaleOptions,
  ...pollOptions,
  mode: shownMode,
  priceFen: z
    .int()
    .min(1)
    .max(999_999)
    .default(1)
    .describe(
      "询问重量时附带的单价（分/公斤），协议要求；显示在秤上 / price per kilogram in fen that the dialogue demands with each request; the scale shows it.",
    ),
});

const [esc, eot, enq] = [0x1b, 0x04, 0x05];
const askWeight = Uint8Array.of(eot, enq);
const askStatus = Uint8Array.of(eot, 0x02, 0x30, 0x38, 0x03);
const end = Uint8Array.of(eot);

/** Record 01: weigh at a price. DIVA service manual p. 55. */
const weighRequest = (priceFen: number): Uint8Array => {
  const digits = Array.from(priceFen.toString().padStart(6, "0"), (char) => char.charCodeAt(0));
  return Uint8Array.of(eot, 0x02, 0x30, 0x31, esc, ...digits, esc, 0x03);
};

/** What follows an answer: the weight after ACK, the reason after NAK, nothing after a record. */
const next = (answer: DeviceEvent): Uint8Array | null => {
  if (answer.event === "reply" && answer.meaning === "checksum-demanded") {
    throw new MingchengError("SCALE_CHECKSUM_SECRET", "record 11 of Dialog 06");
  }
  if (answer.event !== "control") return null;
  return answer.control === "ACK" ? askWeight : answer.control === "NAK" ? askStatus : null;
};

/** Dialog 02/04/06; 06 is usually 9600 7O1, 04 4800 7O1, 02 2400 7O1 (DIVA service manual pp. 54-66). */
export const dialog06Driver = defineDriver({
  protocol: dialog06.id,
  displayName: dialog06.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 7, parity: "odd", stopBits: 1 },
  requests: [weighRequest(1), askStatus, askWeight, end],
  configSchema: dialog06ConfigSchema,
  example: {},
  createSession: (context, config) => {
    const request = weighRequest(config.priceFen);
    return createPollSession(
      context,
      dialog06,
      config,
      { first: () => request, next, closing: end },
      completeReading({ unit: null, mode: config.mode }),
    );
  },
});
