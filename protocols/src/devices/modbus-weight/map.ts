/** Where a transmitter keeps its weight. Maps differ wildly between makers: this is configuration, never code. */
export interface ModbusWeightMap {
  /** Address on the line, 1 to 247. */
  readonly address: number;
  /** 3: holding registers, 4: input registers. */
  readonly readFunction: 3 | 4;
  readonly weight: {
    /** Counted from 0, as on the wire. */
    readonly register: number;
    readonly type: "int16" | "uint16" | "int32" | "uint32" | "float32";
    /** Which of two registers is sent first. */
    readonly wordOrder: "high-first" | "low-first";
  };
  /** `null`: the transmitter has no status word. Read in the same round as the weight, before it. */
  readonly status: {
    readonly register: number;
    /** Lowest bit and number of bits of the number of places; `null`: not in the status. */
    readonly decimals: { readonly bit: number; readonly bits: number } | null;
    /** Bit that says motion, and the value that means it. */
    readonly unstable: { readonly bit: number; readonly when: 0 | 1 } | null;
    /** Bits each of which means overload. */
    readonly overload: readonly number[];
    readonly underload: readonly number[];
    readonly zero: number | null;
  } | null;
  /** Places where the status does not tell them. */
  readonly decimals: number;
}

/**
 * The map of typical Chinese transmitters (github aje/scale-docs): status 8, gross 80-81, signed, high word first; status
 * bits 0-2 places, 5 unstable, 6 overflow, 7 zero, 9 overload.
 */
export const defaultModbusWeightMap: ModbusWeightMap = {
  address: 1,
  readFunction: 3,
  weight: { register: 80, type: "int32", wordOrder: "high-first" },
  status: {
    register: 8,
    decimals: { bit: 0, bits: 3 },
    unstable: { bit: 5, when: 1 },
    overload: [6, 9],
    underload: [],
    zero: 7,
  },
  decimals: 0,
};

/** Registers of the weight. */
export const weightWords = (map: ModbusWeightMap): 1 | 2 => (map.weight.type.endsWith("16") ? 1 : 2);

/** One read request. */
export interface ModbusRead {
  readonly register: number;
  readonly words: number;
}

/** What has to be read in one round, in this order: decimals live in the status word, so it comes first. */
export const readsOf = (map: ModbusWeightMap): readonly ModbusRead[] => [
  ...(map.status === null ? [] : [{ register: map.status.register, words: 1 }]),
  { register: map.weight.register, words: weightWords(map) },
];
