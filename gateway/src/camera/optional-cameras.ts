import type { CamerasConfig } from "../config/cameras-config.ts";
import type { CamerasPorts, ConfiguredCameras } from "./configured-cameras.ts";

/** Cameras as configured, or none: then nothing of them is loaded, and no process runs. */
export class OptionalCameras {
  #cameras: ConfiguredCameras | undefined;
  #ports: CamerasPorts | undefined;
  #ended = false;

  /** Starts what is configured. */
  async open(config: CamerasConfig | undefined, ports: CamerasPorts): Promise<void> {
    this.#ports = ports;
    await this.reconfigure(config);
  }

  /** Takes another configuration over. */
  async reconfigure(config: CamerasConfig | undefined): Promise<void> {
    const ports = this.#ports;
    if (this.#ended || ports === undefined || (config === undefined && this.#cameras === undefined)) return;
    if (this.#cameras === undefined) {
      const { ConfiguredCameras: Loaded } = await import("./configured-cameras.ts");
      this.#cameras = new Loaded(ports);
    }
    await this.#cameras.reconfigure(config);
  }

  /** The centre says that somebody watches. */
  hint(payload: Uint8Array): void {
    void this.#cameras?.hint(payload);
  }

  /** Where local viewers connect; null: nowhere. */
  get viewPort(): number | null {
    return this.#cameras?.viewPort ?? null;
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.#cameras?.close();
  }
}
