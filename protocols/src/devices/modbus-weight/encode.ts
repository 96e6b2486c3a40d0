import { crc16Modbus } from "../../framing/checksums.ts";

/** Registers a simulated transmitter answers with. */
export interface ModbusAnswerSpec {
  readonly address: number;
  readonly words: readonly number[];
}

/** The answer to a read of holding registers, RTU. Modbus over Serial Line V1.02. */
export const encodeModbusAnswer = ({ address, words }: ModbusAnswerSpec): Uint8Array<ArrayBuffer> => {
  const body = Uint8Array.from([address, 3, 2 * words.length, ...words.flatMap((word) => [word >> 8, word & 0xff])]);
  const crc = crc16Modbus(body);
  return Uint8Array.from([...body, crc & 0xff, crc >> 8]);
};

/** Status word and weight words of a transmitter as github aje/scale-docs describes it. */
export const modbusWords = (
  value: string,
  state: { readonly motion: boolean; readonly overload: boolean },
): { readonly status: number; readonly weight: readonly [number, number] } => {
  const point = value.indexOf(".");
  const places = point < 0 ? 0 : value.length - point - 1;
  const integer = BigInt.asUintN(32, BigInt(value.replace(".", "")));
  const status = places | (state.motion ? 0x20 : 0) | (state.overload ? 0x200 : 0);
  return { status, weight: [Number(integer >> 16n), Number(integer & 0xffffn)] };
};
