import { MingchengError } from "@mingcheng/protocols";
import { SerialPort } from "serialport";
import type { ByteStream, SerialSettings } from "./byte-stream.ts";
import { duplexStream } from "./duplex-stream.ts";
import { endAtHangUp } from "./hang-up.ts";

/**
 * Opens a serial line, politely: exclusive, and without dropping DTR when it is closed again (`hupcl`), because some
 * indicators restart on it.
 * @throws {MingchengError} DEVICE_OPEN_FAILED (retryable): no such port, no permission, in use, or aborted
 */
export const openSerial = async (path: string, settings: SerialSettings, signal: AbortSignal): Promise<ByteStream> => {
  const port = new SerialPort({ path, ...settings, autoOpen: false, hupcl: false, lock: true });
  try {
    await new Promise<void>((resolve, reject) => {
      port.open((error) => (error === null ? resolve() : reject(error)));
    });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MingchengError("DEVICE_OPEN_FAILED", `${path}: ${reason}`, { cause });
  }
  endAtHangUp(port);
  const release = (): Promise<void> =>
    new Promise((resolve) => {
      if (!port.isOpen) return resolve();
      port.close(() => resolve());
    });
  if (signal.aborted) {
    await release();
    throw new MingchengError("DEVICE_OPEN_FAILED", `${path}: aborted`);
  }
  const flush = (): Promise<void> =>
    new Promise((resolve, reject) => {
      port.drain((error) => (error ? reject(error) : resolve()));
    });
  return duplexStream({ name: path, duplex: port, flush, release });
};
