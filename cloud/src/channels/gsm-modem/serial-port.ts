import { SerialPort } from "serialport";
import { endAtHangUp } from "./hang-up.ts";
import type { ModemPort, PortListener, PortSettings } from "./modem-port.ts";

const reasonOf = (error: Error): string => error.message.replace(/^Error:? /u, "").slice(0, 120);

/** Opens a serial port, for this process alone. Never rejects: resolves with why it cannot be opened. */
export const openSerialPort = async (
  { path, baudRate, rtscts }: PortSettings,
  listener: PortListener,
): Promise<ModemPort | { readonly reason: string }> => {
  const port = new SerialPort({ path, baudRate, rtscts, autoOpen: false, hupcl: true, lock: true });
  const failure = await new Promise<Error | null>((resolve) => port.open(resolve));
  if (failure !== null) return { reason: reasonOf(failure) };
  endAtHangUp(port);
  let ended = false;
  const end = (reason: string): void => {
    if (ended) return;
    ended = true;
    listener.end(reason);
  };
  port.on("data", (bytes: Uint8Array) => {
    if (!ended) listener.bytes(bytes);
  });
  port.on("error", (error: Error) => end(reasonOf(error)));
  // serialport closes with an error when the adapter is pulled out.
  port.on("close", (error?: Error) => end(error instanceof Error ? "unplugged" : "closed"));
  return {
    write: (text) => {
      if (!ended) port.write(text, "latin1");
    },
    close: () =>
      new Promise((resolve) => {
        end("closed");
        if (port.isOpen) port.close(() => resolve());
        else resolve();
      }),
  };
};
