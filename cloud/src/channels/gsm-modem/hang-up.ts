import { read } from "node:fs";
import { promisify } from "node:util";
import type { SerialPort } from "serialport";

const readOnce = promisify(read);

/** The part of serialport's Linux binding that reading needs. */
interface PolledBinding {
  readonly fd: number | null;
  readonly poller: { once(event: "readable", callback: (error: Error | null) => void): unknown };
  read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }>;
}

const isPolled = (binding: unknown): binding is PolledBinding =>
  typeof binding === "object" && binding !== null && "poller" in binding && "fd" in binding;

const mayComeLater = (error: unknown): boolean =>
  error instanceof Error && "code" in error && ["EAGAIN", "EWOULDBLOCK", "EINTR"].includes(String(error.code));

const readable = (binding: PolledBinding): Promise<void> =>
  new Promise((resolve, reject) => {
    binding.poller.once("readable", (error) => (error === null ? resolve() : reject(error)));
  });

const readUntilHangUp = async (binding: PolledBinding, buffer: Buffer, offset: number, length: number) => {
  for (;;) {
    if (binding.fd === null) throw Object.assign(new Error("port is not open"), { canceled: true });
    try {
      const { bytesRead } = await readOnce(binding.fd, buffer, offset, length, null);
      if (bytesRead > 0) return { buffer, bytesRead };
    } catch (error) {
      if (!mayComeLater(error)) throw error;
      // Closed while the read was under way: its poller is freed memory and must not be touched.
      if (binding.fd !== null) await readable(binding);
      continue;
    }
    throw new Error("hung up");
  }
};

/**
 * Makes an open port end when its line hangs up. A terminal whose other end is gone gives reads of no bytes; the binding
 * of serialport 13 asks again at once, for ever, so that a pulled adapter would look like a quiet scale and cost a whole
 * processor. Other systems than Linux are left as they are.
 */
export const endAtHangUp = (port: SerialPort): void => {
  const binding: unknown = port.port;
  if (!isPolled(binding)) return;
  binding.read = (buffer, offset, length) => readUntilHangUp(binding, buffer, offset, length);
};
