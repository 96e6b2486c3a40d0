import { MingchengError } from "@mingcheng/protocols";
import { CameraProcess } from "./camera-process.ts";
import type { FromCameras, ToCameras } from "./process-messages.ts";

/**
 * The camera process: apart from the gateway, with its own limit of memory, so that video can never hurt capture. It lives as
 * long as the channel to its gateway: when that ends, however it ended, so does this.
 */
const say = (message: FromCameras): void => {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
};

let cameras: CameraProcess | undefined;

const leaveMs = 1_000;

const leave = (): void => {
  // Cameras are told good-bye if they answer quickly; nothing keeps this process longer.
  setTimeout(() => process.exit(0), leaveMs);
  void cameras?.close().finally(() => setTimeout(() => process.exit(0), 200));
  if (cameras === undefined) process.exit(0);
};

process.on("disconnect", leave);
process.on("SIGTERM", leave);
process.on("SIGINT", () => undefined);
process.on("message", (message: ToCameras) => {
  if (message.type !== "start") {
    cameras?.take(message);
    return;
  }
  cameras = new CameraProcess(message, say);
  cameras.start().catch((error: unknown) => {
    const code = error instanceof MingchengError ? error.code : "GATEWAY_FAULT";
    say({ type: "refused", code, message: error instanceof Error ? error.message : String(error) });
    setTimeout(() => process.exit(1), 100);
  });
});
