/** Where udev and the kernel tell what is plugged in. Arguments, so that tests can put folders of their own there. */
export interface DevicePlaces {
  /** Links by maker, model and serial number. */
  readonly byId: string;
  /** Links by the place where the plug is. */
  readonly byPath: string;
  /** Terminals of lines that are soldered in and have no links. */
  boardTtys(): Promise<readonly string[]>;
  /** The adapter behind a terminal device; null when it is no USB adapter. */
  adapterOf(tty: string): Promise<UsbAdapter | null>;
}

/** A USB serial adapter as it describes itself. */
export interface UsbAdapter {
  /** Four hexadecimal digits each. */
  readonly vendorId: string;
  readonly productId: string;
  /** As burnt in; null when it has none. */
  readonly serialNumber: string | null;
  /** Which of its lines, where it has several: `00` or `00.1`. */
  readonly line: string;
}
