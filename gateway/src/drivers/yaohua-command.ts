import { yaohuaCommand } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { createPollSession, pollOptions } from "./poll-session.ts";
import { scaleOptions } from "./scale-config.ts";
import { completeReading, requiredUnit } from "./shown-unit.ts";

/** Options of a Yaohua indicator in command mode. The answer names no unit; stability is inferred. */
export const yaohuaCommandConfigSchema = z.strictObject({
  ...scaleOptions,
  ...pollOptions,
  unit: requiredUnit,
  address: z
    .int()
    .min(1)
    .max(26)
    .default(1)
    .describe("仪表地址（菜单 Adr），1 至 26 / address of the indicator (menu Adr), 1 to 26."),
  weight: z.enum(["gross", "net"]).default("gross").describe("询问毛重还是净重 / which weight is asked for."),
});

const commands = { gross: 0x42, net: 0x44 } as const;

/** The six bytes that ask for a weight (XK3190-A9+ manual p. 11): 02, address, command, XOR as two characters, 03. */
const requestOf = (address: number, command: number): Uint8Array => {
  const xor = (0x40 + address) ^ command;
  const sign = (nibble: number): number => (nibble <= 9 ? 0x30 : 0x37) + nibble;
  return Uint8Array.of(0x02, 0x40 + address, command, sign(xor >> 4), sign(xor & 15), 0x03);
};

const addresses = Array.from({ length: 26 }, (_unused, index) => index + 1);

/** Yaohua XK3190 in command mode; 8N1, 600 to 9600 baud by menu, tF = 1 (XK3190-A9+ manual p. 11). */
export const yaohuaCommandDriver = defineDriver({
  protocol: yaohuaCommand.id,
  displayName: yaohuaCommand.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  requests: addresses.flatMap((address) => Object.values(commands).map((command) => requestOf(address, command))),
  configSchema: yaohuaCommandConfigSchema,
  example: { unit: "kg" },
  createSession: (context, config) => {
    const request = requestOf(config.address, commands[config.weight]);
    return createPollSession(
      context,
      yaohuaCommand,
      config,
      { first: () => request },
      completeReading({ unit: config.unit }),
    );
  },
});
