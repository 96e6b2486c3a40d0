import { type CelNames, type CelProgram, labelText } from "./cel/cel-world.ts";

const maxDevices = 100_000;

/** Texts over a record, ready to be evaluated. */
export type Programs = readonly (readonly [name: string, program: CelProgram])[];

/** Labels of a record. @throws Error when one cannot be evaluated */
export const textsOf = (programs: Programs, names: CelNames): Record<string, string> => {
  const texts: Record<string, string> = {};
  for (const [name, program] of programs) texts[name] = labelText(program(names));
  return texts;
};

/** Keys of groups that depend on the device alone, made once for each device and not once for each record and rule. */
export class DeviceKeys {
  readonly #devices = new Map<string, Map<string, (string | undefined)[]>>();
  readonly #slots = new Map<string, number>();
  #size = 0;

  /** The number of a key by the texts that it is made of; rules with the same texts share it. */
  slot(texts: Readonly<Record<string, string>>): number {
    const text = JSON.stringify(texts);
    const slot = this.#slots.get(text) ?? this.#slots.size;
    this.#slots.set(text, slot);
    return slot;
  }

  /** A device's keys by their numbers, to be filled. */
  of(gw: string, dev: string): (string | undefined)[] {
    let devices = this.#devices.get(gw);
    if (devices === undefined) {
      devices = new Map();
      this.#devices.set(gw, devices);
    }
    let keys = devices.get(dev);
    if (keys === undefined) {
      if (this.#size++ >= maxDevices) {
        this.#devices.clear();
        this.#size = 0;
        return [];
      }
      keys = [];
      devices.set(dev, keys);
    }
    return keys;
  }
}
