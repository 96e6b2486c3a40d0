import type { FromPort, ToPort } from "./modem-port.ts";
import { openSerialPort } from "./serial-port.ts";

// Holds one serial port for the centre, and nothing else. Ends with the port, and when the centre is gone.

const say = (message: FromPort): void => {
  if (process.connected) process.send?.(message, () => undefined);
};

let port: Awaited<ReturnType<typeof openSerialPort>> | undefined;

const close = async (): Promise<void> => {
  if (port !== undefined && "close" in port) await port.close();
  process.disconnect?.();
};

process.once("disconnect", () => process.exit());
// Whoever stops the centre stops its whole group; the centre says when the port is to be closed.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined);

process.on("message", (message: ToPort) => {
  if (message.type === "write" && port !== undefined && "write" in port) port.write(message.text);
  if (message.type === "close") void close();
  if (message.type !== "open") return;
  void openSerialPort(message.settings, {
    bytes: (bytes) => say({ type: "bytes", bytes: Uint8Array.from(bytes) }),
    end: (reason) => say({ type: "ended", reason }),
  }).then((opened) => {
    port = opened;
    say("reason" in opened ? { type: "failed", reason: opened.reason } : { type: "opened" });
  });
});
