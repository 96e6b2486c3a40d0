/** Screens show no more than some values a second anyway. */
const relayEveryMs = 100;
/** Devices of one gateway that are relayed; the rest of what it sends is dropped. */
const maxDevicesPerGateway = 256;

type Pass = (gw: string, device: string, payload: Uint8Array) => void;

/**
 * Passes unsettled values on to screens: of each device the latest, ten times a second at most. However fast gateways
 * talk, what waits here is bounded, and nothing else waits for it.
 */
export class LiveRelay {
  readonly #pass: Pass;
  readonly #waiting = new Map<string, Map<string, Uint8Array>>();
  readonly #timer: NodeJS.Timeout;

  constructor(pass: Pass) {
    this.#pass = pass;
    this.#timer = setInterval(() => this.flush(), relayEveryMs);
  }

  /** Takes a value; the bytes are copied. */
  take(gw: string, device: string, payload: Uint8Array): void {
    const devices = this.#waiting.get(gw) ?? new Map<string, Uint8Array>();
    this.#waiting.set(gw, devices);
    if (devices.has(device) || devices.size < maxDevicesPerGateway) devices.set(device, Uint8Array.from(payload));
  }

  /** Passes on what waits. */
  flush(): void {
    for (const [gw, devices] of this.#waiting) for (const [device, payload] of devices) this.#pass(gw, device, payload);
    this.#waiting.clear();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
