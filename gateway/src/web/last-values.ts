import type { SetupValue } from "@mingcheng/protocols";

/** Devices remembered: more than a gateway has. */
const maxDevices = 512;

/** The last unsettled value and the last captured record of every device, for a page that is opened now. */
export class LastValues {
  private readonly values = new Map<string, SetupValue>();

  keep(value: SetupValue): void {
    const key = `${value.what} ${value.device}`;
    this.values.delete(key);
    this.values.set(key, value);
    const [oldest] = this.values.keys();
    if (this.values.size > 2 * maxDevices && oldest !== undefined) this.values.delete(oldest);
  }

  all(): readonly SetupValue[] {
    return [...this.values.values()];
  }
}
