/** What a simulated device hears from its line. */
export interface LineListener {
  /** Bytes from the other end. */
  bytes(bytes: Uint8Array): void;
  /** Somebody connected; a new connection replaces the one before. */
  up(): void;
  /** Nobody is connected any more. */
  down(): void;
}

/** The device's end of its line: a serial port, or the TCP port of a serial-to-TCP box. */
export interface SimLine {
  /** What a gateway is configured with: `tcp://127.0.0.1:40123` or the path of a port. */
  readonly address: string;
  /** Number of the connection now up, counted from 1; 0 when nobody is connected. */
  connection(): number;
  /**
   * Hands bytes to the operating system. False when nobody is connected or the other end does not take them any more:
   * the bytes are gone, as on a real line.
   */
  send(bytes: Uint8Array): boolean;
  /** Sets the one listener. */
  listen(listener: LineListener): void;
  /** Breaks the connection now up, as if the cable were pulled; a new one may follow. */
  drop(): void;
  /** Frees the port. */
  close(): Promise<void>;
}

/** A listener that hears nothing. */
export const deaf: LineListener = { bytes: () => {}, up: () => {}, down: () => {} };
