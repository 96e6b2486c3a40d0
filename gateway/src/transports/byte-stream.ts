/**
 * One open connection to a device, whatever carries it (serial line, TCP, memory).
 * Exactly one reader and one writer at a time; nothing is buffered without bound: what nobody reads stays in the
 * operating system's buffers.
 */
export interface ByteStream {
  /** Where it leads, for logs: `/dev/ttyUSB0` or `tcp://192.0.2.7:4001`. Carries no credentials. */
  readonly name: string;
  /** Absolute path, when it is no line at all but a folder that files are dropped into. */
  readonly folder?: string;
  /**
   * The next bytes, at least one; `undefined` once the other end closed in an orderly way or `close` was called.
   * At most one call may be outstanding.
   * @throws {MingchengError} DEVICE_DISCONNECTED when the line broke (retryable)
   */
  read(): Promise<Uint8Array | undefined>;
  /**
   * Resolves when the operating system has taken the bytes (serial: when they are on the wire).
   * @throws {MingchengError} DEVICE_DISCONNECTED
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Frees the port. Never rejects, may be called twice. Outstanding reads resolve with `undefined`. */
  close(): Promise<void>;
}

/** Serial line parameters as printed in device manuals. */
export interface SerialSettings {
  /** Baud, bits per second. */
  readonly baudRate: number;
  readonly dataBits: 7 | 8;
  readonly parity: "none" | "even" | "odd";
  readonly stopBits: 1 | 2;
}
