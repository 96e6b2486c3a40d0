import { endAtHangUp } from "./hang-up.ts";

/** A serial port to a modem. */
export interface PortSettings {
  readonly path: string;
  readonly baudRate: number;
  readonly rtscts: boolean;
}

/** Who hears what comes from the port. */
export interface PortListener {
  bytes(bytes: Uint8Array): void;
  /** It is gone: pulled out, or closed; once. */
  end(reason: string): void;
}

/** An open port. */
export interface ModemPort {
  write(text: string): void;
  /** Frees it; DTR falls, and many modems hang up what they were at. */
  close(): Promise<void>;
}

const reasonOf = (error: Error): string => error.message.replace(/^Error:? /u, "").slice(0, 120);

/**
 * Opens a port, for this process alone. `serialport`, with its native part, is loaded only here. Never rejects: resolves
 * with why it cannot be opened.
 */
export const openModemPort = async (
  { path, baudRate, rtscts }: PortSettings,
  listener: PortListener,
): Promise<ModemPort | { readonly reason: string }> => {
  const { SerialPort } = await import("serialport");
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
