import type { CamerasConfig } from "../config/cameras-config.ts";
import type { CaptureDraft } from "../drivers/define-driver.ts";
import type { Appended } from "../outbox/outbox-port.ts";
import type { CamerasPorts, ConfiguredCameras } from "./configured-cameras.ts";
import type { CameraAnswer, CameraAsk } from "./keeping/camera-ask.ts";

/** Cameras as configured, or none: then nothing of them is loaded, and no process runs. */
export class OptionalCameras {
  #cameras: ConfiguredCameras | undefined;
  #ports: CamerasPorts | undefined;
  #ended = false;
  #viewHost = "";

  /** Starts what is configured. */
  async open(config: CamerasConfig | undefined, ports: CamerasPorts): Promise<void> {
    this.#ports = ports;
    await this.reconfigure(config);
  }

  /** Takes another configuration over. */
  async reconfigure(config: CamerasConfig | undefined): Promise<void> {
    const ports = this.#ports;
    this.#viewHost = config?.view?.host ?? "";
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

  /** Has something done by the camera process. Never rejects. */
  ask(ask: CameraAsk): Promise<CameraAnswer> {
    const none: CameraAnswer = { ok: false, code: "CAMERAS_OFF", message: "no cameras are configured" };
    return this.#cameras?.ask(ask) ?? Promise.resolve(none);
  }

  /** A device stored a record: what the cameras that see it show is kept with it. What is sent again shows nothing new. */
  event(device: string, { kind, body }: Pick<CaptureDraft, "kind" | "body">, { line, seq }: Appended): void {
    if (this.#cameras === undefined || (kind !== "test" && kind !== "weighing")) return;
    if ((body as { readonly resendOf?: unknown }).resendOf != null) return;
    this.#cameras.event(device, kind, `${line.ep}/${line.eid}/${seq}`);
  }

  /** Where local viewers connect; null: nowhere. */
  get view(): { readonly host: string; readonly port: number } | null {
    const port = this.#cameras?.viewPort ?? null;
    return port === null ? null : { host: this.#viewHost, port };
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.#cameras?.close();
  }
}
