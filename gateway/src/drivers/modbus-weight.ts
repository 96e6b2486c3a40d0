import {
  type DeviceEvent,
  defaultModbusWeightMap,
  encodeModbusRtuRead,
  encodeModbusTcpRead,
  type ModbusWeightMap,
  modbusReadsOf,
  modbusWeight,
  modbusWeightOf,
} from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { createPollSession, pollOptions } from "./poll-session.ts";
import { scaleOptions } from "./scale-config.ts";
import { completeReading, requiredUnit, shownMode } from "./shown-unit.ts";

const preset = defaultModbusWeightMap;
const register = z.int().min(0).max(65_535).describe("寄存器地址，从 0 计 / register, counted from 0 as on the wire.");
const bit = z.int().min(0).max(15);

const status = z
  .strictObject({
    register,
    decimals: z
      .strictObject({ bit, bits: z.int().min(1).max(4) })
      .nullable()
      .default({ bit: 0, bits: 3 })
      .describe(
        "小数位数所在的最低位与位数 / lowest bit and number of bits that hold the places; null: not in the status.",
      ),
    unstable: z
      .strictObject({ bit, when: z.union([z.literal(0), z.literal(1)]) })
      .nullable()
      .default({ bit: 5, when: 1 })
      .describe(
        "动态标志位及其含义值 / the bit that says motion and the value that means it; null: the status does not tell.",
      ),
    overload: z.array(bit).max(16).default([6, 9]).describe("任一位为 1 即超载 / bits each of which means overload."),
    underload: z.array(bit).max(16).default([]).describe("任一位为 1 即欠载 / bits each of which means underload."),
    zero: bit.nullable().default(7).describe("零位标志 / the bit that says zero."),
  })
  .nullable()
  .default(preset.status as never)
  .describe("状态字；null 为没有 / the status word, read before the weight in the same round; null: there is none.");

/** Options of a Modbus weighing transmitter: its register map, and what it does not send. */
export const modbusWeightConfigSchema = z.strictObject({
  ...scaleOptions,
  ...pollOptions,
  unit: requiredUnit,
  mode: shownMode,
  framing: z
    .enum(["rtu", "tcp"])
    .default("rtu")
    .describe("rtu：串口或透传盒；tcp：Modbus TCP / rtu: serial line or transparent box; tcp: Modbus TCP."),
  address: z.int().min(1).max(247).default(preset.address).describe("站号 / address on the line."),
  readFunction: z
    .union([z.literal(3), z.literal(4)])
    .default(preset.readFunction)
    .describe("3 保持寄存器，4 输入寄存器 / 3: holding registers, 4: input registers."),
  weight: z
    .strictObject({
      register,
      type: z
        .enum(["int16", "uint16", "int32", "uint32", "float32"])
        .default("int32")
        .describe("数值类型 / how the weight is written."),
      wordOrder: z
        .enum(["high-first", "low-first"])
        .default("high-first")
        .describe("两个寄存器的先后 / which of two registers comes first."),
    })
    .default(preset.weight)
    .describe("重量寄存器 / where the weight is."),
  status,
  decimals: z
    .int()
    .min(0)
    .max(6)
    .default(preset.decimals)
    .describe("状态字不含小数位数时的小数位数 / places where the status does not tell them."),
});

const requestsOf = (map: ModbusWeightMap, framing: "rtu" | "tcp"): readonly Uint8Array[] => {
  const encode = framing === "rtu" ? encodeModbusRtuRead : encodeModbusTcpRead;
  return modbusReadsOf(map).map((read) => encode(map.address, map.readFunction, read.register, read.words));
};

/** Modbus weighing transmitters; 9600 8N1, address 1 is usual. Nothing but reads is ever sent. */
export const modbusWeightDriver = defineDriver({
  protocol: modbusWeight.id,
  displayName: modbusWeight.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  requests: [...requestsOf(preset, "rtu"), ...requestsOf(preset, "tcp")],
  configSchema: modbusWeightConfigSchema,
  example: { unit: "kg", weight: preset.weight },
  createSession: (context, config) => {
    const codec = modbusWeightOf(config);
    const reads = modbusReadsOf(config);
    const requests = requestsOf(config, config.framing);
    let at = 0;
    const ask = (): Uint8Array | null => {
      const [read, request] = [reads[at], requests[at]];
      if (read === undefined || request === undefined) return null;
      at++;
      codec.asked(read);
      return request;
    };
    const plan = {
      first: (): Uint8Array => {
        at = 0;
        return ask() ?? new Uint8Array(0);
      },
      next: (answer: DeviceEvent): Uint8Array | null =>
        answer.event === "reply" && answer.meaning === "registers" ? ask() : null,
    };
    return createPollSession(context, codec, config, plan, completeReading(config));
  },
});
